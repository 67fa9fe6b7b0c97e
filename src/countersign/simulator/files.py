"""A company's payments of one day as a file: credit transfer initiation, pain.001. Pure."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from xml.sax.saxutils import escape

from countersign.simulator.model import PlannedTransfer

_VERSION = "pain.001.001.09"


def write_file(transfers: Sequence[PlannedTransfer], *, created: str) -> bytes:
    """The file of these orders, all of one debtor and day; `created` is ISO 8601."""
    return "".join(_parts(transfers, created)).encode()


def _parts(transfers: Sequence[PlannedTransfer], created: str) -> Iterator[str]:
    first = transfers[0].body
    total = sum(Decimal(planned.body["instructed_amount"]) for planned in transfers)
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:{_VERSION}"><CstmrCdtTrfInitn><GrpHdr>'
    yield f"<MsgId>{transfers[0].file}</MsgId><CreDtTm>{created}</CreDtTm>"
    yield f"<NbOfTxs>{len(transfers)}</NbOfTxs><CtrlSum>{total}</CtrlSum>"
    yield f"<InitgPty><Nm>{escape(first['debtor_name'])}</Nm></InitgPty></GrpHdr>"
    yield "<PmtInf><PmtInfId>1</PmtInfId><PmtMtd>TRF</PmtMtd>"
    yield f"<ReqdExctnDt><Dt>{first['requested_execution_date']}</Dt></ReqdExctnDt>"
    yield f"<Dbtr><Nm>{escape(first['debtor_name'])}</Nm></Dbtr>"
    yield f"<DbtrAcct>{_account(first['debtor_account'])}</DbtrAcct>"
    yield "<DbtrAgt><FinInstnId><Othr><Id>NOTPROVIDED</Id></Othr></FinInstnId></DbtrAgt>"
    for planned in transfers:
        yield from _payment(planned.body)
    yield "</PmtInf></CstmrCdtTrfInitn></Document>\n"


def _payment(body: dict[str, str]) -> Iterator[str]:
    yield f"<CdtTrfTxInf><PmtId><EndToEndId>{body['end_to_end_id']}</EndToEndId></PmtId>"
    yield f'<Amt><InstdAmt Ccy="{body["currency"]}">{body["instructed_amount"]}</InstdAmt></Amt>'
    yield f"<Cdtr><Nm>{escape(body['creditor_name'])}</Nm></Cdtr>"
    yield f"<CdtrAcct>{_account(body['creditor_account'])}</CdtrAcct>"
    yield f"<Purp><Cd>{body['purpose_code']}</Cd></Purp>"
    yield f"<RmtInf><Ustrd>{escape(body['remittance_information'])}</Ustrd></RmtInf>"
    yield "</CdtTrfTxInf>"


def _account(text: str) -> str:
    scheme, colon, number = text.rpartition(":")
    if not colon:
        return f"<Id><IBAN>{text}</IBAN></Id>"
    code = f"<SchmeNm><Cd>{scheme}</Cd></SchmeNm>" if scheme else ""
    return f"<Id><Othr><Id>{number}</Id>{code}</Othr></Id>"
