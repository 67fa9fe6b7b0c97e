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


class Peak(NamedTuple):
    """The greatest amount of a minute; of peaks, each is greater than all that follow."""

    minute: int
    amount: int


class History:
    """One entity's orders, in the order of their times. Times are ms, amounts minor units."""

    __slots__ = ("amounts", "counts", "last_ms", "minutes", "others", "peaks", "times", "totals")

    def __init__(self) -> None:
        self.times = array("q")
        self.amounts = array("q")
        self.others = array("q")  # The other side of each; empty where nobody asks for it.
        self.last_ms = -1  # Of the newest order, however long ago; -1: there was none.
        # By the minute, of orders that are not kept by themselves any more. Counts and totals go on
        # from minute to minute, so that a window is one difference; the first is before them all.
        self.minutes: list[int] = []
        self.counts: list[int] = [0]
        self.totals: list[int] = [0]
        self.peaks: list[Peak] = []

    def observe(self, now_ms: int, amount: int, other: int | None = None) -> None:
        """Count one order; `now_ms` never falls."""
        times = self.times
        if times and times[0] <= now_ms - LONGEST_MS:
            gone = bisect_right(times, now_ms - LONGEST_MS)
            del times[:gone], self.amounts[:gone], self.others[:gone]
        if len(times) >= EVENTS_MAX:
            self._fold_oldest(now_ms)
        times.append(now_ms)
        self.amounts.append(amount)
        if other is not None:
            self.others.append(other)
        self.last_ms = now_ms

    def count(self, start_ms: int) -> int:
        """How many orders are later than this."""
        exact = len(self.times) - bisect_right(self.times, start_ms)
        return (
            exact + self.counts[-1] - self.counts[self._pane(start_ms)] if self.minutes else exact
        )

    def total(self, start_ms: int) -> int:
        """The sum of their amounts."""
        exact = sum(self.amounts[bisect_right(self.times, start_ms) :])
        return (
            exact + self.totals[-1] - self.totals[self._pane(start_ms)] if self.minutes else exact
        )

    def greatest(self, start_ms: int) -> int | None:
        """Their greatest amount; None where there is none."""
        exact = max(self.amounts[bisect_right(self.times, start_ms) :], default=None)
        place = bisect_right(self.peaks, start_ms // MINUTE_MS, key=_minute)
        if place == len(self.peaks):
            return exact
        peak = self.peaks[place].amount
        return peak if exact is None else max(exact, peak)

    def distinct_others(self, start_ms: int) -> int:
        """How many other sides they have."""
        return len(set(self.others[bisect_right(self.times, start_ms) :]))

    def median(self, start_ms: int) -> int | None:
        """The lower median of their amounts; None where there is none."""
        amounts = self.amounts[bisect_right(self.times, start_ms) :]
        return median_low(amounts) if amounts else None

    def _pane(self, start_ms: int) -> int:
        return bisect_right(self.minutes, start_ms // MINUTE_MS)

    def _fold_oldest(self, now_ms: int) -> None:
        minute, amount = self.times.pop(0) // MINUTE_MS, self.amounts.pop(0)
        if self.others:
            del self.others[0]
        gone = bisect_right(self.minutes, (now_ms - LONGEST_MS) // MINUTE_MS)
        if gone:
            del self.minutes[:gone], self.counts[:gone], self.totals[:gone]
        if not self.minutes or self.minutes[-1] != minute:
            self.minutes.append(minute)
            self.counts.append(self.counts[-1])
            self.totals.append(self.totals[-1])
        self.counts[-1] += 1
        self.totals[-1] += amount
        self._raise_peak(minute, amount, now_ms)

    def _raise_peak(self, minute: int, amount: int, now_ms: int) -> None:
        peaks = self.peaks
        if peaks and peaks[0].minute <= (now_ms - LONGEST_MS) // MINUTE_MS:
            del peaks[: bisect_right(peaks, (now_ms - LONGEST_MS) // MINUTE_MS, key=_minute)]
        while peaks and peaks[-1].amount <= amount:
            peaks.pop()
        if not peaks or peaks[-1].minute != minute:
            peaks.append(Peak(minute, amount))


def _minute(peak: Peak) -> int:
    return peak.minute
