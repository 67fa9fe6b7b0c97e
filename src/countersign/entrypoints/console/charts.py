"""Charts as SVG: numbers as attributes, so that no style is needed; ordinary in grey."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from countersign.entrypoints.console.showing import axis_max

WIDE, SLIM = 860, 358  # At a desk and on a phone.
_TOP, _BOTTOM = 20.0, 116.0
_LABELS_AT = f"{_BOTTOM + 16:g}"
_LEAST_HEIGHT = 1.5
_GAP = 4.0  # Between two bars.
_LETTER = 6.5  # The width of one; a Chinese one counts twice.


class Column(NamedTuple):
    """One bar: its parts from the axis up, as class or pattern and value, and what stands below."""

    parts: tuple[tuple[str, int], ...]
    label: str = ""


class Bar(NamedTuple):
    x: str
    y: str
    width: str
    height: str
    kind: str


class Label(NamedTuple):
    x: str
    y: str
    text: str
    anchor: str = "middle"


class Chart(NamedTuple):
    width: int
    bars: list[Bar]
    lines: list[Label]  # Their text is the value at that height.
    below: list[Label]
    odd: Label | None  # The words at the bar that is out of the usual.


def stacked_bars(
    columns: Sequence[Column],
    *,
    odd: tuple[int, str] | None = None,
    width: int = WIDE,
    left: float = 34.0,
    written: Callable[[int], str] = "{:,}".format,
) -> Chart:
    """Bars from zero on; `odd` is the place of one and what is said of it."""
    top = axis_max([_total(one) for one in columns])
    step = (width - left) / len(columns)
    bars, tops, below = [], [], []
    for place, column in enumerate(columns):
        x, base = left + place * step + _GAP / 2, _BOTTOM - 1
        for kind, value in column.parts:
            if value:
                height = max(_LEAST_HEIGHT, value / top * (_BOTTOM - _TOP - 1))
                base -= height
                bars.append(Bar(_n(x), _n(base), _n(step - _GAP), _n(height), kind))
                base -= 1 if kind != "f-bar" else 0.5
        tops.append(base)
        if column.label:
            below.append(_label((x, step - _GAP), _LABELS_AT, column.label, (left, width)))
    said = None
    if odd:
        place, text = odd
        # Above the bars beside it as well, over which it reaches.
        beside = max(1, math.ceil(_half(text) / step))
        y = min(tops[max(0, place - beside) : place + beside + 1]) - 5
        said = _label((left + place * step, step), _n(y), text, (left, width))
    lines = [
        Label(_n(left), _n(_BOTTOM - (_BOTTOM - _TOP) * part / 2), written(top * part // 2))
        for part in (0, 1, 2)
    ]
    return Chart(width, bars, lines, below, said)


def _total(column: Column) -> int:
    return sum(value for _, value in column.parts)


def _half(text: str) -> float:
    return sum(_LETTER * (1 if letter.isascii() else 2) for letter in text) / 2


def _label(bar: tuple[float, float], y: str, text: str, inside: tuple[float, float]) -> Label:
    """In the middle of a bar (from, width), and whole: at an edge of the picture it leans in."""
    middle, half, (left, right) = bar[0] + bar[1] / 2, _half(text), inside
    if middle + half > right:
        return Label(_n(right), y, text, "end")
    if middle - half < left:
        return Label(_n(left), y, text, "start")
    return Label(_n(middle), y, text)


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
