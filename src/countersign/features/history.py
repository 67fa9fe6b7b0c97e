"""The orders of one entity within the longest window: exact for the newest, by the minute before.

Rules: 1. The newest EVENTS_MAX orders are kept each by itself: such an order lies in a window if
its time is later than the window's start. 2. Older ones are kept by the minute: they lie in a
window if their minute is later than the minute of its start. 3. Median and distinct others look at
the newest EVENTS_MAX orders alone. 4. What is older than the longest window is forgotten as time
goes on. Whatever is asked costs at most EVENTS_MAX steps, however many orders there were.
"""

from array import array
from bisect import bisect_right
from statistics import median_low
from typing import NamedTuple

MINUTE_MS = 60_000
LONGEST_MS = 30 * 86_400_000
EVENTS_MAX = 256


class History:
    """One entity's orders, in the order of their times. Times are ms, amounts minor units."""

    __slots__ = ("amounts", "first_ms", "last_ms", "older", "others", "times")

    def __init__(self) -> None:
        self.times = array("q")
        self.amounts = array("q")
        # The other side of each; None where nobody asks for it.
        self.others: array[int] | None = None
        # Of the oldest and of the newest order, however long ago; -1: there was none.
        self.first_ms = -1
        self.last_ms = -1
        self.older: Minutes | None = None  # Most entities never have so many orders.

    def observe(self, now_ms: int, amount: int, other: int | None = None) -> None:
        """Count one order; `now_ms` never falls."""
        times = self.times
        if times and times[0] <= now_ms - LONGEST_MS:
            self._forget(bisect_right(times, now_ms - LONGEST_MS))
        if len(times) >= EVENTS_MAX:
            if self.older is None:
                self.older = Minutes()
            self.older.add(times[0] // MINUTE_MS, self.amounts[0], now_ms)
            self._forget(1)
        times.append(now_ms)
        self.amounts.append(amount)
        if other is not None:
            if self.others is None:
                self.others = array("q")
            self.others.append(other)
        if self.first_ms < 0:
            self.first_ms = now_ms
        self.last_ms = now_ms

    def count(self, start_ms: int) -> int:
        """How many orders are later than this."""
        exact = len(self.times) - bisect_right(self.times, start_ms)
        return exact + self.older.count(start_ms) if self.older else exact

    def total(self, start_ms: int) -> int:
        """The sum of their amounts."""
        exact = sum(self._amounts(start_ms))
        return exact + self.older.total(start_ms) if self.older else exact

    def greatest(self, start_ms: int) -> int | None:
        """Their greatest amount; None where there is none."""
        exact = max(self._amounts(start_ms), default=None)
        older = self.older.greatest(start_ms) if self.older else None
        if exact is None or older is None:
            return older if exact is None else exact
        return max(exact, older)

    def distinct_others(self, start_ms: int) -> int:
        """How many other sides they have."""
        others = self.others
        return len(set(others[bisect_right(self.times, start_ms) :])) if others else 0

    def median(self, start_ms: int) -> int | None:
        """The lower median of their amounts; None where there is none."""
        amounts = self._amounts(start_ms)
        return median_low(amounts) if amounts else None

    def _amounts(self, start_ms: int) -> "array[int]":
        """Of those that are kept each by itself."""
        first = bisect_right(self.times, start_ms)
        return self.amounts[first:] if first else self.amounts

    def _forget(self, count: int) -> None:
        """Drop the oldest of those that are kept each by itself."""
        del self.times[:count], self.amounts[:count]
        if self.others is not None:
            del self.others[:count]


class Peak(NamedTuple):
    """The greatest amount of a minute; of peaks, each is greater than all that follow."""

    minute: int
    amount: int


class Minutes:
    """Orders by the minute, of the longest window at most.

    Counts and totals go on from minute to minute, so that a window is one difference; the first
    value is what there was before the first minute that is kept.
    """

    __slots__ = ("counts", "minutes", "peaks", "totals")

    def __init__(self) -> None:
        self.minutes: list[int] = []
        self.counts: list[int] = [0]
        self.totals: list[int] = [0]
        self.peaks: list[Peak] = []

    def add(self, minute: int, amount: int, now_ms: int) -> None:
        """One order that is not kept by itself any more."""
        self._forget((now_ms - LONGEST_MS) // MINUTE_MS)
        if not self.minutes or self.minutes[-1] != minute:
            self.minutes.append(minute)
            self.counts.append(self.counts[-1])
            self.totals.append(self.totals[-1])
        self.counts[-1] += 1
        self.totals[-1] += amount
        while self.peaks and self.peaks[-1].amount <= amount:
            self.peaks.pop()
        if not self.peaks or self.peaks[-1].minute != minute:
            self.peaks.append(Peak(minute, amount))

    def count(self, start_ms: int) -> int:
        return self.counts[-1] - self.counts[self._first_after(start_ms)]

    def total(self, start_ms: int) -> int:
        return self.totals[-1] - self.totals[self._first_after(start_ms)]

    def greatest(self, start_ms: int) -> int | None:
        place = bisect_right(self.peaks, start_ms // MINUTE_MS, key=_minute)
        return self.peaks[place].amount if place < len(self.peaks) else None

    def _first_after(self, start_ms: int) -> int:
        return bisect_right(self.minutes, start_ms // MINUTE_MS)

    def _forget(self, minute: int) -> None:
        gone = bisect_right(self.minutes, minute)
        if gone:
            del self.minutes[:gone], self.counts[:gone], self.totals[:gone]
            del self.peaks[: bisect_right(self.peaks, minute, key=_minute)]


def _minute(peak: Peak) -> int:
    return peak.minute
