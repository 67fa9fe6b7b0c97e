"""The plain rules, each right at its boundary, alone and together."""

from dataclasses import dataclass, replace

import msgspec
import pytest

from countersign.rules import policy as rules
from countersign.rules.model import DEFAULT_POLICY, MILLION, RULE_SET, Policy, Thresholds
from countersign.rules.policy import DAY_MS, NO_THRESHOLDS, RULES, findings, is_near

pytestmark = pytest.mark.fast

THRESHOLDS = Thresholds(amount_hold=10_000, new_creditor_amount=2_500, dormant_amount=1_000)
POLICY = Policy(
    factor="channel-credential",
    thresholds={"EUR": THRESHOLDS},
    orders_per_hour_max=20,
    dormant_days=180,
    near_millionths=900_000,
    near_count_max=3,
    hold_hours=72,
    past_days_max=10,
    rule_set=RULE_SET,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An order of a known pair, small and after a short pause: nothing to remark."""

    amount: int = 1
    count_1h: int = 0
    near_count_24h: int = 0
    idle_ms: int = 60_000
    is_new_creditor: bool = False


PLAIN = Seen()


def found(seen: Seen, policy: Policy = POLICY) -> list[str]:
    return findings(seen, policy, "EUR")


def test_a_plain_order_gives_nothing_to_remark() -> None:
    assert found(PLAIN) == []


@pytest.mark.parametrize(("amount", "fires"), [(9_999, False), (10_000, True), (10_001, True)])
def test_amount_counts_from_the_threshold_on(*, amount: int, fires: bool) -> None:
    assert ("rules.amount" in found(replace(PLAIN, amount=amount))) is fires


@pytest.mark.parametrize(("earlier", "fires"), [(0, False), (19, False), (20, True), (64, True)])
def test_frequency_allows_so_many_orders_an_hour_and_not_one_more(
    *, earlier: int, fires: bool
) -> None:
    assert found(replace(PLAIN, count_1h=earlier)) == (["rules.frequency"] if fires else [])


@pytest.mark.parametrize(
    ("amount", "is_new", "fires"),
    [(2_499, True, False), (2_500, True, True), (2_500, False, False), (8_999, True, True)],
)
def test_new_creditor_needs_both_a_new_pair_and_the_amount(
    *, amount: int, is_new: bool, fires: bool
) -> None:
    seen = replace(PLAIN, amount=amount, is_new_creditor=is_new)
    assert found(seen) == (["rules.new_creditor"] if fires else [])


@pytest.mark.parametrize(
    ("amount", "idle_ms", "fires"),
    [
        (1_000, 180 * DAY_MS, True),
        (1_000, 180 * DAY_MS - 1, False),
        (999, 180 * DAY_MS, False),
        (999, 900 * DAY_MS, False),
        (8_999, 900 * DAY_MS, True),
        (8_999, 0, False),
        (8_999, -1, False),  # Who never ordered before is new, not dormant.
    ],
)
def test_dormant_debtor_needs_both_the_silence_and_the_amount(
    *, amount: int, idle_ms: int, fires: bool
) -> None:
    seen = replace(PLAIN, amount=amount, idle_ms=idle_ms)
    assert found(seen) == (["rules.dormant_debtor"] if fires else [])


@pytest.mark.parametrize(
    ("amount", "earlier", "fires"),
    [
        (9_000, 2, True),
        (9_999, 2, True),
        (9_000, 1, False),
        (8_999, 2, False),
        (8_999, 60, False),
    ],
)
def test_near_threshold_counts_this_order_among_the_near_ones(
    *, amount: int, earlier: int, fires: bool
) -> None:
    seen = replace(PLAIN, amount=amount, near_count_24h=earlier)
    assert found(seen) == (["rules.near_threshold"] if fires else [])


def test_near_threshold_is_for_amounts_below_it_only() -> None:
    assert found(replace(PLAIN, amount=10_000, near_count_24h=9)) == ["rules.amount"]


@pytest.mark.parametrize(
    ("units", "is_so"), [(8_999, False), (9_000, True), (9_999, True), (10_000, False)]
)
def test_near_is_a_band_that_ends_below_the_threshold(*, units: int, is_so: bool) -> None:
    assert is_near(units, THRESHOLDS, POLICY) is is_so


def test_the_band_is_cut_down_to_whole_minor_units() -> None:
    odd = msgspec.structs.replace(THRESHOLDS, amount_hold=9_999)
    assert is_near(8_999, odd, POLICY)  # 8,999.1 would leave it out.
    assert not is_near(8_998, odd, POLICY)
    whole = msgspec.structs.replace(POLICY, near_millionths=MILLION)
    assert not any(is_near(units, THRESHOLDS, whole) for units in (9_998, 9_999, 10_000))


def test_a_currency_without_thresholds_is_a_finding_of_its_own() -> None:
    assert findings(PLAIN, POLICY, "USD") == [NO_THRESHOLDS]
    loud = replace(PLAIN, amount=10**15, count_1h=64, is_new_creditor=True)
    assert findings(loud, POLICY, "USD") == [NO_THRESHOLDS]


def test_all_that_fire_are_named_in_the_order_of_the_table() -> None:
    loud = replace(PLAIN, amount=10_000, count_1h=20, idle_ms=180 * DAY_MS, is_new_creditor=True)
    assert found(loud) == [
        "rules.amount",
        "rules.frequency",
        "rules.new_creditor",
        "rules.dormant_debtor",
    ]
    near = replace(loud, amount=9_999, near_count_24h=2)
    assert found(near) == [rule.code for rule in RULES if rule.code != "rules.amount"]


def test_every_rule_stands_in_the_table_under_its_own_name() -> None:
    assert [rule.code for rule in RULES] == [f"rules.{rule.fires.__name__}" for rule in RULES]
    assert rules.FROZEN_SIDE == "rules.frozen_side"
    assert len(RULES) == 5  # The sixth, a frozen side, is the gate's to see.


def test_the_policy_in_the_box_uses_the_same_rules() -> None:
    hold = DEFAULT_POLICY.thresholds["EUR"].amount_hold
    assert found(replace(PLAIN, amount=hold - 1), DEFAULT_POLICY) == []
    assert found(replace(PLAIN, amount=hold), DEFAULT_POLICY) == ["rules.amount"]
