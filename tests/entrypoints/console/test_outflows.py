"""What left an account on each day, in a sentence and as bars."""

import pytest

from countersign.entrypoints.console.catalogue import translated
from countersign.entrypoints.console.outflows import charts_of, finding_of
from countersign.flows.list_accounts import DayMoved
from countersign.kernel.refusal import Language

pytestmark = pytest.mark.fast


def days(*outflows: int) -> list[DayMoved]:
    """In whole units, the oldest first."""
    return [
        DayMoved(day=f"2026-11-{15 + at}", outflow=units * 100, inflow=0, balance=0)
        for at, units in enumerate(outflows)
    ]


@pytest.mark.parametrize(
    ("outflows", "english", "chinese"),
    [
        ((0, 0, 0), "Nothing left this account in 3 days", "3 天內此帳戶沒有支出"),
        (
            (0, 0, 5_000, 9_000),
            "EUR 14,000 left this account in 4 days",
            "4 天內此帳戶支出 EUR 1.40 萬",
        ),
        (
            (4_000, 5_000, 6_000, 8_000),
            "About EUR 5,000 leaves on a day; EUR 23,000 in 4 days",
            "每日支出約 EUR 5,000，4 天共 EUR 2.30 萬",
        ),
        (
            (4_000, 5_000, 0, 6_000, 2_000_000),
            "19 Nov: EUR 2.00 m left, usually EUR 5,000 on a day",
            "11 月 19 日支出 EUR 200 萬，平常每日 EUR 5,000",
        ),
    ],
)
def test_the_sentence_of_it(outflows: tuple[int, ...], english: str, chinese: str) -> None:
    wanted: list[tuple[Language, str]] = [("en", english), ("zh", chinese)]
    for language, text in wanted:
        found = finding_of(days(*outflows), "EUR", language)
        assert translated(found.text, language, **found.values) == text


def test_the_odd_day_and_the_newest_are_labelled_on_both_pictures() -> None:
    moved = days(4_000, 5_000, 0, 6_000, 2_000_000, 10)
    for chart in charts_of(moved, finding_of(moved, "EUR", "en"), "EUR", "en"):
        assert chart.odd is not None
        assert chart.odd.text == "EUR 2.00 m"
        assert chart.below[-1].text == "20 Nov"
        assert len(chart.bars) == 5
        assert chart.lines[-1].text == "2.00 m"


def test_a_currency_without_minor_units_is_drawn_in_its_own() -> None:
    moved = [
        DayMoved(day="2026-11-15", outflow=48_500_000, inflow=0, balance=0),
        DayMoved(day="2026-11-16", outflow=0, inflow=7, balance=7),
    ]
    finding = finding_of(moved, "JPY", "en")
    assert finding.values["total"] == "JPY 48.5 m"
    assert charts_of(moved, finding, "JPY", "en")[0].lines[-1].text == "50.0 m"
