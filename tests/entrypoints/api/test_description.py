"""`/openapi.json` against the code it is made from, and attacks on the API by it."""

import os
import threading
from collections.abc import Callable, Iterator
from http import HTTPStatus
from itertools import cycle
from typing import Any, NamedTuple

import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    missing_required_header,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from tests.support.api import ALL, Api, account, an_api, an_order, key
from tests.support.pain001 import Block, Message, Payment

from countersign.access.model import Permission
from countersign.entrypoints.api.app import OPERATIONS
from countersign.entrypoints.api.desk import Operation
from countersign.entrypoints.api.openapi import document
from countersign.entrypoints.api.ordering import PLAIN_FIELDS, BatchedTransfer, NewTransfer
from countersign.entrypoints.api.transfers import TransferDetail
from countersign.flows.tell_transfer import TransferTold
from countersign.transfers.order import _BOUNDS, ORDER_TABLE

EXAMPLES = int(os.environ.get("COUNTERSIGN_TEST_EXAMPLES", "8"))  # Of each operation.
STREAM = "followEvents"  # It does not end.
UNANSWERED = {STREAM: "it does not end; tests/entrypoints/api/test_reading.py reads it"}
FEW = {Permission.HEALTH_READ}
FOR_ALL = {"readCredential", "readCheckpoint"}
IBAN = "GB29NWBK60161331926819"
HELD, RELEASED = 12, 4
PAUSES = 400
DESCRIPTION = document(OPERATIONS, version="0")
described = schemathesis.openapi.from_dict(DESCRIPTION)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    missing_required_header,
    unsupported_method,
]


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
def few(api: Api) -> str:
    token = "token of a credential that may do little"
    api.credential(token, *FEW)
    return token


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    with an_api() as running:
        yield running


def test_every_operation_is_described_once() -> None:
    names = [operation.name for operation in OPERATIONS]
    assert len(names) == len(set(names))
    described_names = [
        one["operationId"] for path in DESCRIPTION["paths"].values() for one in path.values()
    ]
    assert sorted(described_names) == sorted(names)


def test_a_transfer_is_told_whole_beside_its_story() -> None:
    told = set(TransferTold.__struct_fields__) - {"events"}
    assert set(TransferDetail.__struct_fields__) == told


def test_an_order_has_the_fields_of_its_digest_within_the_same_bounds() -> None:
    """Else a field would be taken that no digest commits to, or refused without need."""
    committed = {field.name for field in ORDER_TABLE.fields} - {"channel", "credential"}
    assert set(NewTransfer.__struct_fields__) == committed
    assert set(BatchedTransfer.__struct_fields__) == committed | {"idempotency_key"}
    properties = DESCRIPTION["components"]["schemas"]["NewTransfer"]["properties"]
    for name, length_max in _BOUNDS:
        if name in PLAIN_FIELDS:
            options = properties[name].get("anyOf", [properties[name]])
            assert next(one["maxLength"] for one in options if "maxLength" in one) == length_max


def test_the_description_is_what_is_served(api: Api) -> None:
    with api.client(None) as nobody:
        served = msgspec.json.decode(nobody.get("/openapi.json").content)
    assert served["paths"] == msgspec.json.decode(msgspec.json.encode(DESCRIPTION["paths"]))


class Prepared(NamedTuple):
    """What an instance has, so that each operation can be asked for something that is there."""

    held: Iterator[int]  # Transfers, each for one decision.
    released: Iterator[int]
    alerts: Iterator[int]  # Open ones.
    account: int
    party: str
    iban: str  # Of an account here.
    frozen: str


@pytest.fixture(scope="module")
def prepared(api: Api) -> Prepared:
    with api.client() as client:
        client.post("/v1/accounts", json={"account": IBAN, "currency": "EUR", "holder": "Planted"})
        money = {"account": IBAN, "amount": "9.00", "currency": "EUR", "reason": "cash"}
        client.post("/v1/accounts/fund", json=money)
        client.post("/v1/freezes", json={"account": "NEW:frozen", "reason": "police"})
        orders = [
            an_order(
                instructed_amount="2000000.00" if n < HELD else "1.00",
                idempotency_key=f"prepared {n}",
                debtor_account=account(n % 5),
            )
            for n in range(HELD + RELEASED)
        ]
        answer = client.post("/v1/transfers/batch", json={"transfers": orders}).json()
        numbers = [one["transfer"]["transfer"] for one in answer["results"]]
        held, released = numbers[:HELD], numbers[HELD:]
        alerts = [one["number"] for one in client.get("/v1/alerts").json()["alerts"]]
        listed = client.get("/v1/accounts").json()["accounts"][-1]
        published = threading.Event()
        for _ in range(PAUSES):
            if client.get(f"/v1/transfers/{held[-1]}/proof").is_success:
                break
            published.wait(0.05)
    return Prepared(
        cycle(held),
        cycle(released),
        cycle(alerts),
        listed["number"],
        listed["party"],
        IBAN,
        "NEW:frozen",
    )


def a_file() -> bytes:
    block = Block(
        payments=(Payment(amount="1.00"),),
        debtor_account_xml=f"<Id><IBAN>{IBAN}</IBAN></Id>",
        execution_date=an_order()["requested_execution_date"],
    )
    return Message(blocks=(block,), message_id="described").bytes()


# By operation: what is asked of what is there, with the number in the path; else the path alone.
# An order that is held is its own hold.
ASKED: dict[str, Callable[[Prepared, int], dict[str, Any]]] = {
    "orderTransfer": lambda _, __: {"body": an_order(), "headers": key("described")},
    "orderTransfers": lambda _, __: {
        "body": {"transfers": [an_order(idempotency_key="described in a batch")]}
    },
    "releaseTransfer": lambda _, number: {"body": {"hold": number, "reason": "asked"}},
    "rejectTransfer": lambda _, __: {"body": {"reason": "asked", "reason_code": "FRAD"}},
    "cancelTransfer": lambda _, __: {"body": {"reason": "asked"}},
    "holdTransfer": lambda _, __: {"body": {"reason": "asked", "hours": 2}},
    "takeFile": lambda _, __: {"body": a_file(), "media_type": "application/xml"},
    "openAccount": lambda _, __: {
        "body": {"account": "NEW:described", "currency": "EUR", "holder": "Planted"}
    },
    "fundAccount": lambda has, _: {
        "body": {"account": has.iban, "amount": "1.00", "currency": "EUR", "reason": "cash"}
    },
    "freezeAccount": lambda _, __: {"body": {"account": "NEW:to freeze", "reason": "police"}},
    "liftFreeze": lambda has, _: {"body": {"account": has.frozen, "reason": "police"}},
    "closeAlert": lambda _, __: {"body": {"disposition": "inconclusive", "reason": "asked"}},
}


def a_case(operation: Operation, has: Prepared) -> "schemathesis.Case[Any]":
    """A request that fits what is there, of the operation as it is described."""
    path: dict[str, Any] = {}
    number = 0
    if "{number}" in operation.path:
        number = next(id_of(operation, has))
        path["number"] = number
    if "{party}" in operation.path:
        path["party"] = has.party
    asked = ASKED[operation.name](has, number) if operation.name in ASKED else {}
    if "body" in asked:
        asked.setdefault("media_type", "application/json")
    return described[operation.path][operation.method].Case(path_parameters=path, **asked)


def id_of(operation: Operation, has: Prepared) -> Iterator[int]:
    if operation.name == "holdTransfer":
        return has.released
    if operation.path.startswith("/v1/transfers/"):
        return has.held
    if operation.path.startswith("/v1/alerts/"):
        return has.alerts
    return iter([has.account])


ANSWERED = [one for one in OPERATIONS if one.name not in UNANSWERED]


@pytest.mark.parametrize("operation", ANSWERED, ids=lambda one: one.name)
def test_every_operation_succeeds_as_described_on_what_is_there(
    api: Api, prepared: Prepared, operation: Operation
) -> None:
    case = a_case(operation, prepared)
    answer = case.call(base_url=api.url, headers=bearer(ALL))
    assert answer.status_code == operation.status, answer.text
    case.validate_response(answer, checks=CHECKS, headers=bearer(ALL))


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_who_may_do_little_is_refused_as_described_whatever_is_there(
    api: Api, prepared: Prepared, few: str, operation: Operation
) -> None:
    """Nothing of what is there shows in a refusal: it comes before anybody looks."""
    case = a_case(operation, prepared)
    answer = case.call(base_url=api.url, headers=bearer(few))
    if operation.is_open or operation.name in FOR_ALL or operation.permission in FEW:
        assert answer.status_code == operation.status, answer.text
    else:
        assert answer.status_code == HTTPStatus.FORBIDDEN, answer.text
        assert answer.json()["code"] == "access.not_permitted"
    case.validate_response(answer, checks=CHECKS, headers=bearer(few))


@described.exclude(operation_id=STREAM).parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_nothing_that_is_sent_gets_an_answer_that_is_not_described(
    api: Api, prepared: Prepared, case: "schemathesis.Case[Any]"
) -> None:
    operation = next(
        one for one in OPERATIONS if one.name == case.operation.definition.raw["operationId"]
    )
    number = case.path_parameters.get("number")
    if isinstance(number, int) and number % 2:
        # Half of the ids are of something that is there.
        case.path_parameters["number"] = next(id_of(operation, prepared), 1)
    case.call_and_validate(base_url=api.url, headers=bearer(ALL), checks=CHECKS)
