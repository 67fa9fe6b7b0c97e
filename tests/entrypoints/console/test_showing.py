"""Values as a page shows them."""

import pytest

from countersign.entrypoints.console import showing
from countersign.entrypoints.console.charts import stacked_bars
from countersign.kernel.six_words import word_at

pytestmark = pytest.mark.fast


@pytest.mark.parametrize(
    ("plain", "currency", "shown"),
    [
        ("1284500.00", "EUR", "EUR1,284,500.00"),
        ("-0.05", "EUR", "EUR\N{MINUS SIGN}0.05"),
        ("48500000", "JPY", "JPY48,500,000"),
        ("12400.500", "KWD", "KWD12,400.500"),
    ],
)
def test_an_amount_has_separators_and_its_own_decimals(
    plain: str, currency: str, shown: str
) -> None:
    assert showing.amount(plain, currency).striptags() == shown


@pytest.mark.parametrize(
    ("units", "english", "chinese"),
    [
        (482_000_000_000, "4.82 bn", "48.2 億"),
        (6_140_000_000, "61.4 m", "6,140 萬"),
        (99_999_900, "999,999", "100.0 萬"),
        (12_345, "123", "123"),
        (0, "0", "0"),
    ],
)
def test_a_sum_in_a_heading_is_short(units: int, english: str, chinese: str) -> None:
    assert showing.short_amount(units, "EUR", "en") == english
    assert showing.short_amount(units, "EUR", "zh") == chinese


def test_what_is_masked_is_four_dots_whatever_its_length() -> None:
    assert showing.account("GB**************4417").striptags() == "GB •••• 4417"
    assert showing.account("********17").striptags().strip() == "•••• 17"
    assert showing.masked("A*** O*****").striptags() == "A••• O•••"
    assert showing.masked("王**").striptags() == "王•••"
    assert showing.masked("<b>**") == '&lt;b&gt;<span class="dots">•••</span>'


@pytest.mark.parametrize(
    ("left_ms", "shown"),
    [
        (8 * 60_000 + 12_000, "08:12"),
        (3_600_000, "1:00:00"),
        (259_199_000, "71:59:59"),
        (-5, "00:00"),
    ],
)
def test_the_time_that_is_left(left_ms: int, shown: str) -> None:
    assert showing.left(1_000_000 + left_ms, 1_000_000) == shown
    assert showing.is_urgent(1_000_000 + left_ms, 1_000_000) == (left_ms < 20 * 60_000)


def test_a_mark_has_a_square_a_filled_cell_and_a_dot_an_empty_one() -> None:
    for index in (0, 1, 1023, 2047):
        path = str(showing.mosaic(word_at(index)))
        assert path.count("h3.5v3.5") == sum(word_at(index).cells)
        assert path.count("h.7v.7") == 12 - sum(word_at(index).cells)


@pytest.mark.parametrize(
    ("most", "top"), [(0, 5), (4, 5), (5, 5), (6, 10), (101, 200), (2001, 5000)]
)
def test_an_axis_ends_at_a_round_number(most: int, top: int) -> None:
    assert showing.axis_max([0, most]) == top


def test_bars_stand_on_the_axis_and_stay_inside_the_picture() -> None:
    minutes = [{"release": n, "hold": n % 3, "block": n % 2} for n in range(60)]
    chart = stacked_bars(minutes, 100_000)
    assert chart.total == sum(sum(one.values()) for one in minutes)
    assert len(chart.bars) == sum(1 for one in minutes for count in one.values() if count)
    for bar in chart.bars:
        assert float(bar.y) >= 0
        assert float(bar.y) + float(bar.height) <= 108
        assert float(bar.x) + float(bar.width) <= 860
    # At the very edge a time does not fit.
    assert len(chart.times) == 5
    assert len(stacked_bars(minutes, 100_005).times) == 6
