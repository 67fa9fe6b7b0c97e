"""A policy as content: read strictly, written one way, known by its hash."""

from hashlib import sha256
from typing import Any

import msgspec
import pytest

from countersign.rules.default import DEFAULT_POLICY
from countersign.rules.errors import MalformedPolicy
from countersign.rules.model import (
    Policy,
    PolicyRow,
    decode_policy,
    encode_policy,
    hash_of,
)
from countersign.rules.store import policy_columns, read_policies

pytestmark = pytest.mark.fast

RULE: dict[str, Any] = {
    "chinese": "金額過大",
    "code": "rules.amount",
    "english": "Large",
    "is_blocking": False,
    "weight": 100,
    "when": "amount >= large",
}
TYPOLOGY: dict[str, Any] = {
    "alert_threshold": None,
    "chinese": "大額",
    "code": "typologies.large",
    "english": "Large ones",
    "interdiction_threshold": 100,
    "rules": ["rules.amount"],
}
PLAIN: dict[str, Any] = {
    "amounts": {"large": {"EUR": 10_000}},
    "factor": "channel-credential",
    "hold_hours": 72,
    "past_days_max": 10,
    "rule_set": 2,
    "rules": [RULE],
    "typologies": [TYPOLOGY],
}
TEXT = (
    '{"amounts":{"large":{"EUR":10000}},"factor":"channel-credential","hold_hours":72,'
    '"past_days_max":10,"rule_set":2,"rules":[{"chinese":"金額過大","code":"rules.amount",'
    '"english":"Large","is_blocking":false,"weight":100,"when":"amount >= large"}],"typologies":'
    '[{"alert_threshold":null,"chinese":"大額","code":"typologies.large","english":"Large ones",'
    '"interdiction_threshold":100,"rules":["rules.amount"]}]}'
).encode()
BOUNDS = [
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


def test_an_amount_is_one_that_a_transfer_can_have() -> None:
    for good in (1, 10**15):
        decode_policy(content_of(amounts={"large": {"EUR": good}}))
    for bad in (0, -1, 10**15 + 1, "5", 1.5):
        place = refused(content_of(amounts={"large": {"EUR": bad}}))
        assert place == "$.amounts[...][...]"


@pytest.mark.parametrize("code", ["eur", "EURO", "EU", "", "E R", "EUR\n"])
def test_a_currency_is_three_capital_letters(code: str) -> None:
    assert refused(content_of(amounts={"large": {code: 1}})).startswith("key")


@pytest.mark.parametrize("rule_set", [0, 1, 3, -1])
def test_a_policy_for_other_rules_is_refused(rule_set: int) -> None:
    assert refused(content_of(rule_set=rule_set)) == "rule_set"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"rules": [RULE, RULE]}, "rules"),
        ({"typologies": [TYPOLOGY, TYPOLOGY]}, "typologies"),
        ({"rules": []}, "typologies.large"),
        ({"typologies": [TYPOLOGY | {"rules": ["rules.amount"] * 2}]}, "typologies.large"),
        ({"typologies": [TYPOLOGY | {"interdiction_threshold": None}]}, "typologies.large"),
        ({"typologies": [TYPOLOGY | {"rules": []}]}, "$.typologies[0].rules"),
        ({"typologies": [TYPOLOGY | {"alert_threshold": 0}]}, "$.typologies[0].alert_threshold"),
        ({"rules": [RULE | {"code": "amount"}]}, "$.rules[0].code"),
        ({"rules": [RULE | {"weight": -1}]}, "$.rules[0].weight"),
        ({"rules": [RULE | {"english": ""}]}, "$.rules[0].english"),
        ({"rules": [RULE | {"chinese": "two\nlines"}]}, "$.rules[0].chinese"),
        ({"rules": [RULE | {"is_blocking": 1}]}, "$.rules[0].is_blocking"),
        ({"rules": [RULE | {"code": f"rules.r{n}"} for n in range(201)]}, "$.rules"),
    ],
)
def test_rules_and_typologies_fit_together(changed: dict[str, Any], field: str) -> None:
    assert refused(content_of(**changed)) == field


@pytest.mark.parametrize("field", sorted(PLAIN))
def test_every_field_must_be_there(field: str) -> None:
    left = {name: value for name, value in PLAIN.items() if name != field}
    with pytest.raises(MalformedPolicy) as refusal:
        decode_policy(msgspec.json.encode(left))
    assert field in str(refusal.value.details["why"])


def test_no_field_is_there_that_nobody_knows() -> None:
    for content in (
        content_of(block_amount=1),
        content_of(rules=[RULE | {"block_amount": 1}]),
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


def test_rows_survive_their_columns() -> None:
    rows = [PolicyRow(n, hash_of(TEXT + bytes([n])), TEXT + bytes([n])) for n in (1, 2)]
    assert read_policies(policy_columns(rows)) == rows
    assert read_policies([None, None, None]) == []
