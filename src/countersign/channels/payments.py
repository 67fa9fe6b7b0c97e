"""One payment of a pain.001 as an instruction, or as rejected with its reason.

1. The schema was already held against the message; here is what a schema cannot say.
2. What the block and the payment both say must agree; a contradiction is rejected, never resolved.
3. A fault of the block rejects each payment of the block, and no other.
4. Nothing is rounded, guessed or corrected.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypedDict, TypeVar

from lxml import etree

from countersign.channels.carried import first_not_carried
from countersign.channels.elements import Elements
from countersign.channels.errors import (
    ChequeInstruction,
    ChequePayment,
    ContradictoryLevels,
    EquivalentAmount,
    MalformedExecutionDate,
    MissingCreditorAccount,
    MissingCreditorName,
    NotCarried,
    UnsupportedAccountScheme,
    UnsupportedAgent,
    ZeroAmount,
)
from countersign.channels.model import Header, Instruction, Rejected
from countersign.channels.reasons import Side, reason_code
from countersign.channels.versions import Version
from countersign.kernel.account import AccountReference, Iban, OtherAccount
from countersign.kernel.bic import Bic
from countersign.kernel.identification import parse_identification
from countersign.kernel.money import Money
from countersign.kernel.refusal import Refusal


class PaymentReader:
    """Reads the payments of one message in order, and the values of each block once."""

    def __init__(self, *, header: Header, version: Version) -> None:
        self._header = header
        self._version = version
        self._block_path = ""
        self._block_id = ""
        self._block: _Block | _Rejection | None = None

    def read(self, payment: etree._Element, *, path: str, position: int) -> Instruction | Rejected:
        """Read the payment at `path`, which is its block's path and one step more."""
        block_path = path.rpartition("/")[0]
        if self._block is None or block_path != self._block_path:
            get = Elements(next(payment.iterancestors()), without="CdtTrfTxInf")
            self._block_path = block_path
            self._block_id = get.text("PmtInfId") or ""
            self._block = self._block_or_rejection(get, block_path)
        get = Elements(payment)
        ids = self._ids(get, position)
        found = self._block
        if isinstance(found, _Block):
            try:
                return self._instruction(get, found, ids)
            except _Fault as fault:
                found = fault.at(path)
        return Rejected(
            **ids, refusal=found.refusal, reason_code=found.reason_code, element=found.element
        )

    def _ids(self, get: Elements, position: int) -> "_Ids":
        uetr_path = self._version.uetr
        return {
            "position": position,
            "message_id": self._header.message_id,
            "payment_information_id": self._block_id,
            "instruction_id": get.text("PmtId/InstrId"),
            "end_to_end_id": get.text("PmtId/EndToEndId") or "",
            "uetr": get.text(uetr_path) if uetr_path else None,
        }

    def _block_or_rejection(self, get: Elements, path: str) -> "_Block | _Rejection":
        try:
            _require_transfer(get)
            _require_carried(get)
            return _Block(
                requested_execution_date=_execution_date(get, self._version.execution_dates),
                debtor_name=get.plain("Dbtr/Nm"),
                debtor_account=_account(get, "DbtrAcct", Side.DEBTOR),
                debtor_agent=_agent(get, "DbtrAgt", self._version.agent_bic, Side.DEBTOR),
                debtor_address=get.address("Dbtr"),
                debtor_identification=_identification(get, "Dbtr", Side.DEBTOR),
                ultimate_debtor=get.party("UltmtDbtr"),
                service_level=get.codes("PmtTpInf", "SvcLvl"),
                local_instrument=get.code("PmtTpInf/LclInstrm"),
                instruction_priority=get.plain("PmtTpInf/InstrPrty"),
                category_purpose=get.code("PmtTpInf/CtgyPurp"),
                charge_bearer=get.plain("ChrgBr"),
            )
        except _Fault as fault:
            return fault.at(path)

    def _instruction(self, get: Elements, block: "_Block", ids: "_Ids") -> Instruction:
        if get.has("ChqInstr"):
            raise _Fault(ChequeInstruction(), "ChqInstr")
        _require_carried(get)
        creditor_name = get.plain("Cdtr/Nm")
        if creditor_name is None:
            raise _Fault(MissingCreditorName(), "Cdtr/Nm")
        if not get.has("CdtrAcct"):
            raise _Fault(MissingCreditorAccount(), "CdtrAcct")
        return Instruction(
            **ids,
            amount=_amount(get),
            requested_execution_date=block.requested_execution_date,
            initiating_party=self._header.initiating_party,
            debtor_name=block.debtor_name,
            debtor_account=block.debtor_account,
            debtor_agent=block.debtor_agent,
            debtor_address=block.debtor_address,
            debtor_identification=block.debtor_identification,
            ultimate_debtor=_said_once(block.ultimate_debtor, get.party("UltmtDbtr"), "UltmtDbtr"),
            creditor_name=creditor_name,
            creditor_account=_account(get, "CdtrAcct", Side.CREDITOR),
            creditor_agent=_agent(get, "CdtrAgt", self._version.agent_bic, Side.CREDITOR),
            intermediary_agents=_intermediaries(get, self._version.agent_bic),
            creditor_address=get.address("Cdtr"),
            creditor_identification=_identification(get, "Cdtr", Side.CREDITOR),
            ultimate_creditor=get.party("UltmtCdtr"),
            service_level=_said_once(
                block.service_level, get.codes("PmtTpInf", "SvcLvl"), "PmtTpInf/SvcLvl"
            ),
            local_instrument=_said_once(
                block.local_instrument, get.code("PmtTpInf/LclInstrm"), "PmtTpInf/LclInstrm"
            ),
            instruction_priority=_said_once(
                block.instruction_priority, get.plain("PmtTpInf/InstrPrty"), "PmtTpInf/InstrPrty"
            ),
            category_purpose=_said_once(
                block.category_purpose, get.code("PmtTpInf/CtgyPurp"), "PmtTpInf/CtgyPurp"
            ),
            purpose_code=get.code("Purp"),
            charge_bearer=_said_once(block.charge_bearer, get.plain("ChrgBr"), "ChrgBr"),
            remittance_information=get.remittance("RmtInf"),
        )


class _Ids(TypedDict):
    position: int
    message_id: str
    payment_information_id: str
    instruction_id: str | None
    end_to_end_id: str
    uetr: str | None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class _Block:
    """What a payment information block says for each of its payments."""

    requested_execution_date: str
    debtor_name: str | None
    debtor_account: AccountReference
    debtor_agent: str | None
    debtor_address: str | None
    debtor_identification: str | None
    ultimate_debtor: str | None
    service_level: str | None
    local_instrument: str | None
    instruction_priority: str | None
    category_purpose: str | None
    charge_bearer: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rejection:
    refusal: Refusal
    reason_code: str
    element: str


class _Fault(Exception):
    """An element of a block or payment that cannot stand."""

    def __init__(self, refusal: Refusal, element: str, side: Side = Side.NEITHER) -> None:
        super().__init__()
        self._refusal = refusal.unraised()
        self._element = element
        self._side = side

    def at(self, path: str) -> _Rejection:
        return _Rejection(
            refusal=self._refusal,
            reason_code=reason_code(self._refusal.code, self._side),
            element=f"{path}/{self._element}",
        )


NOT_PROVIDED = "NOTPROVIDED"
_Value = TypeVar("_Value")
# A date may carry an offset, a date and time also that and more.
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(T.*|Z|[+-][0-9]{2}:[0-9]{2})?")
_SCHEME = re.compile(r"[A-Z0-9]{1,4}")


def _require_transfer(get: Elements) -> None:
    if get.text("PmtMtd") == "CHK":
        raise _Fault(ChequePayment(), "PmtMtd")


def _require_carried(get: Elements) -> None:
    element = first_not_carried(get.paths)
    if element is not None:
        raise _Fault(NotCarried(element=element), element)


def _execution_date(get: Elements, paths: Sequence[str]) -> str:
    path = next((path for path in paths if get.has(path)), paths[0])
    # The day is the sender's, so an offset does not move it.
    found = _DATE.fullmatch(get.plain(path) or "")
    try:
        return date.fromisoformat(found[1] if found else "").isoformat()
    except ValueError:
        raise _Fault(MalformedExecutionDate(), path) from None


def _amount(get: Elements) -> Money:
    path = "Amt/InstdAmt"
    text = get.plain(path)
    if text is None:
        raise _Fault(EquivalentAmount(), "Amt/EqvtAmt")
    # The schema's decimals may have a sign, no whole part, or zeros in front.
    whole, _, decimals = text.lstrip("+-").partition(".")
    whole = whole.lstrip("0") or "0"
    if whole == "0" and not decimals.strip("0"):
        raise _Fault(ZeroAmount(), path)
    text = f"{whole}.{decimals}" if decimals else whole
    currency = get.attribute(path, "Ccy") or ""
    return _parsed(lambda: Money.parse(text, currency=currency), path, Side.NEITHER)


def _account(get: Elements, name: str, side: Side) -> AccountReference:
    path = f"{name}/Id/IBAN"
    iban = get.text(path)
    if iban is not None:
        return _parsed(lambda: Iban.parse(iban), path, side)
    path = f"{name}/Id/Othr"
    scheme = get.text(f"{path}/SchmeNm/Cd")
    if scheme is None:
        scheme = get.text(f"{path}/SchmeNm/Prtry")
        if scheme is not None and not _SCHEME.fullmatch(scheme):
            raise _Fault(UnsupportedAccountScheme(), f"{path}/SchmeNm/Prtry", side)
    identification = get.text(f"{path}/Id") or ""
    return _parsed(lambda: OtherAccount.parse(identification, scheme=scheme), f"{path}/Id", side)


def _agent(get: Elements, name: str, bic_path: str, side: Side) -> str | None:
    path = f"{name}/{bic_path}"
    bic = get.text(path)
    if bic is not None:
        return _parsed(lambda: Bic.parse(bic).text, path, side)
    member = get.plain(f"{name}/FinInstnId/ClrSysMmbId/MmbId")
    system = get.code(f"{name}/FinInstnId/ClrSysMmbId/ClrSysId")
    if member is not None and ":" in (system or ""):
        raise _Fault(UnsupportedAgent(), f"{name}/FinInstnId/ClrSysMmbId/ClrSysId", side)
    if member is not None:
        return f"{system or ''}:{member}"
    # The debtor's bank is this house, however it is called; another bank that nobody can address
    # must not be left out.
    is_named = any(get.has(f"{name}/FinInstnId/{part}") for part in ("Nm", "PstlAdr", "LEI"))
    other = get.plain(f"{name}/FinInstnId/Othr/Id")
    if side is not Side.DEBTOR and (is_named or other not in {None, NOT_PROVIDED}):
        raise _Fault(UnsupportedAgent(), f"{name}/FinInstnId", side)
    return None


def _intermediaries(get: Elements, bic_path: str) -> str | None:
    """The banks between, a line each, in the order of their numbers."""
    names = [name for name in ("IntrmyAgt1", "IntrmyAgt2", "IntrmyAgt3") if get.has(name)]
    agents = [_agent(get, name, bic_path, Side.CREDITOR) for name in names]
    for name, agent in zip(names, agents, strict=True):
        if agent is None:
            raise _Fault(UnsupportedAgent(), f"{name}/FinInstnId", Side.CREDITOR)
    return "\n".join(filter(None, agents)) or None


def _identification(get: Elements, name: str, side: Side) -> str | None:
    text = get.identification(name)
    if text is not None:
        _parsed(lambda: parse_identification(text, field=f"{name}/Id"), f"{name}/Id", side)
    return text


def _parsed(parse: Callable[[], _Value], element: str, side: Side) -> _Value:
    try:
        return parse()
    except Refusal as refusal:
        raise _Fault(refusal, element, side) from None


def _said_once(of_block: str | None, of_payment: str | None, element: str) -> str | None:
    if of_block is not None and of_payment is not None and of_block != of_payment:
        raise _Fault(ContradictoryLevels(element=element), element)
    return of_payment if of_payment is not None else of_block
