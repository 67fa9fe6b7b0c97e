"""Builds pain.001 files for tests: valid by default, and wrong in exactly what a test asks for."""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import BinaryIO

# Every version that is read, from 2009 to 2024.
PAIN_VERSIONS = [f"pain.001.001.{number:02}" for number in range(3, 14)]
_WITH_PLAIN_DATE = PAIN_VERSIONS[:5]
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"
DEBTOR_IBAN = "DE89370400440532013000"
CREDITOR_IBAN = "FR1420041010050500013M02606"


@dataclass(frozen=True, kw_only=True)
class Payment:
    """One CdtTrfTxInf; the fields that end in `_xml` are put in as they are."""

    end_to_end_id: str = "E2E-1"
    instruction_id: str | None = None
    uetr: str | None = None
    amount: str = "12.50"
    currency: str = "EUR"
    creditor_name: str | None = "Anna Okafor"
    amount_xml: str | None = None
    creditor_account_xml: str | None = f"<CdtrAcct><Id><IBAN>{CREDITOR_IBAN}</IBAN></Id></CdtrAcct>"
    creditor_agent_xml: str = ""
    creditor_xml: str = ""  # Inside Cdtr, after the name.
    kind_xml: str = ""
    charge_bearer_xml: str = ""  # Between Amt and the creditor: ChrgBr, ChqInstr, UltmtDbtr.
    after_account_xml: str = ""  # UltmtCdtr, Purp, RmtInf.


@dataclass(frozen=True, kw_only=True)
class Block:
    """One PmtInf."""

    payments: tuple[Payment, ...] = (Payment(),)
    block_id: str = "BLOCK-1"
    method: str = "TRF"
    count: int | None = None
    control_sum: str | None = None
    kind_xml: str = ""
    execution_date: str = "2027-03-31"
    debtor_name: str | None = "Ada Holdings"
    debtor_xml: str = ""
    debtor_account_xml: str = f"<Id><IBAN>{DEBTOR_IBAN}</IBAN></Id>"
    debtor_agent_xml: str | None = None
    after_agent_xml: str = ""  # UltmtDbtr, ChrgBr.


@dataclass(frozen=True, kw_only=True)
class Message:
    """One file."""

    blocks: tuple[Block, ...] = (Block(),)
    version: str = "pain.001.001.09"
    message_id: str = "MSG-1"
    created: str = "2027-03-30T09:00:00Z"
    count: int | None = None
    control_sum: str | None = None
    initiating_xml: str = "<Nm>Ada Payments</Nm>"
    before_count_xml: str = ""  # Authstn.
    after_initiating_xml: str = ""  # FwdgAgt.
    after_blocks_xml: str = ""  # SplmtryData.
    declaration: str = '<?xml version="1.0" encoding="UTF-8"?>\n'
    encoding: str = "utf-8"
    namespace: str | None = None
    before_document: str = ""
    after_document: str = ""

    def text(self) -> str:
        return "".join(self.parts())

    def bytes(self) -> bytes:
        return self.text().encode(self.encoding)

    def stream(self) -> BinaryIO:
        return io.BytesIO(self.bytes())

    def parts(self) -> Iterator[str]:
        """The text in pieces, for files that are too long for one."""
        count = sum(len(block.payments) for block in self.blocks)
        namespace = self.namespace if self.namespace is not None else NAMESPACE + self.version
        yield f'{self.declaration}{self.before_document}<Document xmlns="{namespace}">'
        yield "<CstmrCdtTrfInitn><GrpHdr>"
        yield f"<MsgId>{self.message_id}</MsgId><CreDtTm>{self.created}</CreDtTm>"
        yield self.before_count_xml
        yield f"<NbOfTxs>{count if self.count is None else self.count}</NbOfTxs>"
        yield _optional("CtrlSum", self.control_sum)
        yield f"<InitgPty>{self.initiating_xml}</InitgPty>{self.after_initiating_xml}</GrpHdr>\n"
        for block in self.blocks:
            yield from _block_parts(block, self.version)
        yield self.after_blocks_xml
        yield f"</CstmrCdtTrfInitn></Document>{self.after_document}\n"


def a_message(*payments: Payment, version: str = "pain.001.001.09") -> Message:
    """A message with one block of these payments, or of one plain payment."""
    return Message(blocks=(Block(payments=payments or (Payment(),)),), version=version)


def with_block(message: Message, **changes: object) -> Message:
    """The message with its first block changed."""
    block = replace(message.blocks[0], **changes)  # type: ignore[arg-type]  # Names of fields.
    return replace(message, blocks=(block, *message.blocks[1:]))


def sum_of(payments: Iterable[Payment]) -> str:
    return str(sum(Decimal(payment.amount) for payment in payments))


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """A business message: a header and a document in one root."""

    message: Message = field(default_factory=Message)
    root: str = "Envelope"
    root_namespace: str = "urn:swift:xsd:envelope"
    announced: str = "pain.001.001.09"

    def stream(self) -> BinaryIO:
        header = (
            f'<AppHdr xmlns="{NAMESPACE}head.001.001.02"><BizMsgIdr>B-1</BizMsgIdr>'
            f"<MsgDefIdr>{self.announced}</MsgDefIdr></AppHdr>"
        )
        attribute = f' xmlns="{self.root_namespace}"' if self.root_namespace else ""
        wrapped = replace(
            self.message,
            before_document=f"<{self.root}{attribute}>{header}",
            after_document=f"</{self.root}>",
        )
        return wrapped.stream()


def _block_parts(block: Block, version: str) -> Iterator[str]:
    is_plain = version in _WITH_PLAIN_DATE
    date = block.execution_date if is_plain else f"<Dt>{block.execution_date}</Dt>"
    if block.execution_date.startswith("<"):
        date = block.execution_date
    bic = "BIC" if version == "pain.001.001.03" else "BICFI"
    agent = block.debtor_agent_xml or f"<FinInstnId><{bic}>COBADEFFXXX</{bic}></FinInstnId>"
    yield f"<PmtInf><PmtInfId>{block.block_id}</PmtInfId><PmtMtd>{block.method}</PmtMtd>"
    yield _optional("NbOfTxs", block.count) + _optional("CtrlSum", block.control_sum)
    yield f"{block.kind_xml}<ReqdExctnDt>{date}</ReqdExctnDt>"
    yield f"<Dbtr>{_optional('Nm', block.debtor_name)}{block.debtor_xml}</Dbtr>"
    yield f"<DbtrAcct>{block.debtor_account_xml}</DbtrAcct><DbtrAgt>{agent}</DbtrAgt>"
    yield f"{block.after_agent_xml}\n"
    yield from map(_payment_text, block.payments)
    yield "</PmtInf>\n"


def _payment_text(payment: Payment) -> str:
    ids = (
        _optional("InstrId", payment.instruction_id)
        + f"<EndToEndId>{payment.end_to_end_id}</EndToEndId>"
        + _optional("UETR", payment.uetr)
    )
    amount = payment.amount_xml or (
        f'<InstdAmt Ccy="{payment.currency}">{payment.amount}</InstdAmt>'
    )
    return (
        f"<CdtTrfTxInf><PmtId>{ids}</PmtId>{payment.kind_xml}<Amt>{amount}</Amt>"
        f"{payment.charge_bearer_xml}{payment.creditor_agent_xml}"
        f"<Cdtr>{_optional('Nm', payment.creditor_name)}{payment.creditor_xml}</Cdtr>"
        f"{payment.creditor_account_xml or ''}{payment.after_account_xml}</CdtTrfTxInf>\n"
    )


def _optional(name: str, value: object) -> str:
    return "" if value is None else f"<{name}>{value}</{name}>"
