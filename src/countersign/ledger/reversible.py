"""What funding and corrections booked lately: what may still be reversed, each once. Pure.

Rules: 1. Entries come in the order of their numbers and of time. 2. Memory is bounded by age and by
count; what is forgotten is refused as too old, never reversed unseen. 3. A reversed entry stays
until its time is over, so that a second reversal is refused by name.
"""

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from countersign.kernel.invariant import invariant
from countersign.ledger.errors import (
    AlreadyReversed,
    NotReversible,
    TooOldToReverse,
    UnknownEntry,
)

WINDOW_DAYS = 30
WINDOW_MS = WINDOW_DAYS * 86_400_000
COUNT_MAX = 100_000


class Entry(NamedTuple):
    """One posting as it was booked; accounts by number, amount in minor units."""

    debit_account: int
    credit_account: int
    amount: int
    at_ms: int
    reversed_by: int = 0  # The command that undid it; 0: none, as command 0 has nothing to undo.


class ReversibleEntries:
    """By the number of the command that booked them, oldest first."""

    __slots__ = ("_count_max", "_entries", "_order", "known_from")

    def __init__(self, *, count_max: int = COUNT_MAX) -> None:
        self.known_from = 0  # Of commands before it is not known any more what they booked.
        self._entries: dict[int, Entry] = {}
        self._order: deque[int] = deque()
        self._count_max = count_max

    def __len__(self) -> int:
        return len(self._entries)

    def remember(self, number: int, entry: Entry) -> None:
        invariant(not self._order or self._order[-1] < number, "entries come in their order")
        self._entries[number] = entry
        self._order.append(number)
        if len(self._order) > self._count_max:
            self._forget_oldest()

    def forget_old(self, now_ms: int) -> None:
        """Drop what was booked a window ago; a function of batch time alone."""
        while self._order and self._entries[self._order[0]].at_ms + WINDOW_MS <= now_ms:
            self._forget_oldest()

    def booked(self, number: int) -> Entry | None:
        """What a command booked, whether it was reversed or not."""
        return self._entries.get(number)

    def find(self, number: int, *, next_number: int) -> Entry:
        """The entry of a command that may be reversed now; `next_number` is the first unused."""
        if number >= next_number:
            raise UnknownEntry(number=number)
        entry = self._entries.get(number)
        if entry is None:
            if number < self.known_from:
                raise TooOldToReverse(number=number, days=WINDOW_DAYS)
            raise NotReversible(number=number)
        if entry.reversed_by:
            raise AlreadyReversed(number=number, reversal=entry.reversed_by)
        return entry

    def mark(self, number: int, *, reversed_by: int) -> None:
        """Once is enough: from here on `find` refuses the number."""
        self._entries[number] = self._entries[number]._replace(reversed_by=reversed_by)

    def dump(self) -> list[tuple[int, ...]]:
        """All entries as plain values, in order."""
        return [(number, *self._entries[number]) for number in self._order]

    @classmethod
    def load(cls, known_from: int, dumped: Iterable[tuple[int, ...]]) -> "ReversibleEntries":
        """The inverse of `known_from` and `dump`."""
        made = cls()
        made.known_from = known_from
        for number, *values in dumped:
            made.remember(number, Entry(*values))
        return made

    def _forget_oldest(self) -> None:
        number = self._order.popleft()
        del self._entries[number]
        self.known_from = number + 1
