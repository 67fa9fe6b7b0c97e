"""What a rail says of one transaction (pacs.002): read from a rail, and written as a rail does.

1. A report is about one transaction of one pacs.008. Some rails say its status with the
   transaction, some only with the group; both at once must agree.
2. Its text is for people and kept to TEXT_LENGTH_MAX characters; no decision rests on it.
"""

import re
from pathlib import Path

from countersign.kernel.invariant import invariant
from countersign.rails.errors import (
    ContradictoryStatus,
    MalformedElement,
    MissingElement,
    NotOneTransaction,
)
from countersign.rails.fitting import broken
from countersign.rails.messages import RailStatusReport
from countersign.rails.reading import (
    CODE_LENGTH_MAX,
    REASONS_MAX,
    Part,
    original_message_id,
    read_message,
    read_reasons,
)
from countersign.rails.versions import CREDIT_TRANSFER, STATUS_REPORT, STATUS_REPORTS
from countersign.rails.writing import Writer


def write_status(report: RailStatusReport, *, created_ms: int) -> bytes:
    """The report as a rail sends it; its text is broken into lines of what the schema allows."""
    invariant(len(report.reason_codes) <= REASONS_MAX, "what is written can be read back")
    xml = Writer(STATUS_REPORT, _CONTENT)
    xml.group_header(message_id=report.message_id, created_ms=created_ms)
    body = xml.original(
        _TRANSACTION,
        message=(report.original_message_id, CREDIT_TRANSFER),
        end_to_end_id=report.end_to_end_id,
        transaction_id=report.transaction_id,
        uetr=report.uetr,
    )
    xml.leaf(body, "TxSts", report.status)
    for code in report.reason_codes:
        xml.leaf(xml.part(body, "StsRsnInf", "Rsn"), "Cd", code)
    if report.proprietary_reason is not None:
        xml.leaf(xml.part(body, "StsRsnInf", "Rsn"), "Prtry", report.proprietary_reason)
    if report.text is not None:
        reason = xml.part(body, "StsRsnInf")
        for line in broken(report.text.splitlines(), _LINE_LENGTH_MAX):
            xml.leaf(reason, "AddtlInf", line)
    return xml.written()


def read_status(content: bytes, *, schema_dir: Path | None) -> RailStatusReport:
    """Read what a rail says; refuses whatever does not speak of exactly one transaction."""
    message = read_message(
        content, supported=STATUS_REPORTS, content=_CONTENT, schema_dir=schema_dir
    )
    group = message.one(_GROUP)
    transactions = message.all(_TRANSACTION)
    if len(transactions) > 1 or (group is None and not transactions):
        raise NotOneTransaction(count=len(transactions))
    body = transactions[0] if transactions else None
    spoken = [part for part in (body, group) if part is not None]
    codes, own_codes, text = read_reasons(spoken, "StsRsnInf")
    return RailStatusReport(
        message_id=message.need("GrpHdr").need_text("MsgId"),
        original_message_id=original_message_id(group, body.one("OrgnlGrpInf") if body else None),
        status=_status(group, body),
        transaction_id=body.text("OrgnlTxId") if body else None,
        uetr=body.uetr("OrgnlUETR") if body else None,
        end_to_end_id=body.text("OrgnlEndToEndId") if body else None,
        reason_codes=codes,
        proprietary_reason=own_codes[0] if own_codes else None,
        text=text,
    )


_CONTENT = "FIToFIPmtStsRpt"
_GROUP = "OrgnlGrpInfAndSts"
_TRANSACTION = "TxInfAndSts"
_LINE_LENGTH_MAX = 105
_CODE = re.compile(r"[A-Za-z0-9]{1,4}")


def _status(group: Part | None, body: Part | None) -> str:
    of_group = group.text("GrpSts", length_max=CODE_LENGTH_MAX) if group else None
    of_body = body.text("TxSts", length_max=CODE_LENGTH_MAX) if body else None
    if of_group is not None and of_body is not None and of_group != of_body:
        raise ContradictoryStatus
    status = of_body if of_body is not None else of_group
    if status is None:
        raise MissingElement(element="TxSts")
    if not _CODE.fullmatch(status):
        raise MalformedElement(element="TxSts")
    return status
