"""POST /v1/transfers and /v1/transfers/batch: one order or many, each decided by itself."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, NamedTuple

import msgspec

from countersign.access.model import Permission
from countersign.entrypoints.api.desk import Call, Desk, Operation, key_of
from countersign.entrypoints.api.errors import KeyTwice
from countersign.entrypoints.api.naming import naming
from countersign.entrypoints.api.problems import Problem, problem_of
from countersign.entrypoints.web.reading import Connection
from countersign.flows.tell_reasons import Explainer, PolicyTold, ReasonTold, recorded_of
from countersign.flows.tell_transfer import codes_in
from countersign.gate.commands import Answer, Kind
from countersign.gate.requests import Item, encode_body
from countersign.gate.sentences import refusal_of
from countersign.kernel.account import canonical, written_reference
from countersign.kernel.money import Money, exponent
from countersign.kernel.refusal import Refusal
from countersign.transfers.order import Order, check_order, execution_day

BATCH_MAX = 1_000
CHANNEL = "api"
Text4 = Annotated[str, msgspec.Meta(min_length=1, max_length=4)]
Text35 = Annotated[str, msgspec.Meta(min_length=1, max_length=35)]
Text36 = Annotated[str, msgspec.Meta(min_length=1, max_length=36)]
Text107 = Annotated[str, msgspec.Meta(min_length=1, max_length=107)]
Text140 = Annotated[str, msgspec.Meta(min_length=1, max_length=140)]
Text600 = Annotated[str, msgspec.Meta(min_length=1, max_length=600)]
Text2000 = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
Text4000 = Annotated[str, msgspec.Meta(min_length=1, max_length=4000)]
AccountText = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=64,
        description="An IBAN, or SCHEME:NUMBER, or :NUMBER.",
    ),
]
AmountText = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[0-9]{1,18}(\.[0-9]{1,4})?$",
        max_length=24,
        description="A decimal in the currency, such as 1250000.00.",
    ),
]
CurrencyText = Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$", max_length=3)]
DateText = Annotated[
    str,
    msgspec.Meta(
        pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
        max_length=10,
        description="The day on which it is to be carried out, ISO 8601.",
    ),
]


class NewTransfer(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """An order. The fields are those that its digest commits to (docs/digest.md)."""

    instructed_amount: AmountText
    currency: CurrencyText
    requested_execution_date: DateText
    debtor_account: AccountText
    creditor_account: AccountText
    creditor_name: Text140
    debtor_name: Text140 | None = None
    debtor_agent: Text35 | None = None
    debtor_address: Text600 | None = None
    debtor_identification: Text2000 | None = None
    ultimate_debtor: Text140 | None = None
    initiating_party: Text140 | None = None
    creditor_agent: Text35 | None = None
    intermediary_agents: Text107 | None = None
    creditor_address: Text600 | None = None
    creditor_identification: Text2000 | None = None
    ultimate_creditor: Text140 | None = None
    message_id: Text35 | None = None
    payment_information_id: Text35 | None = None
    instruction_id: Text35 | None = None
    end_to_end_id: Text35 | None = None
    uetr: Text36 | None = None
    service_level: Text35 | None = None
    local_instrument: Text35 | None = None
    instruction_priority: Text4 | None = None
    category_purpose: Text35 | None = None
    purpose_code: Text35 | None = None
    charge_bearer: Text4 | None = None
    remittance_information: Text4000 | None = None


class BatchedTransfer(NewTransfer, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An order in a batch, with the key that would stand in the header."""

    idempotency_key: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]


class TransferBatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    transfers: Annotated[list[BatchedTransfer], msgspec.Meta(min_length=1, max_length=BATCH_MAX)]


class TransferAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided, durably."""

    transfer: int
    status: str  # released, held, settled or rejected.
    reasons: list[ReasonTold]
    policy: PolicyTold | None  # That found the reasons; null where there are none.
    digest: str


class BatchResult(msgspec.Struct, frozen=True, kw_only=True):
    """Of one order: the decision, or why there is none."""

    idempotency_key: str
    transfer: TransferAnswer | None = None
    problem: Problem | None = None


class BatchAnswer(msgspec.Struct, frozen=True, kw_only=True):
    results: list[BatchResult]  # In the order of the batch.


async def order(desk: Desk, call: Call) -> TransferAnswer:
    item = _item(call.body, call.required_key())
    answers = await desk.submit(call.visitor, [item])
    told = await _told(desk, call, answers)
    return _decided(answers[0], told)


async def order_batch(desk: Desk, call: Call) -> BatchAnswer:
    batch: list[BatchedTransfer] = call.body.transfers
    if len({one.idempotency_key for one in batch}) != len(batch):
        raise KeyTwice
    items: list[Item] = []
    refused: dict[int, Refusal] = {}
    for place, one in enumerate(batch):
        try:
            items.append(_item(one, key_of(one.idempotency_key)))
        except Refusal as refusal:
            refused[place] = refusal.unraised()
    decided = await desk.submit(call.visitor, items) if items else []
    told = await _told(desk, call, decided)
    answers = iter(decided)
    results = []
    for place, one in enumerate(batch):
        answer, problem = None, refused.get(place)
        if problem is None:
            try:
                answer = _decided(next(answers), told)
            except Refusal as refusal:
                problem = refusal
        results.append(
            BatchResult(
                idempotency_key=one.idempotency_key,
                transfer=answer,
                problem=problem_of(problem, call.language) if problem else None,
            )
        )
    return BatchAnswer(results=results)


def _item(new: NewTransfer, key: bytes) -> Item:
    return Item(Kind.ORDER, key, encode_body(order_of(new)))


def order_in(body: Mapping[str, str]) -> Order:
    """The order that a body of this API asks for, for whoever makes bodies without HTTP."""
    return order_of(msgspec.convert(body, NewTransfer))


def order_of(new: NewTransfer) -> Order:
    """The order that was asked for, checked as far as it can be here, where its fields have names.

    The gate checks it again, and puts the credential in.
    """
    with naming("currency"):
        exponent(new.currency)
    with naming("instructed_amount"):
        amount = Money.parse(new.instructed_amount, currency=new.currency)
    accounts = {}
    for name in ("debtor_account", "creditor_account"):
        with naming(name):
            accounts[name] = canonical(written_reference(getattr(new, name)))
    made = Order(
        channel=CHANNEL,
        credential=0,
        instructed_amount=amount.minor_units,
        currency=new.currency,
        requested_execution_date=new.requested_execution_date,
        debtor_account=accounts["debtor_account"],
        creditor_account=accounts["creditor_account"],
        **{name: getattr(new, name) for name in PLAIN_FIELDS},
    )
    check_order(made)
    execution_day(made)  # Refuses what is no date.
    return made


async def _told(desk: Desk, call: Call, answers: Sequence[Answer]) -> "dict[int, _Told]":
    """The reasons of those orders that have some, by number; most have none, and cost nothing."""
    codes = {
        answer.number: codes_in(answer.reasons)
        for answer in answers
        if answer.reasons and "." not in answer.outcome
    }
    if not codes:
        return {}

    def read(connection: Connection) -> dict[int, _Told]:
        explainer = Explainer(connection, call.language)
        policies = {
            number: recorded.policy
            for number, recorded in recorded_of(connection, list(codes)).items()
        }
        return {
            number: _Told(
                explainer.reasons(of, policy=policies.get(number)),
                explainer.policy(policies.get(number)),
            )
            for number, of in codes.items()
        }

    return await desk.read(read)


def _decided(answer: Answer, told: "Mapping[int, _Told]") -> TransferAnswer:
    if "." in answer.outcome:
        raise refusal_of(answer)
    reasons, policy = told.get(answer.number, _NOTHING)
    return TransferAnswer(
        transfer=answer.number,
        status=answer.outcome,
        reasons=reasons,
        policy=policy,
        digest=answer.detail.hex(),
    )


class _Told(NamedTuple):
    reasons: list[ReasonTold]
    policy: PolicyTold | None


_NOTHING = _Told([], None)
PLAIN_FIELDS = tuple(
    name
    for name in NewTransfer.__struct_fields__
    if name
    not in {
        "instructed_amount",
        "currency",
        "requested_execution_date",
        "debtor_account",
        "creditor_account",
    }
)

OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/transfers",
        name="orderTransfer",
        summary="Order one transfer; the answer is its decision, and durable.",
        handler=order,
        takes=NewTransfer,
        answers=TransferAnswer,
        status=HTTPStatus.CREATED,
        permission=Permission.TRANSFERS_ORDER,
        needs_key=True,
    ),
    Operation(
        method="POST",
        path="/v1/transfers/batch",
        name="orderTransfers",
        summary="Order up to 1,000 transfers; each is decided by itself and answered in its place.",
        handler=order_batch,
        takes=TransferBatch,
        answers=BatchAnswer,
        permission=Permission.TRANSFERS_ORDER,
    ),
)
