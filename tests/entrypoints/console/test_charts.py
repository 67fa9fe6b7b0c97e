"""Charts are drawn from zero, inside their picture, with every word whole."""

import pytest

from countersign.entrypoints.console.charts import SLIM, WIDE, Column, Label, stacked_bars

pytestmark = pytest.mark.fast

KINDS = ("f-bar", "p-hold", "f-block")
COLUMNS = [
    Column(((KINDS[0], n * 10), (KINDS[1], n % 3), (KINDS[2], n % 2)), f"{n:02d}:00")
    for n in range(24)
]


@pytest.mark.parametrize("width", [WIDE, SLIM])
def test_bars_stand_on_the_axis_and_stay_inside_the_picture(width: int) -> None:
    chart = stacked_bars(COLUMNS, width=width)
    assert len(chart.bars) == sum(1 for one in COLUMNS for _, value in one.parts if value)
    for bar in chart.bars:
        assert float(bar.y) >= 0
        assert float(bar.y) + float(bar.height) <= 116
        assert float(bar.x) + float(bar.width) <= width
        assert float(bar.width) > 0
    assert [line.text for line in chart.lines] == ["0", "250", "500"]


def test_what_is_higher_is_more() -> None:
    chart = stacked_bars([Column(((KINDS[0], n),)) for n in (10, 20, 40)])
    low, middle, high = (float(bar.height) for bar in chart.bars)
    assert low * 4 == pytest.approx(middle * 2, abs=0.3)
    assert low * 4 == pytest.approx(high, abs=0.3)


@pytest.mark.parametrize("place", [0, 1, 12, 22, 23])
@pytest.mark.parametrize("text", ["19 stopped", "攔停 19 筆", "EUR 1,284,500 and more"])
@pytest.mark.parametrize("width", [WIDE, SLIM])
def test_the_odd_bar_has_its_words_above_it_and_whole(place: int, text: str, width: int) -> None:
    chart = stacked_bars(COLUMNS, odd=(place, text), width=width)
    assert chart.odd is not None
    first, last = reach(chart.odd)
    assert first >= 0
    assert last <= width
    step = (width - 34) / len(COLUMNS)
    # Above its own bar and above those that it reaches over.
    for bar in chart.bars:
        if first < float(bar.x) + step and float(bar.x) < last and chart.odd.anchor == "middle":
            assert float(chart.odd.y) < float(bar.y)


def test_nothing_is_said_of_a_bar_where_none_is_odd() -> None:
    assert stacked_bars(COLUMNS).odd is None


def reach(label: Label) -> tuple[float, float]:
    """From where to where a label stands."""
    width = sum(6.5 if letter.isascii() else 13 for letter in label.text)
    x = float(label.x)
    before = {"start": 0.0, "middle": width / 2, "end": width}[label.anchor]
    return x - before, x - before + width
