"""What the simulated attackers read in a published policy: the constants of its own rules.

Each limit names the comparison of a rule in which it stands, so that a policy that says something
else is read otherwise, and one that says it in other words is noticed.
"""

import re

from countersign.gate.facts import DAY_MS, VOCABULARY
from countersign.kernel.invariant import invariant
from countersign.rules.model import Policy
from countersign.rules.thresholds import Threshold, thresholds_of
from countersign.simulator.attacks.limits import Limits

# By limit: the rule, and its comparison with `?` for what is read.
READ: dict[str, tuple[str, str]] = {
    "new_payee_parts": ("new_creditor", "amount * ? >= large"),
    "first_order_parts": ("first_order_large", "amount * ? >= large"),
    "habit_count": ("unusual_amount", "debtor_count_30d >= ?"),
    "usual_times": ("unusual_amount", "debtor_median_ratio_30d >= ?"),
    "floor_parts": ("unusual_amount", "amount * ? >= large"),
    "quiet_times": ("quiet_debtor", "amount >= ? * COALESCE(debtor_max_30d, 0)"),
    "quiet_parts": ("quiet_debtor", "amount * ? >= large"),
    "seldom": ("hardly_known", "pair_count_30d <= ?"),
    "growth_times": ("hardly_known", "amount >= ? * COALESCE(pair_max_30d, 0)"),
    "pair_times": ("unusual_for_pair", "pair_median_ratio_30d >= ?"),
    "young_count": ("young_pair", "pair_count_7d >= ?"),
    "young_parts": ("young_pair", "(pair_sum_7d + amount) * ? >= large"),
    "young_times": ("young_pair", "pair_sum_7d + amount >= ? * debtor_median_30d"),
    "young_sum_parts": ("young_sum", "(pair_sum_7d + amount) * ? >= large"),
    "young_piece_parts": ("young_sum", "amount * ? >= large"),
    "just_below_percent": ("just_below", "amount * ? >= large * ?"),
    "drained_percent": ("drains_account", "amount * ? >= available * ?"),
    "drained_parts": ("drains_account", "amount * ? >= large"),
    "day_parts": (
        "quick_outflow",
        "(debtor_sum_24h + amount) * ? >= available + debtor_sum_24h",
    ),
    "day_piece_parts": ("quick_outflow", "amount * ? >= large"),
    "fresh_parts": ("fresh_creditors", "(fresh_sum_24h + amount) * ? >= large"),
    "fresh_times": ("fresh_creditors", "fresh_sum_24h + amount >= ? * debtor_median_30d"),
    "fresh_floor_parts": ("fresh_creditors", "amount * ? >= large"),
    "fresh_days": ("fresh_creditors", "pair_age_ms <= ?"),
    "scattered_count": ("scattered", "fresh_creditors_24h >= ?"),
    "scattered_parts": ("scattered", "(fresh_sum_24h + amount) * ? >= large"),
    "scattered_times": ("scattered", "fresh_sum_24h + amount >= ? * debtor_median_30d"),
    "scattered_floor_parts": ("scattered", "amount * ? >= large"),
    "only_new_parts": ("only_new", "(fresh_sum_30d + amount) * ? >= large"),
    "only_new_percent": (
        "only_new",
        "(fresh_sum_30d + amount) * ? >= (debtor_sum_30d + amount) * ?",
    ),
    "only_new_floor_parts": ("only_new", "amount * ? >= large"),
    "frequency_count": ("frequency", "debtor_count_1h >= ?"),
    "creditors_count": ("many_creditors", "debtor_creditors_1h >= ?"),
    "creditors_parts": ("many_creditors", "(debtor_sum_1h + amount) * ? >= large"),
    "repeated_count": ("repeated", "pair_count_1h >= ?"),
    "dormant_days": ("dormant_debtor", "debtor_idle_ms >= ?"),
    "dormant_parts": ("dormant_debtor", "amount * ? >= large"),
    "passing_from_percent": ("pass_through", "(debtor_sum_24h + amount) * ? >= inflow_sum_24h * ?"),
    "passing_to_percent": ("pass_through", "(debtor_sum_24h + amount) * ? <= inflow_sum_24h * ?"),
    "passing_parts": ("pass_through", "amount * ? >= large"),
    "passed_from_percent": ("passed_on", "(debtor_sum_7d + amount) * ? >= inflow_sum_7d * ?"),
    "passed_to_percent": ("passed_on", "(debtor_sum_7d + amount) * ? <= inflow_sum_7d * ?"),
    "passed_parts": ("passed_on", "amount * ? >= large"),
}
_MILLION = 1_000_000


def limits_of(policy: Policy) -> Limits:
    """What attackers know of the rules."""
    found = {(one.rule, one.text): one for one in thresholds_of(policy, VOCABULARY)}
    known = {}
    for limit, (rule, text) in READ.items():
        where = f"rules.{rule}", text
        invariant(where in found, f"rules.{rule} says {text}")
        known[limit] = _value(found[where])
    # Windows are told in names.
    windows = re.findall(r"inflow_sum_(\d+)d", READ["passed_from_percent"][1])
    return Limits(large=policy.amounts["large"], inflow_days=int(windows[0]), **known)


def _value(threshold: Threshold) -> int:
    """Parts, times and counts as they stand; of two a percentage; spans in days."""
    first, *others = threshold.values
    if others:
        return 100 * others[0] // first
    if "_ratio_" in threshold.text:
        return first // _MILLION
    return first // DAY_MS if "_ms " in threshold.text else first
