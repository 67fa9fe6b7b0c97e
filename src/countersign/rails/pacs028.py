"""Asks what became of one transaction (pacs.028), and reads that question as a rail does."""

from pathlib import Path

from countersign.rails.errors import MissingElement, NotOneTransaction
from countersign.rails.messages import StatusRequest
from countersign.rails.reading import original_message_id, read_message
from countersign.rails.versions import CREDIT_TRANSFER, STATUS_REQUEST, STATUS_REQUESTS
from countersign.rails.writing import Writer


def write_status_request(request: StatusRequest, *, created_ms: int) -> bytes:
    """The question for a rail; `ids` makes every id in it from the order's digest."""
    xml = Writer(STATUS_REQUEST, _CONTENT)
    xml.group_header(message_id=request.message_id, created_ms=created_ms)
    xml.original(
        _TRANSACTION,
        message=(request.original_message_id, CREDIT_TRANSFER),
        end_to_end_id=request.end_to_end_id,
        transaction_id=request.transaction_id,
        uetr=request.uetr,
    )
    return xml.written()


def read_status_request(content: bytes, *, schema_dir: Path | None) -> StatusRequest:
    """Read a question about one transaction that names its id or its UETR."""
    message = read_message(
        content, supported=STATUS_REQUESTS, content=_CONTENT, schema_dir=schema_dir
    )
    transactions = message.all(_TRANSACTION)
    if len(transactions) != 1:
        raise NotOneTransaction(count=len(transactions))
    body = transactions[0]
    request = StatusRequest(
        message_id=message.need("GrpHdr").need_text("MsgId"),
        original_message_id=original_message_id(
            message.one("OrgnlGrpInf"), body.one("OrgnlGrpInf")
        ),
        transaction_id=body.text("OrgnlTxId"),
        uetr=body.uetr("OrgnlUETR"),
        end_to_end_id=body.text("OrgnlEndToEndId"),
    )
    if request.transaction_id is None and request.uetr is None:
        raise MissingElement(element="OrgnlTxId")
    return request


_CONTENT = "FIToFIPmtStsReq"
_TRANSACTION = "TxInf"
