"""The policy of the first rules, as a value whose version is the hash of its content."""

from hashlib import sha256
from typing import Annotated, NamedTuple

import msgspec

from countersign.rules.errors import MalformedPolicy

MILLION = 1_000_000
_COUNT_MAX = 63
Count = Annotated[int, msgspec.Meta(ge=1, le=_COUNT_MAX)]
MinorUnits = Annotated[int, msgspec.Meta(ge=1, le=10**15)]
Days = Annotated[int, msgspec.Meta(ge=1, le=3650)]
Currency = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}\Z")]  # `$` would let a line end in.


class Thresholds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Amounts of one currency, in its minor units."""

    amount_hold: MinorUnits
    new_creditor_amount: MinorUnits
    dormant_amount: MinorUnits


# The version of the rules and windows that this gate has. It is part of each policy, so that a
# decision names what decided it, and a replay never meets other rules than were recorded.
RULE_SET = 1


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What holds an order. A currency without thresholds is held whatever the amount."""

    factor: str  # "channel-credential" until orders carry signatures.
    thresholds: dict[Currency, Thresholds]
    orders_per_hour_max: Count
    dormant_days: Days
    near_millionths: Annotated[int, msgspec.Meta(ge=1, le=MILLION)]
    near_count_max: Count
    hold_hours: Annotated[int, msgspec.Meta(ge=1, le=24 * 90)]
    past_days_max: Annotated[int, msgspec.Meta(ge=0, le=36500)]
    rule_set: int


DEFAULT_POLICY = Policy(
    factor="channel-credential",
    thresholds={
        currency: Thresholds(
            amount_hold=units, new_creditor_amount=units // 4, dormant_amount=units // 10
        )
        for currency, units in {
            "CHF": 1_000_000_00,
            "CNY": 5_000_000_00,
            "EUR": 1_000_000_00,
            "GBP": 1_000_000_00,
            "HKD": 8_000_000_00,
            "JPY": 150_000_000,
            "SGD": 1_500_000_00,
            "USD": 1_000_000_00,
        }.items()
    },
    orders_per_hour_max=20,
    dormant_days=180,
    near_millionths=900_000,
    near_count_max=3,
    hold_hours=72,
    past_days_max=10,
    rule_set=RULE_SET,
)


class PolicyRow(NamedTuple):
    number: int
    hash: bytes
    content: bytes


def encode_policy(policy: Policy) -> bytes:
    """The canonical content: JSON with sorted keys and no spaces."""
    return msgspec.json.encode(policy, order="sorted")


def decode_policy(content: bytes) -> Policy:
    """The policy; raises MalformedPolicy with the place of the fault."""
    try:
        policy = msgspec.json.decode(content, type=Policy)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        why, _, place = str(error).partition(" - at ")
        raise MalformedPolicy(field=place.strip("`") or "content", why=why) from None
    if policy.factor != "channel-credential":
        raise MalformedPolicy(field="factor", why="is not a factor that this gate knows")
    if policy.rule_set != RULE_SET:
        raise MalformedPolicy(field="rule_set", why="is not a version that this gate has")
    return policy


def hash_of(content: bytes) -> bytes:
    return sha256(content).digest()
