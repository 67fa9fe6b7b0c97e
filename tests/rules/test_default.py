"""Each rule of the first policy, in a case in which it fires and in one right beside it."""

from typing import Any

import msgspec
import pytest

from countersign.gate.facts import FACTS, VOCABULARY
from countersign.rules.default import DEFAULT_POLICY
from countersign.rules.judge import Facts, Judge, Judgement, Raised
from countersign.rules.model import Typology, decode_policy, encode_policy

pytestmark = pytest.mark.fast

LARGE = 1_000_000_00
HALF_A_YEAR_MS = 180 * 86_400_000
TWO_MONTHS_MS = 60 * 86_400_000
JUDGE = Judge(DEFAULT_POLICY, VOCABULARY)
# A known debtor pays a known creditor what they usually pay: nothing fires.
USUAL: dict[str, int | None] = {
    name: None if FACTS[name].name.is_nullable else 0 for name in JUDGE.names
} | {
    "amount": 40_000_00,
    "available": 10 * LARGE,
    "debtor_idle_ms": 86_400_000,
    "pair_idle_ms": 7 * 86_400_000,
    "creditor_idle_ms": 86_400_000,
    "debtor_sum_1h": 0,
    "debtor_sum_24h": 0,
    "pair_sum_24h": 0,
    "inflow_sum_24h": 0,
    "pair_sum_7d": 0,
    "debtor_sum_7d": 0,
    "inflow_sum_7d": 0,
    "debtor_count_30d": 20,
    "debtor_max_30d": 60_000_00,
    "debtor_median_30d": 30_000_00,
    "pair_count_30d": 4,
    "pair_max_30d": 40_000_00,
    "debtor_age_ms": 90 * 86_400_000,
    "pair_age_ms": 90 * 86_400_000,
    "fresh_sum_24h": 0,
    "fresh_sum_30d": 0,
    "debtor_sum_30d": 600_000_00,
}  # fmt: skip


def _judged(judge: Judge, changed: dict[str, Any]) -> Judgement:
    facts = USUAL | changed
    return judge.judge(Facts(judge.names, tuple(facts[name] for name in judge.names)), "EUR")


def fired(currency: str = "EUR", **changed: int | None) -> set[str]:
    """The codes of all rules that fire, whatever they weigh."""
    facts = {name: value for name, value in (USUAL | changed).items() if name in JUDGE.names}
    values = tuple(facts[name] for name in JUDGE.names)
    amounts = JUDGE._amounts_in(currency)
    return {DEFAULT_POLICY.rules[place].code for place in JUDGE._holding(values + amounts)}


FRESH = {
    "pair_age_ms": 3 * 86_400_000,
    "fresh_sum_24h": LARGE // 5,
    "amount": LARGE // 20,
    "debtor_median_30d": LARGE // 40,
}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "rules.amount": ({"amount": LARGE}, {"amount": LARGE - 1}),
    "rules.no_threshold": ({"currency": "SEK"}, {"currency": "USD"}),
    "rules.new_creditor": (
        {"pair_idle_ms": None, "amount": LARGE // 6 + 1},
        {"pair_idle_ms": None, "amount": LARGE // 6},
    ),
    "rules.young_sum": (
        {"pair_count_7d": 4, "pair_sum_7d": LARGE // 4, "amount": LARGE // 4},
        {"pair_count_7d": 3, "pair_sum_7d": LARGE // 4, "amount": LARGE // 4},
    ),
    "rules.frequency": ({"debtor_count_1h": 20}, {"debtor_count_1h": 19}),
    "rules.dormant_debtor": (
        {"debtor_idle_ms": HALF_A_YEAR_MS, "amount": LARGE // 10},
        {"debtor_idle_ms": HALF_A_YEAR_MS - 1, "amount": LARGE // 10},
    ),
    "rules.structuring": (
        {"pair_max_24h": LARGE - 1, "pair_sum_24h": LARGE - 40_000_00},
        {"pair_max_24h": LARGE - 1, "pair_sum_24h": LARGE - 40_000_01},
    ),
    "rules.just_below": (
        {"amount": LARGE * 9 // 10, "debtor_max_24h": LARGE * 9 // 10},
        {"amount": LARGE * 9 // 10, "debtor_max_24h": LARGE * 9 // 10 - 1},
    ),
    "rules.unusual_amount": (
        {"amount": LARGE // 40, "debtor_count_30d": 5, "debtor_median_ratio_30d": 10_000_000},
        {"amount": LARGE // 40, "debtor_count_30d": 4, "debtor_median_ratio_30d": 10_000_000},
    ),
    "rules.quiet_debtor": (
        {"amount": LARGE // 100, "debtor_count_30d": 4, "debtor_max_30d": LARGE // 300}
        | {"debtor_idle_ms": 1},
        {"amount": LARGE // 100, "debtor_count_30d": 0, "debtor_max_30d": None}
        | {"debtor_idle_ms": None},
    ),
    "rules.hardly_known": (
        {"amount": LARGE // 100, "pair_count_30d": 3, "pair_max_30d": LARGE // 300}
        | {"pair_age_ms": TWO_MONTHS_MS},
        {"amount": LARGE // 100, "pair_count_30d": 3, "pair_max_30d": LARGE // 300 + 1}
        | {"pair_age_ms": TWO_MONTHS_MS},
    ),
    "rules.young_pair": (
        {"pair_count_7d": 4, "pair_sum_7d": 260_000_00, "pair_max_7d": LARGE - 1},
        {"pair_count_7d": 4, "pair_sum_7d": 259_999_99, "pair_max_7d": LARGE - 1},
    ),
    "rules.unusual_for_pair": (
        {"amount": LARGE // 50, "pair_count_30d": 3, "pair_median_ratio_30d": 5_000_000},
        {"amount": LARGE // 50, "pair_count_30d": 3, "pair_median_ratio_30d": 4_999_999},
    ),
    "rules.quick_outflow": (
        {"amount": LARGE // 10, "debtor_median_ratio_30d": 3_000_000, "pair_count_7d": 4,
         "debtor_sum_24h": LARGE // 2, "available": LARGE // 10 * 13},
        {"amount": LARGE // 10, "debtor_median_ratio_30d": 3_000_000, "pair_count_7d": 4,
         "debtor_sum_24h": LARGE // 2, "available": LARGE // 10 * 13 + 1},
    ),
    "rules.drains_account": (
        {"amount": LARGE // 20, "available": LARGE // 18},
        {"amount": LARGE // 20, "available": LARGE // 17},
    ),
    "rules.many_creditors": (
        {"debtor_creditors_1h": 4, "pair_idle_ms": None, "debtor_sum_1h": LARGE // 4},
        {"debtor_creditors_1h": 3, "pair_idle_ms": None, "debtor_sum_1h": LARGE // 4},
    ),
    "rules.pass_through": (
        {"amount": 90_000_00, "inflow_sum_24h": 100_000_00},
        {"amount": 50_000_00, "inflow_sum_24h": 100_000_00},
    ),
    "rules.passed_on": (
        {"amount": LARGE // 100, "inflow_sum_7d": LARGE // 30},
        {"amount": LARGE // 100, "inflow_sum_7d": LARGE // 30 + 100},
    ),
    "rules.collecting_creditor": (
        {"creditor_debtors_24h": 3, "creditor_count_24h": 3, "creditor_count_30d": 3,
         "pair_idle_ms": None},
        {"creditor_debtors_24h": 3, "creditor_count_24h": 3, "creditor_count_30d": 4,
         "pair_idle_ms": None},
    ),
    "rules.fresh_creditors": (
        FRESH | {"fresh_count_24h": 1},
        FRESH | {"fresh_count_24h": 0},
    ),
    "rules.scattered": (
        FRESH | {"fresh_creditors_24h": 2, "amount": LARGE // 100, "fresh_sum_24h": LARGE // 10},
        FRESH | {"fresh_creditors_24h": 1, "amount": LARGE // 100, "fresh_sum_24h": LARGE // 10},
    ),
    "rules.only_new": (
        FRESH | {"fresh_sum_30d": LARGE // 20, "debtor_sum_30d": LARGE // 20, "fresh_max_30d": 1},
        FRESH
        | {"fresh_sum_30d": LARGE // 20, "debtor_sum_30d": LARGE // 10, "fresh_max_30d": 1},
    ),
    "rules.repeated": (
        {"pair_count_1h": 3, "pair_max_1h": 40_000_00},
        {"pair_count_1h": 2, "pair_max_1h": 40_000_00},
    ),
    "rules.first_order_large": (
        {"debtor_idle_ms": None, "amount": LARGE // 4},
        {"debtor_idle_ms": None, "amount": LARGE // 4 - 1},
    ),
}  # fmt: skip


def test_usual_business_fires_nothing() -> None:
    assert fired() == set()


def test_there_is_a_case_for_each_rule() -> None:
    assert set(CASES) == {rule.code for rule in DEFAULT_POLICY.rules}
    assert len(CASES) >= 15


@pytest.mark.parametrize("code", sorted(CASES))
def test_a_rule_fires_in_its_case_and_not_beside_it(code: str) -> None:
    inside, beside = CASES[code]
    assert code in fired(**inside)
    assert code not in fired(**beside)


def test_what_follows_a_large_payment_is_no_piece_of_it() -> None:
    """A large one was looked at; a small one after it, or one just below, is another matter."""
    assert fired(pair_max_24h=LARGE, pair_sum_24h=LARGE, debtor_max_24h=LARGE) == set()
    assert fired(amount=LARGE * 9 // 10, debtor_max_24h=LARGE) == set()
    new = CASES["rules.only_new"][0]
    assert "rules.only_new" in fired(**new | {"fresh_max_30d": LARGE // 6})
    assert "rules.only_new" not in fired(**new | {"fresh_max_30d": LARGE // 6 + 1})


def _inside(*codes: str) -> dict[str, Any]:
    """What is known of an order in which each of these rules has its case."""
    together: dict[str, Any] = {}
    for code in codes:
        together |= CASES[code][0]
    return together


# By typology: an order that is held, one that raises an alert (and its score), and one right below,
# for which nothing fires, or rules that are not enough.
TYPOLOGIES: dict[str, tuple[dict[str, Any], tuple[dict[str, Any], int] | None, dict[str, Any]]] = {
    "typologies.large_value": (_inside("rules.amount"), None, {"amount": LARGE - 1}),
    "typologies.new_payee": (
        _inside("rules.new_creditor"),
        None,
        CASES["rules.new_creditor"][1],
    ),
    "typologies.account_takeover": (
        _inside("rules.hardly_known", "rules.unusual_amount"),
        (_inside("rules.hardly_known", "rules.unusual_amount"), 110),
        _inside("rules.drains_account"),
    ),
    "typologies.structuring": (
        _inside("rules.young_pair"),
        (_inside("rules.young_pair"), 100),
        _inside("rules.repeated"),
    ),
    "typologies.mule": (
        _inside("rules.hardly_known", "rules.passed_on"),
        (_inside("rules.hardly_known", "rules.passed_on"), 100),
        _inside("rules.passed_on"),
    ),
    "typologies.dormant_account": (
        _inside("rules.dormant_debtor"),
        (_inside("rules.dormant_debtor", "rules.new_creditor"), 200),
        CASES["rules.dormant_debtor"][1],
    ),
    "typologies.changed_habit": (
        _inside("rules.unusual_for_pair", "rules.unusual_amount"),
        (_inside("rules.unusual_for_pair", "rules.unusual_amount"), 130),
        _inside("rules.unusual_amount"),
    ),
}


@pytest.mark.parametrize("typology", DEFAULT_POLICY.typologies, ids=lambda t: t.code)
def test_a_typology_holds_and_alerts_at_its_thresholds_and_not_below(typology: Typology) -> None:
    """Each by itself, so that what another one does is not taken for its own."""
    judge = Judge(msgspec.structs.replace(DEFAULT_POLICY, typologies=[typology]), VOCABULARY)
    held, alerted, below = TYPOLOGIES[typology.code]
    assert set(_judged(judge, held).holding) == set(typology.rules) & fired(**held) > set()
    assert _judged(judge, below) == Judgement()
    assert (alerted is None) == (typology.alert_threshold is None)
    if alerted is not None:
        facts, score = alerted
        assert _judged(judge, facts).alerts == (Raised(typology.code, score),)
    if alerted is not None and alerted[0] != held:  # It takes more than to be held.
        assert _judged(judge, held).alerts == ()


def test_whoever_was_first_paid_long_ago_is_known_however_seldom() -> None:
    seldom: dict[str, Any] = {"amount": LARGE // 100, "pair_count_30d": 0, "pair_max_30d": None}
    assert fired(**seldom, pair_age_ms=TWO_MONTHS_MS) == {"rules.hardly_known"}
    assert fired(**seldom, pair_age_ms=TWO_MONTHS_MS + 1) == set()


def test_a_stolen_account_is_held_and_alerted() -> None:
    facts = {
        "amount": LARGE // 2,
        "available": LARGE // 2,
        "pair_idle_ms": None,
        "pair_age_ms": None,
        "pair_count_30d": 0,
        "pair_max_30d": None,
        "debtor_count_30d": 9,
        "debtor_median_ratio_30d": 12_000_000,
    }
    judged = _judged(JUDGE, facts)
    assert judged.holding == (
        "rules.new_creditor",
        "rules.unusual_amount",
        "rules.hardly_known",
        "rules.quick_outflow",
        "rules.drains_account",
    )
    assert judged.alerts == (Raised("typologies.account_takeover", 270),)


def test_the_policy_is_one_that_the_gate_takes() -> None:
    assert Judge(decode_policy(encode_policy(DEFAULT_POLICY)), VOCABULARY).names == JUDGE.names


def test_to_a_debtor_who_is_new_here_everybody_is_new() -> None:
    new: dict[str, Any] = FRESH | {"fresh_count_24h": 5, "debtor_age_ms": 30 * 86_400_000 - 1}
    assert "rules.fresh_creditors" not in fired(**new)
    assert "rules.fresh_creditors" in fired(**new | {"debtor_age_ms": 30 * 86_400_000})
