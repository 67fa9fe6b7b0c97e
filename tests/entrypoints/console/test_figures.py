"""A reason shows the numbers that it rests on: what was compared, the bound, and the usual."""

from typing import Any

import msgspec
import pytest
from tests.rules.test_default import CASES, USUAL
from tests.support.chinese import foreign_words

from countersign.entrypoints.console.figures import Figure, figures_of
from countersign.gate.facts import FACTS
from countersign.rules.default import DEFAULT_POLICY
from countersign.rules.model import Policy, Rule

pytestmark = pytest.mark.fast

HOUR_MS = 3_600_000


def of(when: str, **facts: int | None) -> list[Figure]:
    """What a rule with this condition says in English of an order in euros."""
    return figures_of(_policy(when), "rules.tried", facts, "EUR", "en")


def _policy(when: str) -> Policy:
    rule = Rule(code="rules.tried", english="It is tried", chinese="測試", when=when, weight=100)
    return msgspec.structs.replace(DEFAULT_POLICY, rules=[rule], typologies=[])


def test_an_amount_is_shown_against_its_threshold_and_the_usual() -> None:
    found = figures_of(
        DEFAULT_POLICY,
        "rules.amount",
        {"amount": 1_284_500_00, "debtor_median_30d": 12_000_00},
        "EUR",
        "en",
    )
    assert found == [
        Figure(
            "Amount of this order",
            "EUR 1,284,500.00",
            "from EUR 1,000,000.00",
            "EUR 12,000.00",
            is_amount=True,
        )
    ]


@pytest.mark.parametrize(
    ("when", "facts", "expected"),
    [
        # The bound is divided, and rounded so that the same amounts reach it.
        ("amount * 6 >= large", {"amount": 16_666_667},
         [("EUR 166,666.67", "from EUR 166,666.67")]),
        ("amount * 6 < large", {"amount": 16_666_666},
         [("EUR 166,666.66", "below EUR 166,666.67")]),
        ("large <= amount", {"amount": 100_000_001},
         [("EUR 1,000,000.01", "from EUR 1,000,000.00")]),
        ("debtor_count_1h > 20", {"debtor_count_1h": 21}, [("21", "above 20")]),
        ("debtor_idle_ms >= 7200000", {"debtor_idle_ms": 3 * HOUR_MS},
         [("3 h 0 min", "from 2 h 0 min")]),
        ("pair_median_ratio_30d >= 5000000", {"pair_median_ratio_30d": 8_700_000},
         [("8.70×", "from 5.00×")]),
        # What counts together stands together.
        ("(pair_sum_24h + amount) * 2 >= large", {"pair_sum_24h": 40_000_000, "amount": 30_000_000},
         [("EUR 700,000.00", "from EUR 500,000.00")]),
        ("pair_sum_7d + amount >= 10 * debtor_median_30d",
         {"pair_sum_7d": 100, "amount": 1_000, "debtor_median_30d": 100},
         [("EUR 11.00", "from EUR 10.00")]),
        # Two bounds of one number are one line, of two of a kind the stricter one decides.
        ("amount < large AND amount * 10 >= large * 9", {"amount": 95_000_000},
         [("EUR 950,000.00", "below EUR 1,000,000.00, from EUR 900,000.00")]),
        ("amount >= 3 * pair_max_30d AND amount * 100 >= large",
         {"amount": 9_000_000, "pair_max_30d": 100},
         [("EUR 90,000.00", "from EUR 10,000.00")]),
        ("debtor_idle_ms IS NOT NULL AND debtor_count_30d < 5",
         {"debtor_idle_ms": 5, "debtor_count_30d": 2}, [("2", "below 5")]),
        ("pair_idle_ms IS NULL", {"pair_idle_ms": None}, [("none", "")]),
        ("amount >= 3 * COALESCE(pair_max_30d, 0)", {"amount": 5, "pair_max_30d": None},
         [("EUR 0.05", "from EUR 0.00")]),
        # Of alternatives those that were met; what has no such form has its facts.
        ("debtor_count_1h > 20 OR debtor_count_24h > 50",
         {"debtor_count_1h": 3, "debtor_count_24h": 51},
         [("51", "above 50")]),
        ("ABS(amount) > 3", {"amount": 4}, [("EUR 0.04", "")]),
        ("weekday < 8", {"weekday": 1}, [("Monday", "below 8")]),
        ("amount - 100 >= 0 - 50", {"amount": 60}, [("EUR 0.60", "from EUR 0.50")]),
    ],
)  # fmt: skip
def test_each_comparison_is_a_number_and_its_bound(
    when: str, facts: dict[str, int | None], expected: list[tuple[str, str]]
) -> None:
    assert [(one.value, one.bound) for one in of(when, **facts)] == expected


def test_a_sum_is_named_by_its_parts() -> None:
    (one,) = of("pair_sum_24h + amount >= large", pair_sum_24h=90_000_000, amount=30_000_000)
    parts = ("Sum of the orders of this debtor to this creditor in the last 24 hours",
             "Amount of this order")  # fmt: skip
    assert one.label == " + ".join(parts)
    assert one.usual == ""


def test_what_is_no_rule_or_was_not_recorded_has_no_numbers() -> None:
    assert figures_of(DEFAULT_POLICY, "operator", {"amount": 1}, "EUR", "en") == []
    assert figures_of(DEFAULT_POLICY, "rules.amount", {}, "EUR", "en") == []
    assert of("debtor_count_1h > 20", debtor_count_1h=None) == [], "a count is never unknown"
    assert of("amount >= large", amount=5) == [], "a rule that did not fire rests on nothing"


@pytest.mark.parametrize("code", sorted(CASES))
def test_every_rule_has_numbers_where_it_fires(code: str) -> None:
    inside = CASES[code][0]
    currency = str(inside.get("currency", "EUR"))
    facts = {name: value for name, value in (USUAL | inside).items() if name != "currency"}
    assert figures_of(DEFAULT_POLICY, code, facts, currency, "en")


def test_rules_tell_their_numbers_in_both_languages_whatever_was_known() -> None:
    """Values of every size, and none; that every rule has numbers is tested with its case."""
    told: dict[str, Any] = {}
    for value in (None, 0, 1, 3, 30, 20_000_000, 10**9, 2 * 10**10):
        facts = {
            name: value if value is not None or fact.name.is_nullable else 0
            for name, fact in FACTS.items()
        } | {"amount": 10**9, "available": 10**9}
        for currency in ("EUR", "XTS"):
            for rule in DEFAULT_POLICY.rules:
                english = figures_of(DEFAULT_POLICY, rule.code, facts, currency, "en")
                chinese = figures_of(DEFAULT_POLICY, rule.code, facts, currency, "zh")
                assert len(english) == len(chinese)
                assert [word for one in chinese for text in one[:4] for word in foreign_words(text)
                        if word != "large"] == []  # fmt: skip
                if english:
                    told[rule.code] = english
    assert len(told) >= 12
