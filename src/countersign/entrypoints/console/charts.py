"""Charts as SVG: numbers as attributes, so that no style is needed; ordinary in grey."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from countersign.entrypoints.console.showing import axis_max

WIDTH, HEIGHT = 860, 128
_LEFT, _TOP, _BOTTOM = 34.0, 12.0, 108.0
# From the axis up: the ordinary first, the exception on top where it is seen.
_LAYERS = (("release", "f-bar"), ("challenge", "p-ask"), ("approve", "p-ask"),
           ("hold", "p-hold"), ("block", "f-block"))  # fmt: skip
_LEAST_HEIGHT = 1.5
_LABEL_MINUTES = 10
_LABEL_HALF = 16.0  # Of its width; one that does not fit is left out.


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


class Chart(NamedTuple):
    bars: list[Bar]
    lines: list[Label]  # Their text is the value at that height.
    times: list[Label]
    total: int


def stacked_bars(minutes: Sequence[dict[str, int]], last_minute: int) -> Chart:
    """Decisions a minute, by verdict; the last bar is the minute that is not over."""
    top = axis_max([sum(one.values()) for one in minutes])
    step = (WIDTH - _LEFT) / len(minutes)
    bars, times = [], []
    for place, one in enumerate(minutes):
        x, base = _LEFT + place * step + 1, _BOTTOM - 1
        for verdict, kind in _LAYERS:
            if count := one.get(verdict, 0):
                height = max(_LEAST_HEIGHT, count / top * (_BOTTOM - _TOP - 1))
                base -= height
                bars.append(Bar(_n(x), _n(base), _n(step - 2), _n(height), kind))
                base -= 1 if kind != "f-bar" else 0.5
        minute = last_minute - len(minutes) + 1 + place
        if minute % _LABEL_MINUTES == 0 and x + step / 2 + _LABEL_HALF <= WIDTH:
            times.append(Label(_n(x + step / 2 - 1), "124", _clock(minute)))
    lines = [
        Label(_n(_LEFT), _n(_BOTTOM - (_BOTTOM - _TOP) * part / 2), f"{top * part // 2:,}")
        for part in (0, 1, 2)
    ]
    return Chart(bars, lines, times, sum(sum(one.values()) for one in minutes))


def _clock(minute: int) -> str:
    return datetime.fromtimestamp(minute * 60, tz=UTC).strftime("%H:%M")


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
