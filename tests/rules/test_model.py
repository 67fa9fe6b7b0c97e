"""A policy as content: read strictly, written one way, known by its hash."""

from hashlib import sha256
from typing import Any

import msgspec
import pytest

from countersign.features.model import EVENTS_MAX
from countersign.rules.errors import MalformedPolicy
from countersign.rules.model import (
    DEFAULT_POLICY,
    Policy,
    PolicyRow,
    decode_policy,
    encode_policy,
    hash_of,
)
from countersign.rules.store import policy_columns, read_policies

pytestmark = pytest.mark.fast

EUR = {"amount_hold": 10_000, "dormant_amount": 1_000, "new_creditor_amount": 2_500}
PLAIN: dict[str, Any] = {
    "dormant_days": 180,
    "factor": "channel-credential",
    "hold_hours": 72,
    "near_count_max": 3,
    "near_millionths": 900_000,
    "orders_per_hour_max": 20,
    "past_days_max": 10,
    "rule_set": 1,
    "thresholds": {"EUR": EUR},
}
TEXT = (
    b'{"dormant_days":180,"factor":"channel-credential","hold_hours":72,"near_count_max":3,'
    b'"near_millionths":900000,"orders_per_hour_max":20,"past_days_max":10,"rule_set":1,"thresholds":'
    b'{"EUR":{"amount_hold":10000,"dormant_amount":1000,"new_creditor_amount":2500}}}'
)
BOUNDS = [
    ("orders_per_hour_max", 1, 63),
    ("near_count_max", 1, 63),
    ("dormant_days", 1, 3650),
    ("near_millionths", 1, 1_000_000),
    ("hold_hours", 1, 24 * 90),
    ("past_days_max", 0, 36500),
]


def content_of(**changed: object) -> bytes:
    return msgspec.json.encode(PLAIN | changed)


def refused(content: bytes) -> str:
    with pytest.raises(MalformedPolicy) as refusal:
        decode_policy(content)
    return str(refusal.value.details["field"])


def test_the_content_is_json_with_sorted_keys_and_no_spaces() -> None:
    assert encode_policy(decode_policy(content_of())) == TEXT


def test_what_is_written_is_read_back_the_same() -> None:
    assert decode_policy(encode_policy(DEFAULT_POLICY)) == DEFAULT_POLICY


def test_a_version_is_the_hash_of_the_content_as_it_stands() -> None:
    assert hash_of(TEXT) == sha256(TEXT).digest()
    assert hash_of(TEXT) != hash_of(TEXT + b" ")


def test_equal_policies_have_one_hash_however_they_were_made() -> None:
    turned = dict(reversed(PLAIN.items()))
    again = msgspec.convert(turned, Policy)
    assert hash_of(encode_policy(again)) == hash_of(TEXT)


@pytest.mark.parametrize(("field", "least", "most"), BOUNDS)
def test_a_number_is_taken_within_its_bounds_only(field: str, least: int, most: int) -> None:
    for good in (least, most):
        assert getattr(decode_policy(content_of(**{field: good})), field) == good
    for bad in (least - 1, most + 1, str(least), 1.5, None, True):
        assert refused(content_of(**{field: bad})) == f"$.{field}"


@pytest.mark.parametrize("field", sorted(EUR))
def test_a_threshold_is_an_amount_that_a_transfer_can_have(field: str) -> None:
    for good in (1, 10**15):
        decode_policy(content_of(thresholds={"EUR": EUR | {field: good}}))
    for bad in (0, -1, 10**15 + 1, "5", 1.5):
        place = refused(content_of(thresholds={"EUR": EUR | {field: bad}}))
        assert place == f"$.thresholds[...].{field}"


@pytest.mark.parametrize("code", ["eur", "EURO", "EU", "", "E R", "EUR\n"])
def test_a_currency_is_three_capital_letters(code: str) -> None:
    assert refused(content_of(thresholds={code: EUR})).startswith("key")


@pytest.mark.parametrize("rule_set", [0, 2, -1])
def test_a_policy_for_other_rules_is_refused(rule_set: int) -> None:
    assert refused(content_of(rule_set=rule_set)) == "rule_set"


def test_no_thresholds_at_all_are_a_policy_that_holds_everything() -> None:
    assert decode_policy(content_of(thresholds={})).thresholds == {}


@pytest.mark.parametrize("field", sorted(PLAIN))
def test_every_field_must_be_there(field: str) -> None:
    left = {name: value for name, value in PLAIN.items() if name != field}
    with pytest.raises(MalformedPolicy) as refusal:
        decode_policy(msgspec.json.encode(left))
    assert field in str(refusal.value.details["why"])


def test_no_field_is_there_that_nobody_knows() -> None:
    for content in (
        content_of(block_amount=1),
        content_of(thresholds={"EUR": EUR | {"block_amount": 1}}),
    ):
        with pytest.raises(MalformedPolicy) as refusal:
            decode_policy(content)
        assert "block_amount" in str(refusal.value.details["why"])


@pytest.mark.parametrize("factor", ["", "none", "Channel-Credential", "channel-credential "])
def test_a_factor_that_this_gate_does_not_know_is_refused(factor: str) -> None:
    assert refused(content_of(factor=factor)) == "factor"


@pytest.mark.parametrize(
    "content", [b"", b"{", b"null", b"[]", b'"x"', b"\xff", b'{"factor":"\xff"}', TEXT + b"x"]
)
def test_what_is_no_policy_at_all_is_refused_as_such(content: bytes) -> None:
    assert refused(content)


def test_a_count_never_asks_for_more_than_a_window_keeps() -> None:
    """An order beyond the count must still be seen when the window is full."""
    assert max(most for field, _, most in BOUNDS if field.endswith("_max") and most < 100) == 63
    assert EVENTS_MAX > 63


def test_rows_survive_their_columns() -> None:
    rows = [PolicyRow(n, hash_of(TEXT + bytes([n])), TEXT + bytes([n])) for n in (1, 2)]
    assert read_policies(policy_columns(rows)) == rows
    assert read_policies([None, None, None]) == []
