"""The versions of pain.001 that are read, and what differs between them: one row each.

A new version is a new row (and a schema); code never asks which version it has before it. Elements
that are the same in every version stand in `payments`, not here.
"""

from typing import Final, NamedTuple


class Version(NamedTuple):
    agent_bic: str  # Within an agent.
    execution_dates: tuple[str, ...]  # Within a payment information block; one of them is there.
    uetr: str | None  # Within a payment.
    status_report: str  # The message that answers this one.


class ReportVersion(NamedTuple):
    has_uetr: bool


VERSIONS: Final = {
    "pain.001.001.03": Version(
        agent_bic="FinInstnId/BIC",
        execution_dates=("ReqdExctnDt",),
        uetr=None,
        status_report="pain.002.001.03",
    ),
    "pain.001.001.09": Version(
        agent_bic="FinInstnId/BICFI",
        execution_dates=("ReqdExctnDt/Dt", "ReqdExctnDt/DtTm"),
        uetr="PmtId/UETR",
        status_report="pain.002.001.10",
    ),
}
REPORT_VERSIONS: Final = {
    "pain.002.001.03": ReportVersion(has_uetr=False),
    "pain.002.001.10": ReportVersion(has_uetr=True),
}
