"""What attackers are told: all of a policy's constants, read where they stand."""

import msgspec
import pytest

from countersign.entrypoints.simulate.limits import READ, limits_of
from countersign.gate.facts import VOCABULARY
from countersign.kernel.invariant import InvariantBroken
from countersign.rules.default import DEFAULT_POLICY
from countersign.rules.model import Policy
from countersign.rules.thresholds import thresholds_of

pytestmark = pytest.mark.fast

# Constants that are no limit to stay under, with the reason.
NO_LIMIT = {
    ("young_sum", "pair_count_7d >= ?"): "whoever pays somebody again has paid once before",
    ("frequency", "amount * ? >= large"): "nobody comes near the number of orders, small or not",
    ("just_below", "debtor_max_24h * ? >= large * ?"): "the other order of the day, bounded alike",
    ("young_pair", "debtor_count_30d >= ?"): "known as the habit of `unusual_amount`",
    ("quiet_debtor", "debtor_count_30d < ?"): "known as the habit of `unusual_amount`",
    ("hardly_known", "amount * ? >= large"): "counts beside others alone, whose floors are known",
    ("hardly_known", "pair_age_ms <= ?"): "nobody here waits for two months",
    ("unusual_for_pair", "pair_count_30d >= ?"): "known as the seldom of `hardly_known`",
    ("unusual_for_pair", "amount * ? >= large"): "counts beside `unusual_amount` alone",
    ("quick_outflow", "pair_count_30d <= ?"): "known as the seldom of `hardly_known`",
    ("quick_outflow", "amount >= ? * COALESCE(pair_max_30d, 0)"): "known from `hardly_known`",
    ("quick_outflow", "debtor_median_ratio_30d >= ?"): "they stay below it whatever is usual",
    ("fresh_creditors", "debtor_age_ms >= ?"): "a victim is as old as it is",
    ("fresh_creditors", "fresh_count_24h >= ?"): "one before is enough",
    ("scattered", "debtor_age_ms >= ?"): "a victim is as old as it is",
    ("scattered", "pair_age_ms <= ?"): "known from `fresh_creditors`",
    ("only_new", "debtor_age_ms >= ?"): "a victim is as old as it is",
    ("only_new", "pair_age_ms <= ?"): "known from `fresh_creditors`",
    ("only_new", "fresh_max_30d * ? < large"): "what is so large is looked at for that",
    ("collecting_creditor", "creditor_debtors_24h >= ?"): "each attack has accounts of its own",
    ("repeated", "amount * ? >= large"): "no amount is repeated, small or not",
}  # fmt: skip


def changed(rule: str, old: str, new: str) -> Policy:
    """The first policy with one rule in other words."""
    rules = [
        msgspec.structs.replace(one, when=one.when.replace(old, new))
        if one.code == f"rules.{rule}"
        else one
        for one in DEFAULT_POLICY.rules
    ]
    assert rules != DEFAULT_POLICY.rules
    return msgspec.structs.replace(DEFAULT_POLICY, rules=rules)


def test_each_constant_of_the_first_policy_is_known_to_attackers_or_no_limit() -> None:
    stands = {
        (one.rule.removeprefix("rules."), one.text)
        for one in thresholds_of(DEFAULT_POLICY, VOCABULARY)
    }
    assert set(READ.values()) | set(NO_LIMIT) == stands
    assert not set(READ.values()) & set(NO_LIMIT)


def test_each_limit_is_one_that_attackers_have() -> None:
    fields = set(limits_of(DEFAULT_POLICY)._fields)
    assert fields == set(READ) | {"large", "inflow_days"}


def test_limits_are_read_in_the_policy_that_is_published() -> None:
    assert limits_of(changed("frequency", ">= 20", ">= 7")).frequency_count == 7
    assert limits_of(changed("dormant_debtor", "15552000000", "86400000")).dormant_days == 1
    halved = changed("just_below", "* 9", "* 5")
    assert limits_of(halved).just_below_percent == 50
    assert limits_of(changed("unusual_amount", "10000000", "4000000")).usual_times == 4


def test_a_rule_in_other_words_is_noticed() -> None:
    other = changed("frequency", "debtor_count_1h >= 20", "debtor_count_24h >= 20")
    with pytest.raises(InvariantBroken):
        limits_of(other)
