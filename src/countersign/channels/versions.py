"""The versions of pain.001 and pacs.008 that are read, and what differs: one row each.

A new version is a new row (and a schema); code never asks which version it has before it. Elements
that are the same in every version of a message stand in `customer` and `interbank`, not here.
"""

from typing import Final, NamedTuple


class Version(NamedTuple):
    agent_bic: str  # Within an agent.
    execution_dates: tuple[str, ...]  # One of them is there, in pain.001 within a block.
    uetr: str | None  # Within a payment.
    status_report: str  # The message that answers this one.


class ReportVersion(NamedTuple):
    has_uetr: bool
    is_interbank: bool = False


def _with_uetr(status_report: str) -> Version:
    """From 2019 on: a UETR for each payment, an execution date that may have a time."""
    return Version(
        agent_bic="FinInstnId/BICFI",
        execution_dates=("ReqdExctnDt/Dt", "ReqdExctnDt/DtTm"),
        uetr="PmtId/UETR",
        status_report=status_report,
    )


def _before_uetr(*execution_dates: str, agent_bic: str = "FinInstnId/BICFI") -> Version:
    return Version(
        agent_bic=agent_bic,
        execution_dates=execution_dates,
        uetr=None,
        status_report="pain.002.001.03",
    )


def _interbank(status_report: str) -> Version:
    """What is read here is the same in all of these."""
    return Version(
        agent_bic="FinInstnId/BICFI",
        execution_dates=("IntrBkSttlmDt",),
        uetr="PmtId/UETR",
        status_report=status_report,
    )


CUSTOMER_VERSIONS: Final = {
    "pain.001.001.03": _before_uetr("ReqdExctnDt", agent_bic="FinInstnId/BIC"),
    "pain.001.001.04": _before_uetr("ReqdExctnDt"),
    "pain.001.001.05": _before_uetr("ReqdExctnDt"),
    "pain.001.001.06": _before_uetr("ReqdExctnDt"),
    "pain.001.001.07": _before_uetr("ReqdExctnDt"),
    "pain.001.001.08": _before_uetr("ReqdExctnDt/Dt", "ReqdExctnDt/DtTm"),
    "pain.001.001.09": _with_uetr("pain.002.001.10"),
    "pain.001.001.10": _with_uetr("pain.002.001.10"),
    "pain.001.001.11": _with_uetr("pain.002.001.10"),
    "pain.001.001.12": _with_uetr("pain.002.001.14"),
    "pain.001.001.13": _with_uetr("pain.002.001.14"),
}
INTERBANK_VERSIONS: Final = {
    "pacs.008.001.08": _interbank("pacs.002.001.10"),
    "pacs.008.001.09": _interbank("pacs.002.001.10"),
    "pacs.008.001.10": _interbank("pacs.002.001.12"),
    "pacs.008.001.11": _interbank("pacs.002.001.12"),
    "pacs.008.001.12": _interbank("pacs.002.001.12"),
}
VERSIONS: Final = CUSTOMER_VERSIONS | INTERBANK_VERSIONS
# Of the reports those versions whose official schema ours are held against.
REPORT_VERSIONS: Final = {
    "pain.002.001.03": ReportVersion(has_uetr=False),
    "pain.002.001.10": ReportVersion(has_uetr=True),
    "pain.002.001.14": ReportVersion(has_uetr=True),
    "pacs.002.001.10": ReportVersion(has_uetr=True, is_interbank=True),
    "pacs.002.001.12": ReportVersion(has_uetr=True, is_interbank=True),
}
