"""A small policy for tests: a few plain rules, each holding by itself, with numbers to choose."""

from collections.abc import Mapping

import msgspec

from countersign.rules.default import DEFAULT_POLICY
from countersign.rules.model import RULE_SET, Policy, Rule, Typology

EUR_10_000 = {"EUR": 10_000}


def a_policy(
    *,
    large: Mapping[str, int] | None = None,
    new_creditor: Mapping[str, int] | None = None,
    dormant: Mapping[str, int] | None = None,
    orders_per_hour_max: int = 20,
    dormant_days: int = 180,
    hold_hours: int = 72,
    past_days_max: int = 10,
) -> Policy:
    """Amounts by currency; what is not given is a part of `large`."""
    amounts = dict(EUR_10_000 if large is None else large)
    rules = [
        a_rule("amount", "amount >= large"),
        a_rule("no_threshold", "large IS NULL"),
        a_rule("new_creditor", "pair_idle_ms IS NULL AND amount >= new_creditor"),
        a_rule("frequency", f"debtor_count_1h >= {orders_per_hour_max}"),
        a_rule(
            "dormant_debtor",
            f"debtor_idle_ms >= {dormant_days * 86_400_000} AND amount >= dormant",
        ),
    ]
    return Policy(
        factor="channel-credential",
        amounts={
            "large": amounts,
            "new_creditor": dict(new_creditor or {c: units // 4 for c, units in amounts.items()}),
            "dormant": dict(dormant or {c: units // 10 for c, units in amounts.items()}),
        },
        rules=rules,
        typologies=[a_typology("plain", [rule.code for rule in rules])],
        hold_hours=hold_hours,
        past_days_max=past_days_max,
        rule_set=RULE_SET,
    )


def house_policy() -> Policy:
    """The plain rules with the amounts that an instance begins with; large ones alert as well."""
    policy = a_policy(large=DEFAULT_POLICY.amounts["large"])
    watch = a_typology("watch", ["rules.amount"], alert=100, interdiction=None)
    watched: Policy = msgspec.structs.replace(policy, typologies=[*policy.typologies, watch])
    return watched


def a_rule(name: str, when: str, *, weight: int = 100, is_blocking: bool = False) -> Rule:
    return Rule(
        code=f"rules.{name}",
        english=f"The rule {name}",
        chinese=f"規則 {name}",
        when=when,
        weight=weight,
        is_blocking=is_blocking,
    )


def a_typology(
    name: str, rules: list[str], *, alert: int | None = None, interdiction: int | None = 100
) -> Typology:
    return Typology(
        code=f"typologies.{name}",
        english=f"The typology {name}",
        chinese=f"類型 {name}",
        rules=rules,
        alert_threshold=alert,
        interdiction_threshold=interdiction,
    )
