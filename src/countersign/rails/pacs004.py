"""What came back of one transaction (pacs.004), read and written as a rail does; its receipt.

1. A message returns one transaction of one pacs.008; several in one are refused by name.
2. A return has an id, printable ASCII; one that has none goes by the id of its message.
3. The receipt (pacs.002, RCVD) says that a return was kept, and nothing about what is made of it.
"""

import re
from pathlib import Path
from typing import Final

from countersign.rails import ids
from countersign.rails.errors import AboutAnotherMessage, MalformedElement, NotOneTransaction
from countersign.rails.messages import NARRATIVE, PaymentReturn
from countersign.rails.reading import (
    original_message_id,
    read_amount,
    read_message,
    read_reasons,
)
from countersign.rails.versions import (
    CREDIT_TRANSFER,
    PAYMENT_RETURN,
    PAYMENT_RETURNS,
    STATUS_REPORT,
    STATUS_REPORTS,
)
from countersign.rails.writing import Writer

RECEIVED: Final = "RCVD"


def write_return(returned: PaymentReturn, *, created_ms: int) -> bytes:
    """The return as a rail sends it."""
    xml = Writer(PAYMENT_RETURN, _CONTENT)
    header = xml.group_header(message_id=returned.message_id, created_ms=created_ms)
    xml.leaf(header, "NbOfTxs", "1")
    xml.leaf(xml.part(header, "SttlmInf"), "SttlmMtd", "CLRG")
    body = xml.part(xml.content, _TRANSACTION)
    xml.leaf(body, "RtrId", returned.return_id)
    if returned.original_message_id is not None:
        group = xml.part(body, "OrgnlGrpInf")
        xml.leaf(group, "OrgnlMsgId", returned.original_message_id)
        xml.leaf(group, "OrgnlMsgNmId", CREDIT_TRANSFER)
    xml.leaf(body, "OrgnlEndToEndId", returned.end_to_end_id)
    xml.leaf(body, "OrgnlTxId", returned.transaction_id)
    xml.leaf(body, "OrgnlUETR", returned.uetr)
    for name, amount in (
        ("OrgnlIntrBkSttlmAmt", returned.original_amount),
        ("RtrdIntrBkSttlmAmt", returned.amount),
    ):
        if amount is not None:
            xml.amount(body, name, amount.text(), amount.currency)
    xml.leaf(xml.part(body, "RtrRsnInf", "Rsn"), "Cd", returned.reason_code)
    return xml.written()


def read_return(content: bytes, *, schema_dir: Path | None) -> PaymentReturn:
    """Read what came back; refuses whatever does not speak of exactly one transaction."""
    message = read_message(
        content, supported=PAYMENT_RETURNS, content=_CONTENT, schema_dir=schema_dir
    )
    header = message.need("GrpHdr")
    transactions = message.all(_TRANSACTION)
    if len(transactions) != 1:
        raise NotOneTransaction(count=len(transactions))
    if header.need_text("NbOfTxs", length_max=15).lstrip("0") != "1":
        raise MalformedElement(element="NbOfTxs")
    body = transactions[0]
    groups = [group for part in (message, body) if (group := part.one("OrgnlGrpInf"))]
    original = body.one("OrgnlIntrBkSttlmAmt")
    codes, _, _ = read_reasons([body, *groups[:1]], "RtrRsnInf")
    message_id = header.need_text("MsgId")
    return_id = body.text("RtrId") or message_id
    if not _ID.fullmatch(return_id):
        raise MalformedElement(element="RtrId")
    return PaymentReturn(
        message_id=message_id,
        return_id=return_id,
        original_message_id=original_message_id(*groups) if groups else None,
        transaction_id=body.text("OrgnlTxId"),
        uetr=body.uetr("OrgnlUETR"),
        end_to_end_id=body.text("OrgnlEndToEndId"),
        amount=read_amount(body.need("RtrdIntrBkSttlmAmt")),
        original_amount=read_amount(original) if original else None,
        reason_code=codes[0] if codes else NARRATIVE,
        version=message.message,
    )


def write_receipt(returned: PaymentReturn, *, content_hash: bytes, created_ms: int) -> bytes:
    """Tells a rail that a return was kept, so that it need not be sent again."""
    xml = Writer(STATUS_REPORT, _STATUS_CONTENT)
    xml.group_header(message_id=ids.receipt_id(content_hash), created_ms=created_ms)
    body = xml.original(
        _STATUS_TRANSACTION,
        message=(returned.message_id, returned.version),
        end_to_end_id=None,
        transaction_id=returned.return_id,
        uetr=returned.uetr,
    )
    xml.leaf(body, "TxSts", RECEIVED)
    return xml.written()


def read_receipt(content: bytes, *, schema_dir: Path | None) -> str:
    """The id of the return that was kept, as the rail that sent it reads it."""
    message = read_message(
        content, supported=STATUS_REPORTS, content=_STATUS_CONTENT, schema_dir=schema_dir
    )
    transactions = message.all(_STATUS_TRANSACTION)
    if len(transactions) != 1:
        raise NotOneTransaction(count=len(transactions))
    body = transactions[0]
    name = body.need("OrgnlGrpInf").need_text("OrgnlMsgNmId")
    if name not in PAYMENT_RETURNS or body.need_text("TxSts") != RECEIVED:
        raise AboutAnotherMessage
    return body.need_text("OrgnlTxId")


_CONTENT = "PmtRtr"
_TRANSACTION = "TxInf"
_STATUS_CONTENT = "FIToFIPmtStsRpt"
_STATUS_TRANSACTION = "TxInfAndSts"
# The gate takes nothing else for the id of a return.
_ID = re.compile(r"[ -~]{1,35}")
