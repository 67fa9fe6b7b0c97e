"""The constants of rules, each where it stands."""

import msgspec
import pytest

from countersign.gate.facts import VOCABULARY
from countersign.rules.default import DEFAULT_POLICY
from countersign.rules.model import Rule
from countersign.rules.thresholds import thresholds_of

pytestmark = pytest.mark.fast


@pytest.mark.parametrize(
    ("when", "found"),
    [
        ("amount * 6 >= large", [("amount * ? >= large", (6,))]),
        ("amount >= large AND inflow_sum_7d > 0", []),
        ("weekday IN (6, 7)", [("weekday IN (?)", (6, 7))]),
        (
            "(amount + available) * 10 BETWEEN large * 7 AND large * 11",
            [
                ("(amount + available) * ? >= large * ?", (10, 7)),
                ("(amount + available) * ? <= large * ?", (10, 11)),
            ],
        ),
        (
            "NOT (amount >= 3 * COALESCE(pair_max_30d, 5) OR ABS(amount - 4) = -available)",
            [
                ("amount >= ? * COALESCE(pair_max_30d, ?)", (3, 5)),
                ("ABS(amount - ?) = -(available)", (4,)),
            ],
        ),
        (
            "CASE WHEN hour >= 6 THEN amount ELSE 9 END > large",
            [("CASE(amount, ?) > large", (9,)), ("hour >= ?", (6,))],
        ),
    ],
)
def test_a_constant_is_told_with_the_comparison_that_it_stands_in(
    when: str, found: list[tuple[str, tuple[int, ...]]]
) -> None:
    rule = Rule(code="rules.one", english="one", chinese="一", when=when)
    policy = msgspec.structs.replace(DEFAULT_POLICY, rules=[rule], typologies=[])
    thresholds = thresholds_of(policy, VOCABULARY)
    assert [(one.text, one.values) for one in thresholds] == found
    assert {one.rule for one in thresholds} <= {"rules.one"}
