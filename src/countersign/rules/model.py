"""The policy: rules, typologies, numbers; a value whose version is the hash of its content."""

from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Annotated, NamedTuple

import msgspec

from countersign.rules.errors import MalformedPolicy
from countersign.rules.language.tree import Name, Type

MinorUnits = Annotated[int, msgspec.Meta(ge=1, le=10**15)]
# Patterns end with \Z, because `$` would let a line end in.
Currency = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}\Z")]
Word = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,31}\Z")]
RuleCode = Annotated[str, msgspec.Meta(pattern=r"^rules\.[a-z0-9_]{1,40}\Z")]
TypologyCode = Annotated[str, msgspec.Meta(pattern=r"^typologies\.[a-z0-9_]{1,40}\Z")]
# What a person reads: plain text of one line.
Sentence = Annotated[
    str, msgspec.Meta(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f\x7f-\x9f]*\Z")
]
Weight = Annotated[int, msgspec.Meta(ge=0, le=1000)]
Threshold = Annotated[int, msgspec.Meta(ge=1, le=10_000)]
RULES_MAX = 200
TYPOLOGIES_MAX = 50

# The version of the words and windows that this gate has, and of what an expression means. It is
# part of each policy, so that a decision names what decided it, and a replay never meets another.
RULE_SET = 2


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One condition. A blocking rule stops an order by itself; any other counts by its weight."""

    code: RuleCode
    english: Sentence
    chinese: Sentence
    when: Annotated[str, msgspec.Meta(max_length=4000)]
    weight: Weight = 0
    is_blocking: bool = False


class Typology(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A pattern: the score is the sum of the weights of its rules that fired.

    From `alert_threshold` on an alert is raised, from `interdiction_threshold` on the order is
    held; null means never.
    """

    code: TypologyCode
    english: Sentence
    chinese: Sentence
    rules: Annotated[list[RuleCode], msgspec.Meta(min_length=1, max_length=RULES_MAX)]
    alert_threshold: Threshold | None = None
    interdiction_threshold: Threshold | None = None


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What holds, blocks and alerts.

    `amounts` are words that rules may use: minor units by currency, null in any other currency.
    """

    factor: str  # "channel-credential" until orders carry signatures.
    amounts: dict[Word, dict[Currency, MinorUnits]]
    rules: Annotated[list[Rule], msgspec.Meta(max_length=RULES_MAX)]
    typologies: Annotated[list[Typology], msgspec.Meta(max_length=TYPOLOGIES_MAX)]
    hold_hours: Annotated[int, msgspec.Meta(ge=1, le=24 * 90)]
    past_days_max: Annotated[int, msgspec.Meta(ge=0, le=36500)]
    rule_set: int

    def words(self) -> dict[str, Name]:
        """What this policy adds to the vocabulary of its rules."""
        return {word: Name(Type.INT, is_nullable=True) for word in self.amounts}


class PolicyRow(NamedTuple):
    number: int
    hash: bytes
    content: bytes


def encode_policy(policy: Policy) -> bytes:
    """The canonical content: JSON with sorted keys and no spaces."""
    return msgspec.json.encode(policy, order="sorted")


def decode_policy(content: bytes) -> Policy:
    """The policy, its expressions unread; raises MalformedPolicy with the place of the fault."""
    try:
        policy = msgspec.json.decode(content, type=Policy)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        why, _, place = str(error).partition(" - at ")
        raise MalformedPolicy(field=place.strip("`") or "content", why=why) from None
    for field, why in _faults(policy):
        raise MalformedPolicy(field=field, why=why)
    return policy


def hash_of(content: bytes) -> bytes:
    return sha256(content).digest()


def _faults(policy: Policy) -> Iterator[tuple[str, str]]:
    """What the types alone do not say."""
    if policy.factor != "channel-credential":
        yield "factor", "is not a factor that this gate knows"
    if policy.rule_set != RULE_SET:
        yield "rule_set", "is not a version that this gate has"
    yield from _faults_of_rules(policy)


def _faults_of_rules(policy: Policy) -> Iterator[tuple[str, str]]:
    for code in _twice(rule.code for rule in policy.rules):
        yield "rules", f"has {code} twice"
    for code in _twice(typology.code for typology in policy.typologies):
        yield "typologies", f"has {code} twice"
    known = {rule.code for rule in policy.rules}
    for typology in policy.typologies:
        for code in sorted(set(typology.rules) - known):
            yield typology.code, f"weighs {code}, which is no rule"
        for code in _twice(typology.rules):
            yield typology.code, f"weighs {code} twice"
        if typology.alert_threshold is None and typology.interdiction_threshold is None:
            yield typology.code, "has no threshold, so it can do nothing"


def _twice(codes: Iterable[str]) -> list[str]:
    return [code for code, count in Counter(codes).items() if count > 1]
