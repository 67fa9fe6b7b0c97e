"""The message that carries a transfer (pacs.008): written for a rail, and read as a rail reads it.

1. One message, one transaction; the same transfer, attempt and time give the same bytes.
2. What a transfer does not say is said in the standard's own words: NOTPROVIDED for an end-to-end
   id or a bank, SLEV (as the scheme has it) for charges. A debtor without a name has none here.
3. Nothing is sent that the official schema would refuse: `fitting` says what is made to fit, and
   what cannot be is refused by name before a byte is written.
"""

from datetime import date
from pathlib import Path
from typing import Final

from lxml import etree

from countersign.kernel.account import AccountReference, Iban
from countersign.kernel.agent import Agent
from countersign.kernel.identification import parse_identification
from countersign.kernel.ids import is_uetr
from countersign.kernel.money import AmountOutOfRange
from countersign.rails import ids
from countersign.rails.errors import (
    BlankCreditorName,
    MalformedElement,
    MalformedSettlementDate,
    MalformedUetr,
    NotOneTransaction,
    TooManyIntermediaries,
    UnknownChargeBearer,
    UnknownPriority,
)
from countersign.rails.fitting import (
    CODE_LENGTH_MAX,
    NAME_LENGTH_MAX,
    UNSAFE,
    address_lines,
    agent,
    codes,
    is_clearing_system,
    is_code,
    one_line,
    remittance_lines,
)
from countersign.rails.messages import CreditTransfer, ReceivedTransfer
from countersign.rails.reading import read_amount, read_message
from countersign.rails.versions import CREDIT_TRANSFER, CREDIT_TRANSFERS
from countersign.rails.writing import Writer

NOT_PROVIDED: Final = "NOTPROVIDED"


def write_credit_transfer(transfer: CreditTransfer, *, attempt: int, created_ms: int) -> bytes:
    """The message for a rail, or a refusal that names what no rail could carry."""
    if transfer.amount.minor_units <= 0:
        raise AmountOutOfRange
    xml = Writer(CREDIT_TRANSFER, _CONTENT)
    message_id = ids.message_id(transfer.digest, attempt)
    header = xml.group_header(message_id=message_id, created_ms=created_ms)
    xml.leaf(header, "NbOfTxs", "1")
    xml.leaf(xml.part(header, "SttlmInf"), "SttlmMtd", "CLRG")  # Settled through a clearing system.
    body = xml.part(xml.content, _TRANSACTION)
    _write_ids(xml, body, transfer)
    _write_type(xml, body, transfer)
    xml.amount(body, "IntrBkSttlmAmt", transfer.amount.text(), transfer.amount.currency)
    xml.leaf(body, "IntrBkSttlmDt", _settlement_date(transfer))
    xml.leaf(body, "ChrgBr", _charge_bearer(transfer))
    _write_parties(xml, body, transfer)
    _write_choice(xml, body, "Purp", transfer.purpose_code, field="purpose_code")
    lines = remittance_lines(transfer.remittance_information)
    if lines:
        remittance = xml.part(body, "RmtInf")
        for line in lines:
            xml.leaf(remittance, "Ustrd", line)
    return xml.written()


def read_credit_transfer(content: bytes, *, schema_dir: Path | None) -> ReceivedTransfer:
    """Read what somebody sent to a rail; refuses whatever is not one transfer."""
    message = read_message(
        content, supported=CREDIT_TRANSFERS, content=_CONTENT, schema_dir=schema_dir
    )
    header = message.need("GrpHdr")
    if header.need_text("NbOfTxs", length_max=15).lstrip("0") != "1":
        raise MalformedElement(element="NbOfTxs")
    transactions = message.all(_TRANSACTION)
    if len(transactions) != 1:
        raise NotOneTransaction(count=len(transactions))
    of_transaction = transactions[0].need("PmtId")
    return ReceivedTransfer(
        message_id=header.need_text("MsgId"),
        end_to_end_id=of_transaction.need_text("EndToEndId"),
        transaction_id=of_transaction.text("TxId"),
        uetr=of_transaction.uetr("UETR"),
        amount=read_amount(transactions[0].need("IntrBkSttlmAmt")),
    )


_CONTENT = "FIToFICstmrCdtTrf"
_TRANSACTION = "CdtTrfTxInf"
_PRIORITIES = frozenset({None, "HIGH", "NORM"})
_INTERMEDIARIES_MAX = 3
_CHARGE_BEARERS = frozenset({"DEBT", "CRED", "SHAR", "SLEV"})
_FOLLOWING_SERVICE_LEVEL = "SLEV"


def _write_ids(xml: Writer, body: etree._Element, transfer: CreditTransfer) -> None:
    if transfer.uetr is not None and not is_uetr(transfer.uetr):
        raise MalformedUetr
    parts = xml.part(body, "PmtId")
    for name, text, field in (
        ("InstrId", transfer.instruction_id, "instruction_id"),
        ("EndToEndId", transfer.end_to_end_id, "end_to_end_id"),
    ):
        line = one_line(text, field=field, length_max=ids.ID_LENGTH_MAX)
        is_needed = name == "EndToEndId"
        xml.leaf(parts, name, line or (NOT_PROVIDED if is_needed else None))
    xml.leaf(parts, "TxId", ids.transaction_id(transfer.digest))
    xml.leaf(parts, "UETR", transfer.uetr or ids.uetr_of(transfer.digest))


def _write_type(xml: Writer, body: etree._Element, transfer: CreditTransfer) -> None:
    levels = codes(transfer.service_level, field="service_level")
    purpose = transfer.category_purpose
    line = one_line(purpose, field="category_purpose", length_max=CODE_LENGTH_MAX)
    instrument = one_line(
        transfer.local_instrument, field="local_instrument", length_max=CODE_LENGTH_MAX
    )
    priority = transfer.instruction_priority
    if priority not in _PRIORITIES:
        raise UnknownPriority
    if not levels and line is None and instrument is None and priority is None:
        return
    kind = xml.part(body, "PmtTpInf")
    xml.leaf(kind, "InstrPrty", priority)
    for level in levels:
        _write_choice(xml, kind, "SvcLvl", level, field="service_level")
    _write_choice(xml, kind, "LclInstrm", instrument, field="local_instrument")
    _write_choice(xml, kind, "CtgyPurp", line, field="category_purpose")


def _write_choice(
    xml: Writer, parent: etree._Element, name: str, text: str | None, *, field: str
) -> None:
    line = one_line(text, field=field, length_max=CODE_LENGTH_MAX)
    if line is not None:
        xml.leaf(xml.part(parent, name), "Cd" if is_code(line) else "Prtry", line)


def _settlement_date(transfer: CreditTransfer) -> str:
    try:
        # ISO 8601 has other spellings of a day, such as 20270331; the schema has one.
        return date.fromisoformat(transfer.settlement_date).isoformat()
    except ValueError:
        raise MalformedSettlementDate from None


def _charge_bearer(transfer: CreditTransfer) -> str:
    bearer = transfer.charge_bearer or _FOLLOWING_SERVICE_LEVEL
    if bearer not in _CHARGE_BEARERS:
        raise UnknownChargeBearer
    return bearer


def _write_parties(xml: Writer, body: etree._Element, transfer: CreditTransfer) -> None:
    creditor = _name(transfer.creditor_name, "creditor_name")
    if creditor is None:
        raise BlankCreditorName
    debtor = _name(transfer.debtor_name, "debtor_name")
    for number, each in enumerate(_intermediaries(transfer), start=1):
        _write_agent(xml, body, f"IntrmyAgt{number}", each)
    _write_party(xml, body, "UltmtDbtr", _name(transfer.ultimate_debtor, "ultimate_debtor"))
    _write_party(xml, body, "InitgPty", _name(transfer.initiating_party, "initiating_party"))
    address = address_lines(transfer.debtor_address)
    _write_whole_party(xml, body, "Dbtr", (debtor, address, transfer.debtor_identification))
    _write_account(xml, body, "DbtrAcct", transfer.debtor_account)
    _write_agent(xml, body, "DbtrAgt", agent(transfer.debtor_agent, field="debtor_agent"))
    _write_agent(xml, body, "CdtrAgt", agent(transfer.creditor_agent, field="creditor_agent"))
    address = address_lines(transfer.creditor_address)
    _write_whole_party(xml, body, "Cdtr", (creditor, address, transfer.creditor_identification))
    _write_account(xml, body, "CdtrAcct", transfer.creditor_account)
    _write_party(xml, body, "UltmtCdtr", _name(transfer.ultimate_creditor, "ultimate_creditor"))


def _name(text: str | None, field: str) -> str | None:
    return one_line(text, field=field, length_max=NAME_LENGTH_MAX)


def _write_party(xml: Writer, body: etree._Element, name: str, party: str | None) -> None:
    if party is not None:
        xml.leaf(xml.part(body, name), "Nm", party)


def _intermediaries(transfer: CreditTransfer) -> list[Agent | None]:
    lines = (transfer.intermediary_agents or "").splitlines()
    if len(lines) > _INTERMEDIARIES_MAX:
        raise TooManyIntermediaries(count_max=_INTERMEDIARIES_MAX)
    return [agent(line, field="intermediary_agents") for line in lines]


def _write_whole_party(
    xml: Writer,
    body: etree._Element,
    name: str,
    party: tuple[str | None, list[str], str | None],
) -> None:
    """A debtor or creditor, whose element must be there even if nothing is known of them."""
    called, lines, known_by = party
    parts = xml.part(body, name)
    xml.leaf(parts, "Nm", called)
    if lines:
        address = xml.part(parts, "PstlAdr")
        for line in lines:
            xml.leaf(address, "AdrLine", line)
    if known_by is not None:
        _write_identification(xml, xml.part(parts, "Id"), known_by, field=name)


def _write_identification(xml: Writer, inside: etree._Element, text: str, *, field: str) -> None:
    """Each line at its path; an element goes on as long as the next line has it too."""
    open_: list[tuple[str, etree._Element]] = []
    for path, value in parse_identification(text, field=field):
        *outer, leaf = path
        if leaf == "Id":
            open_ = open_[:1]  # Another one of the kind begins.
        shared = 0
        while shared < min(len(open_), len(outer)) and open_[shared][0] == outer[shared]:
            shared += 1
        del open_[shared:]
        for name in outer[shared:]:
            open_.append((name, xml.part(open_[-1][1] if open_ else inside, name)))
        xml.leaf(open_[-1][1], leaf, UNSAFE.sub("?", value))


def _write_account(xml: Writer, body: etree._Element, name: str, account: AccountReference) -> None:
    parts = xml.part(body, name, "Id")
    if isinstance(account, Iban):
        xml.leaf(parts, "IBAN", account.text)
        return
    other = xml.part(parts, "Othr")
    xml.leaf(other, "Id", account.identification)
    _write_choice(xml, other, "SchmeNm", account.scheme, field=name)


def _write_agent(xml: Writer, body: etree._Element, name: str, found: Agent | None) -> None:
    institution = xml.part(body, name, "FinInstnId")
    if found is None:
        xml.leaf(xml.part(institution, "Othr"), "Id", NOT_PROVIDED)
    elif found.bic is not None:
        xml.leaf(institution, "BICFI", found.bic)
    else:
        member = xml.part(institution, "ClrSysMmbId")
        if found.system is not None:
            system = xml.part(member, "ClrSysId")
            xml.leaf(system, "Cd" if is_clearing_system(found.system) else "Prtry", found.system)
        xml.leaf(member, "MmbId", found.member)
