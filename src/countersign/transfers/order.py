"""What an order says: the field table under its digest, version 1, and the split by data subject.

The table is a published format (docs/digest.md). Adding, removing or moving a field is version 2.
The debtor's side also holds what belongs to the order itself. Either side can be erased with the
key of its account while the other still verifies.
"""

import re
from datetime import date
from operator import attrgetter
from typing import Annotated, Any

import msgspec

from countersign.kernel.account import Iban, OtherAccount, canonical, parse_canonical
from countersign.kernel.agent import parse_agent
from countersign.kernel.digest import Field, FieldTable, Value
from countersign.kernel.identification import parse_identification
from countersign.kernel.ids import is_uetr
from countersign.kernel.money import MINOR_UNITS_MAX, AmountOutOfRange, exponent
from countersign.kernel.refusal import Refusal
from countersign.transfers.errors import (
    ControlCharacter,
    MalformedDate,
    MalformedUetr,
    TextLength,
    TooManyAgents,
    UnknownCode,
)

DEBTOR_SIDE = 0
CREDITOR_SIDE = 1
CREDITOR_FIELDS = frozenset(
    {
        "creditor_name",
        "creditor_account",
        "creditor_agent",
        "intermediary_agents",
        "creditor_address",
        "creditor_identification",
        "ultimate_creditor",
    }
)


# What the digest can hold; whether it is an amount is for `check_order` to say.
Integer = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class Order(msgspec.Struct, array_like=True, frozen=True, kw_only=True, gc=False):
    """One credit transfer instruction. Text as it came in; accounts canonical; dates ISO 8601."""

    channel: str
    credential: Integer  # The number of the machine credential that the gate attests.
    instructed_amount: Integer  # Minor units of the currency.
    currency: str
    requested_execution_date: str
    debtor_account: str  # `account.canonical`: "IBAN:DE89370400440532013000", no other spelling.
    creditor_account: str
    creditor_name: str
    debtor_name: str | None = None
    debtor_agent: str | None = None
    debtor_address: str | None = None
    debtor_identification: str | None = None  # Lines, see `kernel.identification`.
    ultimate_debtor: str | None = None
    initiating_party: str | None = None
    creditor_agent: str | None = None
    intermediary_agents: str | None = None  # At most three, a line each, from the debtor's side on.
    creditor_address: str | None = None
    creditor_identification: str | None = None
    ultimate_creditor: str | None = None
    message_id: str | None = None
    payment_information_id: str | None = None
    instruction_id: str | None = None
    end_to_end_id: str | None = None
    uetr: str | None = None
    service_level: str | None = None
    local_instrument: str | None = None
    instruction_priority: str | None = None  # "HIGH" or "NORM".
    category_purpose: str | None = None
    purpose_code: str | None = None
    charge_bearer: str | None = None
    remittance_information: str | None = None


_ORDER_FIELDS = (
    "channel",
    "credential",
    "message_id",
    "payment_information_id",
    "instruction_id",
    "end_to_end_id",
    "uetr",
    "instructed_amount",
    "currency",
    "requested_execution_date",
    "initiating_party",
    "debtor_name",
    "debtor_account",
    "debtor_agent",
    "debtor_address",
    "debtor_identification",
    "ultimate_debtor",
    "creditor_name",
    "creditor_account",
    "creditor_agent",
    "intermediary_agents",
    "creditor_address",
    "creditor_identification",
    "ultimate_creditor",
    "service_level",
    "local_instrument",
    "instruction_priority",
    "category_purpose",
    "purpose_code",
    "charge_bearer",
    "remittance_information",
)

ORDER_TABLE = FieldTable(
    name="order",
    version=1,
    sides=("debtor", "creditor"),
    fields=tuple(
        Field(name=name, side=CREDITOR_SIDE if name in CREDITOR_FIELDS else DEBTOR_SIDE)
        for name in _ORDER_FIELDS
    ),
)


_LENGTHS = {
    "channel": 16,
    "creditor_name": 140,
    "debtor_name": 140,
    "ultimate_debtor": 140,
    "ultimate_creditor": 140,
    "initiating_party": 140,
    "debtor_address": 600,
    "creditor_address": 600,
    "debtor_agent": 35,
    "creditor_agent": 35,
    "intermediary_agents": 107,
    "debtor_identification": 2000,
    "creditor_identification": 2000,
    "message_id": 35,
    "payment_information_id": 35,
    "instruction_id": 35,
    "end_to_end_id": 35,
    "uetr": 36,
    "service_level": 35,
    "local_instrument": 35,
    "instruction_priority": 4,
    "category_purpose": 35,
    "purpose_code": 35,
    "charge_bearer": 4,
    "remittance_information": 4000,
}
_BOUNDS = tuple(_LENGTHS.items())
# Controls, and what cannot be seen or turns the direction of text: two texts must not look alike.
# The joiners U+200C and U+200D stay, because Persian and Indian scripts are not spelled without.
_UNSEEN = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069"
    r"\ufeff\ufffe\uffff\U000e0000-\U000e007f]"
)
_CODES = {
    "charge_bearer": frozenset({"CRED", "DEBT", "SHAR", "SLEV"}),
    "instruction_priority": frozenset({"HIGH", "NORM"}),
}
_AGENT_LENGTH_MAX = 35
_INTERMEDIARIES_MAX = 3


def check_order(order: Order) -> None:
    """Refuse what no bank could carry out, naming the field; `account_of` checks the accounts."""
    if not 0 < order.instructed_amount <= MINOR_UNITS_MAX:
        raise AmountOutOfRange
    exponent(order.currency)
    _check_texts(order)
    for name in ("debtor_identification", "creditor_identification"):
        text = getattr(order, name)
        if text is not None:
            parse_identification(text, field=name)
    _check_routing(order)


def _check_texts(order: Order) -> None:
    for name, length_max in _BOUNDS:
        text = getattr(order, name)
        if text is None:
            continue
        if not 0 < len(text) <= length_max:
            raise TextLength(field=name, length_max=length_max)
        # Most text is plain ASCII, for which this is the faster question.
        if not (text.isascii() and text.isprintable()) and _UNSEEN.search(text):
            raise ControlCharacter(field=name)
    if order.creditor_name.isspace():
        raise TextLength(field="creditor_name", length_max=_LENGTHS["creditor_name"])


def _check_routing(order: Order) -> None:
    """What a rail reads by itself has one form; anything else would fail only once released."""
    for name, known in _CODES.items():
        code = getattr(order, name)
        if code is not None and code not in known:
            raise UnknownCode(field=name, known=", ".join(sorted(known)))
    if order.uetr is not None and not is_uetr(order.uetr):
        raise MalformedUetr(field="uetr")
    for name in ("debtor_agent", "creditor_agent"):
        agent = getattr(order, name)
        if agent is not None:
            parse_agent(agent, field=name)
    if order.intermediary_agents is not None:
        _check_intermediaries(order.intermediary_agents, field="intermediary_agents")


def _check_intermediaries(text: str, *, field: str) -> None:
    agents = text.split("\n")
    if len(agents) > _INTERMEDIARIES_MAX:
        raise TooManyAgents(field=field, count_max=_INTERMEDIARIES_MAX)
    for agent in agents:
        if len(agent) > _AGENT_LENGTH_MAX:
            raise TextLength(field=field, length_max=_AGENT_LENGTH_MAX)
        parse_agent(agent, field=field)


def account_of(reference: str, *, field: str) -> str:
    """The canonical account text, checked as strictly as when it first came from outside.

    No other spelling is taken: the digest commits to the text itself, and it has its bound.
    """
    try:
        match parse_canonical(reference):
            case Iban(text=text):
                return canonical(Iban.parse(text))
            case OtherAccount(identification=identification, scheme=scheme):
                return canonical(OtherAccount.parse(identification, scheme=scheme))
    except Refusal as refusal:
        raise type(refusal)(field=field) from None


def execution_day(order: Order) -> int:
    """The requested execution date as days since 1970-01-01; one spelling alone is taken."""
    text = order.requested_execution_date
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise MalformedDate(field="requested_execution_date") from None
    if day.isoformat() != text:
        raise MalformedDate(field="requested_execution_date")
    return day.toordinal() - _EPOCH


_EPOCH = date(1970, 1, 1).toordinal()


def values_of(order: Order) -> tuple[Value, ...]:
    """The values in the committed order of the field table."""
    values: tuple[Value, ...] = _values(order)
    return values


_values = attrgetter(*_ORDER_FIELDS)


def order_of(values: tuple[Value, ...]) -> Order:
    """The inverse of `values_of`."""
    fields: dict[str, Any] = dict(zip(_ORDER_FIELDS, values, strict=True))
    return Order(**fields)
