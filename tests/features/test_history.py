"""Windows say what their definition says, whatever came in; the definition is written out here."""

from collections.abc import Sequence
from statistics import median_low
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countersign.features import history
from countersign.features.history import LONGEST_MS, MINUTE_MS, History

pytestmark = pytest.mark.fast

FEW = 4
WINDOWS = (MINUTE_MS, 60 * MINUTE_MS, 86_400_000, LONGEST_MS)


class Event(NamedTuple):
    time_ms: int
    amount: int
    other: int


_gaps = st.one_of(
    st.integers(0, 3),
    st.sampled_from([MINUTE_MS, MINUTE_MS - 1, 3_600_000, 86_400_000, LONGEST_MS - 1, LONGEST_MS]),
    st.integers(0, 2 * MINUTE_MS),
)
_events = st.lists(st.tuples(_gaps, st.integers(1, 50), st.integers(1, 4)), max_size=40)


@pytest.fixture(autouse=True)
def _few_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "EVENTS_MAX", FEW)


def in_window(events: Sequence[Event], start_ms: int) -> list[Event]:
    """The newest by their time, the others by their minute."""
    newest, older = events[-FEW:], events[:-FEW]
    minute = start_ms // MINUTE_MS
    return [e for e in older if e.time_ms // MINUTE_MS > minute] + [
        e for e in newest if e.time_ms > start_ms
    ]


@settings(max_examples=200, deadline=None, derandomize=True)
@given(_events, st.integers(0, 10 * MINUTE_MS))
def test_windows_are_those_of_the_definition(gaps: list[tuple[int, int, int]], wait: int) -> None:
    kept, events, now_ms = History(), [], 1_800_000_000_123
    for gap, amount, other in gaps:
        now_ms += gap
        events.append(Event(now_ms, amount, other))
        kept.observe(now_ms, amount, other)
    now_ms += wait
    for window_ms in WINDOWS:
        start_ms = now_ms - window_ms
        wanted = in_window(events, start_ms)
        newest = [e for e in events[-FEW:] if e.time_ms > start_ms]
        amounts = [e.amount for e in wanted]
        assert kept.count(start_ms) == len(wanted)
        assert kept.total(start_ms) == sum(amounts)
        assert kept.greatest(start_ms) == max(amounts, default=None)
        assert kept.distinct_others(start_ms) == len({e.other for e in newest})
        exact = [e.amount for e in newest]
        assert kept.median(start_ms) == (median_low(exact) if exact else None)
    assert kept.last_ms == (events[-1].time_ms if events else -1)
    assert kept.first_ms == (events[0].time_ms if events else -1)


def test_memory_is_bounded_however_many_orders_come() -> None:
    kept = History()
    for number in range(20_000):
        kept.observe(number * 400, 1 + number % 977, number)
    assert kept.others is not None
    assert kept.older is not None
    assert len(kept.times) == len(kept.amounts) == len(kept.others) == FEW
    minutes = 20_000 * 400 // MINUTE_MS + 1
    assert len(kept.older.minutes) <= minutes
    assert len(kept.older.peaks) <= minutes
    assert kept.count(-1) == 20_000


def test_what_is_older_than_the_longest_window_is_forgotten() -> None:
    kept = History()
    for number in range(100):
        kept.observe(number * 86_400_000, 100 - number, 1)
    assert kept.older is None or len(kept.older.minutes) <= 31
    assert kept.older is None or len(kept.older.peaks) <= 31
    assert len(kept.times) <= FEW
