"""The plain rules. Each takes facts and thresholds and answers whether it fires.

Rules: 1. int and bool only, the same on every machine. 2. A rule looks at one order and what came
before it. 3. Each of these holds; a frozen side, which blocks, is seen by the gate (`gate/checks`).
4. What changes a rule or a window is a new `model.RULE_SET`.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from countersign.rules.model import MILLION, Policy, Thresholds

DAY_MS = 86_400_000


class Facts(Protocol):
    """What the rules read of an order."""

    @property
    def amount(self) -> int: ...
    @property
    def count_1h(self) -> int: ...
    @property
    def near_count_24h(self) -> int: ...
    @property
    def idle_ms(self) -> int: ...
    @property
    def is_new_creditor(self) -> bool: ...


class Rule(NamedTuple):
    code: str
    fires: Callable[[Facts, Thresholds, Policy], bool]


def amount(facts: Facts, thresholds: Thresholds, policy: Policy) -> bool:
    """The amount alone is large enough for a second look."""
    del policy
    return facts.amount >= thresholds.amount_hold


def frequency(facts: Facts, thresholds: Thresholds, policy: Policy) -> bool:
    """More orders within an hour than usual business gives."""
    del thresholds
    return facts.count_1h >= policy.orders_per_hour_max


def new_creditor(facts: Facts, thresholds: Thresholds, policy: Policy) -> bool:
    """A large first payment to an account that this debtor never paid."""
    del policy
    return facts.is_new_creditor and facts.amount >= thresholds.new_creditor_amount


def dormant_debtor(facts: Facts, thresholds: Thresholds, policy: Policy) -> bool:
    """A large order after a long silence."""
    is_dormant = facts.idle_ms >= policy.dormant_days * DAY_MS
    return is_dormant and facts.amount >= thresholds.dormant_amount


def near_threshold(facts: Facts, thresholds: Thresholds, policy: Policy) -> bool:
    """Several orders of a day just below the threshold: one amount cut in pieces."""
    is_one_more = is_near(facts.amount, thresholds, policy)
    return is_one_more and facts.near_count_24h + 1 >= policy.near_count_max


def is_near(units: int, thresholds: Thresholds, policy: Policy) -> bool:
    near = thresholds.amount_hold * policy.near_millionths // MILLION
    return near <= units < thresholds.amount_hold


RULES = (
    Rule("rules.amount", amount),
    Rule("rules.frequency", frequency),
    Rule("rules.new_creditor", new_creditor),
    Rule("rules.dormant_debtor", dormant_debtor),
    Rule("rules.near_threshold", near_threshold),
)
NO_THRESHOLDS = "rules.no_thresholds"
FROZEN_SIDE = "rules.frozen_side"


def findings(facts: Facts, policy: Policy, currency: str) -> list[str]:
    """The codes of the rules that fire; frozen sides are the gate's to see, from its own state."""
    thresholds = policy.thresholds.get(currency)
    if thresholds is None:
        return [NO_THRESHOLDS]
    return [rule.code for rule in RULES if rule.fires(facts, thresholds, policy)]
