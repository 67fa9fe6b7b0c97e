"""Decisions per five minutes: what each span came to, which one is odd, and the sentence of it.

Usual is the median of the other spans that are over; below `KNOWN_SPANS` of them nothing is. Odd is
a span in which much more was stopped than usual, else one with more than twice or less than half
of the usual decisions. What was stopped goes first: that is what a watcher is there for.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from statistics import median_low
from typing import NamedTuple

SPAN_MINUTES = 5
SPANS = 24
KNOWN_SPANS = 3
_STOPPED_LEAST, _STOPPED_TIMES = 5, 3
_TOTAL_LEAST, _TOTAL_TIMES = 20, 2


class Span(NamedTuple):
    """Five minutes; counts by what was decided."""

    minute: int  # Since 1970; the first of it.
    released: int
    challenged: int
    held: int
    blocked: int
    zone: tzinfo = UTC  # Of who reads.

    @property
    def stopped(self) -> int:
        return self.challenged + self.held + self.blocked

    @property
    def total(self) -> int:
        return self.released + self.stopped

    @property
    def clock(self) -> str:
        """When it began."""
        return datetime.fromtimestamp(self.minute * 60, tz=self.zone).strftime("%H:%M")


class Finding(NamedTuple):
    """What a chart says: a text of the catalogue, its values, and the odd span with its words."""

    text: str
    values: dict[str, str]
    odd: int | None = None
    label: str = ""  # A text too, with the same values.


def spans_of(minutes: Sequence[dict[str, int]], last_minute: int, zone: tzinfo = UTC) -> list[Span]:
    """The spans of these minutes, of which the last one is `last_minute`; the oldest first."""
    by_minute = dict(zip(range(last_minute, -1, -1), reversed(minutes), strict=False))
    last = last_minute // SPAN_MINUTES
    return [
        _span(place * SPAN_MINUTES, by_minute, zone) for place in range(last - SPANS + 1, last + 1)
    ]


def _span(first: int, by_minute: dict[int, dict[str, int]], zone: tzinfo) -> Span:
    of = [by_minute.get(minute, {}) for minute in range(first, first + SPAN_MINUTES)]

    def count(*actions: str) -> int:
        return sum(one.get(action, 0) for one in of for action in actions)

    asked = count("challenge", "approve")
    return Span(first, count("release"), asked, count("hold"), count("block"), zone)


def finding_of(spans: Sequence[Span]) -> Finding:
    """What is worth saying of them; the last span is not over, so it is never found silent."""
    total, stopped = sum(one.total for one in spans), sum(one.stopped for one in spans)
    if not total:
        return Finding("No decision in the last two hours", {})
    over = [place for place, one in enumerate(spans[:-1]) if one.total]
    if len(over) <= KNOWN_SPANS:
        return Finding(
            "{total} decisions in two hours, {stopped} of them stopped",
            {"total": f"{total:,}", "stopped": f"{stopped:,}"},
        )
    return (
        _stopped_more(spans, over)
        or _other_number(spans, over)
        or Finding(
            "As usual: about {usual} decisions in 5 min; {stopped} of {total} stopped",
            {
                "usual": f"{median_low([spans[place].total for place in over]):,}",
                "stopped": f"{stopped:,}",
                "total": f"{total:,}",
            },
        )
    )


def _stopped_more(spans: Sequence[Span], over: Sequence[int]) -> Finding | None:
    place = max(range(len(spans)), key=lambda at: (spans[at].stopped, at))
    odd = spans[place]
    usual = median_low([spans[at].stopped for at in over if at != place])
    if odd.stopped < _STOPPED_LEAST or odd.stopped <= _STOPPED_TIMES * usual:
        return None
    values = {"clock": odd.clock, "count": f"{odd.stopped:,}", "total": f"{odd.total:,}"}
    return Finding(
        "{clock}: {count} of {total} stopped, usually {usual} in 5 min",
        values | {"usual": f"{usual:,}"},
        place,
        "{count} stopped",
    )


def _other_number(spans: Sequence[Span], over: Sequence[int]) -> Finding | None:
    def usual_beside(place: int) -> int:
        return median_low([spans[at].total for at in over if at != place])

    def times(place: int) -> float:
        """How far from the usual, whichever way."""
        usual, total = usual_beside(place), spans[place].total
        return max(total / usual, usual / max(total, 1) if place < len(spans) - 1 else 0.0)

    # Before the first decision nothing was silent.
    place = max(range(over[0], len(spans)), key=lambda at: (times(at), at))
    odd, usual = spans[place], usual_beside(place)
    if max(odd.total, usual) < _TOTAL_LEAST or times(place) <= _TOTAL_TIMES:
        return None
    return Finding(
        "{clock}: {count} decisions, usually {usual} in 5 min",
        {"clock": odd.clock, "count": f"{odd.total:,}", "usual": f"{usual:,}"},
        place,
        "{count} decisions",
    )
