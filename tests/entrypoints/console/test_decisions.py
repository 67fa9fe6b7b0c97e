"""The board's chart says what is worth saying: what was stopped, how many came, or as usual."""

import pytest

from countersign.entrypoints.console.catalogue import translated
from countersign.entrypoints.console.decisions import (
    SPAN_MINUTES,
    SPANS,
    Span,
    finding_of,
    spans_of,
)
from countersign.kernel.refusal import Language

pytestmark = pytest.mark.fast

FIRST = 29_500_000  # A minute, 02:40, at the start of a span.


def spans(*counts: tuple[int, int], empty: int = 0) -> list[Span]:
    """So many released and held, after so many spans of nothing; the last one is not over."""
    all_counts = [(0, 0)] * empty + list(counts)
    return [
        Span(FIRST + place * SPAN_MINUTES, released, 0, held, 0)
        for place, (released, held) in enumerate(all_counts)
    ]


def said(of: list[Span], language: Language = "en") -> str:
    found = finding_of(of)
    return translated(found.text, language, **found.values)


USUAL = [(100, 1), (110, 0), (90, 2), (105, 1), (98, 0)]


def test_nothing_was_decided() -> None:
    assert finding_of(spans(*[(0, 0)] * SPANS)).text == "No decision in the last two hours"


def test_of_a_few_spans_nothing_is_usual() -> None:
    of = spans((104, 17), (60, 1), (20, 0), (1, 0))
    assert said(of) == "203 decisions in two hours, 18 of them stopped"
    assert finding_of(of).odd is None


def test_as_usual() -> None:
    assert said(spans(*USUAL, (40, 0))) == (
        "As usual: about 101 decisions in 5 min; 4 of 547 stopped"
    )


def test_more_stopped_than_usual_goes_before_everything_else() -> None:
    of = spans(*USUAL, (100, 19), (400, 0), (50, 0))
    assert said(of) == "03:05: 19 of 119 stopped, usually 0 in 5 min"
    assert said(of, "zh") == "03:05 起 5 分鐘內 119 筆中攔停 19 筆，平常為 0 筆"
    assert (finding_of(of).odd, finding_of(of).label) == (5, "{count} stopped")


def test_the_span_that_is_not_over_may_be_odd_already_but_is_never_silent() -> None:
    assert finding_of(spans(*USUAL, (10, 9))).odd == len(USUAL)
    assert finding_of(spans(*USUAL, (2, 0))).odd is None


@pytest.mark.parametrize(
    ("odd", "is_found"), [((202, 0), False), ((203, 0), True), ((51, 0), False), ((50, 0), True)]
)
def test_an_odd_number_is_more_than_twice_or_less_than_half(
    odd: tuple[int, int], *, is_found: bool
) -> None:
    of = spans((101, 0), (101, 0), odd, (101, 0), (101, 0), (60, 0))
    assert (finding_of(of).odd == 2) == is_found
    if is_found:
        assert said(of) == f"02:50: {odd[0]} decisions, usually 101 in 5 min"


def test_silence_between_is_odd_and_before_the_first_decision_is_not() -> None:
    assert finding_of(spans(*USUAL, (0, 0), (30, 0), empty=4)).odd == 9
    assert finding_of(spans(*USUAL, (30, 0), empty=4)).odd is None


def test_little_of_anything_is_not_odd() -> None:
    of = spans((3, 0), (9, 0), (2, 1), (4, 4), (3, 0), (1, 0))
    assert finding_of(of).odd is None


@pytest.mark.parametrize("last", [FIRST, FIRST + 1, FIRST + 4])
def test_spans_begin_where_the_clock_has_fives_and_lose_no_minute(last: int) -> None:
    minutes = [{"release": 1, "hold": 2, "challenge": 3, "approve": 4, "block": 5}] * (
        SPANS * SPAN_MINUTES
    )
    found = spans_of(minutes, last)
    assert len(found) == SPANS
    assert all(one.minute % SPAN_MINUTES == 0 for one in found)
    assert found[-1].minute == FIRST
    assert found[-1].total == 15 * (last - FIRST + 1)
    assert found[-2] == Span(FIRST - SPAN_MINUTES, 5, 35, 10, 25)
    assert (found[-2].stopped, found[-2].total) == (70, 75)
