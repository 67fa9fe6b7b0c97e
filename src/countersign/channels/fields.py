"""The values of one payment as an order can hold them; what cannot stand is a fault with its place.

Nothing is rounded, guessed or corrected. Each function takes what is inside one element.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypedDict, TypeVar

from countersign.channels.carried import Carried
from countersign.channels.elements import Elements
from countersign.channels.errors import (
    ContradictoryLevels,
    MalformedExecutionDate,
    MissingCreditorAccount,
    MissingCreditorName,
    NotCarried,
    UnsupportedAccountScheme,
    UnsupportedAgent,
    ZeroAmount,
)
from countersign.channels.reasons import Side, reason_code
from countersign.kernel.account import AccountReference, Iban, OtherAccount
from countersign.kernel.bic import Bic
from countersign.kernel.identification import parse_identification
from countersign.kernel.money import Money
from countersign.kernel.refusal import Refusal


class Ids(TypedDict):
    """What an instruction and a rejected payment are both known by."""

    position: int
    message_id: str
    payment_information_id: str | None
    instruction_id: str | None
    end_to_end_id: str
    transaction_id: str | None
    uetr: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    refusal: Refusal
    reason_code: str
    element: str


class Fault(Exception):
    """An element of a block or payment that cannot stand."""

    def __init__(self, refusal: Refusal, element: str, side: Side = Side.NEITHER) -> None:
        super().__init__()
        self._refusal = refusal.unraised()
        self._element = element
        self._side = side

    def at(self, path: str) -> Rejection:
        return Rejection(
            refusal=self._refusal,
            reason_code=reason_code(self._refusal.code, self._side),
            element=f"{path}/{self._element}",
        )


NOT_PROVIDED = "NOTPROVIDED"
_Value = TypeVar("_Value")
# A date may carry an offset, a date and time also that and more.
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(T.*|Z|[+-][0-9]{2}:[0-9]{2})?")
_SCHEME = re.compile(r"[A-Z0-9]{1,4}")


def require_carried(get: Elements, carried: Carried) -> None:
    element = carried.first_other(get.paths)
    if element is not None:
        raise Fault(NotCarried(element=element), element)


def execution_date(get: Elements, paths: Sequence[str]) -> str:
    path = next((path for path in paths if get.has(path)), paths[0])
    # The day is the sender's, so an offset does not move it.
    found = _DATE.fullmatch(get.plain(path) or "")
    try:
        return date.fromisoformat(found[1] if found else "").isoformat()
    except ValueError:
        raise Fault(MalformedExecutionDate(), path) from None


def amount_of(get: Elements, path: str) -> Money:
    text = get.plain(path) or ""
    # The schema's decimals may have a sign, no whole part, or zeros in front.
    whole, _, decimals = text.lstrip("+-").partition(".")
    whole = whole.lstrip("0") or "0"
    if whole == "0" and not decimals.strip("0"):
        raise Fault(ZeroAmount(), path)
    text = f"{whole}.{decimals}" if decimals else whole
    currency = get.attribute(path, "Ccy") or ""
    return parsed(lambda: Money.parse(text, currency=currency), path, Side.NEITHER)


def account_of(get: Elements, name: str, side: Side) -> AccountReference:
    path = f"{name}/Id/IBAN"
    iban = get.text(path)
    if iban is not None:
        return parsed(lambda: Iban.parse(iban), path, side)
    path = f"{name}/Id/Othr"
    scheme = get.text(f"{path}/SchmeNm/Cd")
    if scheme is None:
        scheme = get.text(f"{path}/SchmeNm/Prtry")
        if scheme is not None and not _SCHEME.fullmatch(scheme):
            raise Fault(UnsupportedAccountScheme(), f"{path}/SchmeNm/Prtry", side)
    identification = get.text(f"{path}/Id") or ""
    return parsed(lambda: OtherAccount.parse(identification, scheme=scheme), f"{path}/Id", side)


def creditor_name_of(get: Elements) -> str:
    name = get.plain("Cdtr/Nm")
    if name is None:
        raise Fault(MissingCreditorName(), "Cdtr/Nm")
    return name


def creditor_account_of(get: Elements) -> AccountReference:
    if not get.has("CdtrAcct"):
        raise Fault(MissingCreditorAccount(), "CdtrAcct")
    return account_of(get, "CdtrAcct", Side.CREDITOR)


def agent_of(get: Elements, name: str, bic_path: str, side: Side) -> str | None:
    path = f"{name}/{bic_path}"
    bic = get.text(path)
    if bic is not None:
        return parsed(lambda: Bic.parse(bic).text, path, side)
    member = get.plain(f"{name}/FinInstnId/ClrSysMmbId/MmbId")
    system = get.code(f"{name}/FinInstnId/ClrSysMmbId/ClrSysId")
    if member is not None and ":" in (system or ""):
        raise Fault(UnsupportedAgent(), f"{name}/FinInstnId/ClrSysMmbId/ClrSysId", side)
    if member is not None:
        return f"{system or ''}:{member}"
    # The debtor's bank is this house, however it is called; another bank that nobody can address
    # must not be left out.
    is_named = any(get.has(f"{name}/FinInstnId/{part}") for part in ("Nm", "PstlAdr", "LEI"))
    other = get.plain(f"{name}/FinInstnId/Othr/Id")
    if side is not Side.DEBTOR and (is_named or other not in {None, NOT_PROVIDED}):
        raise Fault(UnsupportedAgent(), f"{name}/FinInstnId", side)
    return None


def intermediaries_of(get: Elements, bic_path: str) -> str | None:
    """The banks between, a line each, in the order of their numbers."""
    names = [name for name in ("IntrmyAgt1", "IntrmyAgt2", "IntrmyAgt3") if get.has(name)]
    agents = [agent_of(get, name, bic_path, Side.CREDITOR) for name in names]
    for name, agent in zip(names, agents, strict=True):
        if agent is None:
            raise Fault(UnsupportedAgent(), f"{name}/FinInstnId", Side.CREDITOR)
    return "\n".join(filter(None, agents)) or None


def identification_of(get: Elements, name: str, side: Side) -> str | None:
    text = get.identification(name)
    if text is not None:
        parsed(lambda: parse_identification(text, field=f"{name}/Id"), f"{name}/Id", side)
    return text


def parsed(parse: Callable[[], _Value], element: str, side: Side) -> _Value:
    try:
        return parse()
    except Refusal as refusal:
        raise Fault(refusal, element, side) from None


def said_once(of_block: str | None, of_payment: str | None, element: str) -> str | None:
    if of_block is not None and of_payment is not None and of_block != of_payment:
        raise Fault(ContradictoryLevels(element=element), element)
    return of_payment if of_payment is not None else of_block
