"""Builds pacs.008 files for tests: valid by default, and wrong in exactly what a test asks for."""

import io
from dataclasses import dataclass
from typing import BinaryIO

PACS_VERSIONS = [f"pacs.008.001.{number:02}" for number in range(8, 13)]
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"
DEBTOR_BANK = "<FinInstnId><BICFI>COBADEFFXXX</BICFI></FinInstnId>"
CREDITOR_BANK = "<FinInstnId><BICFI>BNPAFRPP</BICFI></FinInstnId>"


@dataclass(frozen=True, kw_only=True)
class Interbank:
    """One CdtTrfTxInf; the fields that end in `_xml` are put in as they are."""

    ids_xml: str = "<InstrId>I-1</InstrId><EndToEndId>E2E-1</EndToEndId><TxId>TX-1</TxId>"
    kind_xml: str = ""
    amount: str = "12.50"
    currency: str = "EUR"
    date_xml: str = "<IntrBkSttlmDt>2027-03-31</IntrBkSttlmDt>"
    after_date_xml: str = ""  # SttlmPrty to XchgRate.
    charge_bearer: str = "SHAR"
    banks_xml: str = ""  # ChrgsInf to InitgPty.
    debtor_xml: str = "<Nm>Ada Holdings</Nm>"
    debtor_account_xml: str = "<DbtrAcct><Id><IBAN>DE89370400440532013000</IBAN></Id></DbtrAcct>"
    debtor_bank_xml: str = DEBTOR_BANK
    creditor_bank_xml: str = CREDITOR_BANK
    creditor_xml: str = "<Nm>Anna Okafor</Nm>"
    after_creditor_xml: str = (
        "<CdtrAcct><Id><IBAN>FR1420041010050500013M02606</IBAN></Id></CdtrAcct>"
    )

    def text(self) -> str:
        return (
            f"<CdtTrfTxInf><PmtId>{self.ids_xml}</PmtId>{self.kind_xml}"
            f'<IntrBkSttlmAmt Ccy="{self.currency}">{self.amount}</IntrBkSttlmAmt>'
            f"{self.date_xml}{self.after_date_xml}<ChrgBr>{self.charge_bearer}</ChrgBr>"
            f"{self.banks_xml}<Dbtr>{self.debtor_xml}</Dbtr>{self.debtor_account_xml}"
            f"<DbtrAgt>{self.debtor_bank_xml}</DbtrAgt>"
            f"<CdtrAgt>{self.creditor_bank_xml}</CdtrAgt>"
            f"<Cdtr>{self.creditor_xml}</Cdtr>{self.after_creditor_xml}</CdtTrfTxInf>\n"
        )


@dataclass(frozen=True, kw_only=True)
class InterbankMessage:
    """One file."""

    payments: tuple[Interbank, ...] = (Interbank(),)
    version: str = "pacs.008.001.08"
    message_id: str = "MSG-1"
    count: int | None = None
    sums_xml: str = ""  # CtrlSum, TtlIntrBkSttlmAmt, IntrBkSttlmDt.
    settlement_xml: str = "<SttlmMtd>CLRG</SttlmMtd>"
    after_settlement_xml: str = ""  # PmtTpInf, InstgAgt, InstdAgt.
    after_payments_xml: str = ""

    def bytes(self) -> bytes:
        count = len(self.payments) if self.count is None else self.count
        return (
            f'<Document xmlns="{NAMESPACE}{self.version}"><FIToFICstmrCdtTrf><GrpHdr>'
            f"<MsgId>{self.message_id}</MsgId><CreDtTm>2027-03-30T09:00:00Z</CreDtTm>"
            f"<NbOfTxs>{count}</NbOfTxs>{self.sums_xml}"
            f"<SttlmInf>{self.settlement_xml}</SttlmInf>{self.after_settlement_xml}</GrpHdr>\n"
            f"{''.join(payment.text() for payment in self.payments)}"
            f"{self.after_payments_xml}</FIToFICstmrCdtTrf></Document>"
        ).encode()

    def stream(self) -> BinaryIO:
        return io.BytesIO(self.bytes())
