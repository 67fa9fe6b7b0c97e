"""`/openapi.json` against the code it is made from, and attacks on the API by it."""

import os
from collections.abc import Iterator
from typing import Any

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
from tests.support.api import ALL, Api, an_api

from countersign.entrypoints.api.app import OPERATIONS
from countersign.entrypoints.api.openapi import document
from countersign.entrypoints.api.ordering import PLAIN_FIELDS, BatchedTransfer, NewTransfer
from countersign.entrypoints.api.transfers import TransferDetail
from countersign.flows.tell_transfer import TransferTold
from countersign.transfers.order import _BOUNDS, ORDER_TABLE

EXAMPLES = int(os.environ.get("COUNTERSIGN_TEST_EXAMPLES", "8"))  # Of each operation.
STREAM = "followEvents"  # It does not end.
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


@described.exclude(operation_id=STREAM).parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_nothing_that_is_sent_gets_an_answer_that_is_not_described(
    api: Api, case: "schemathesis.Case[Any]"
) -> None:
    case.call_and_validate(
        base_url=api.url, headers={"authorization": f"Bearer {ALL}"}, checks=CHECKS
    )
