"""The histories of all debtors, creditors and pairs, and the features read from them.

Gate state: it changes when an order is decided, and by nothing else. A creditor, and so a pair, is
known by account and currency, because amounts of two currencies have no sum.
"""

from collections.abc import Sequence
from typing import NamedTuple

from countersign.features.declared import Moment, Reading
from countersign.features.history import History


class Parties(NamedTuple):
    """Whose histories an order belongs to; -1 where a creditor was never seen."""

    debtor: int
    creditor: int


class Features:
    """All histories. Creditors are numbered in the order in which they were first paid."""

    def __init__(self) -> None:
        self.debtors: dict[int, History] = {}
        self.creditors: list[History] = []
        self.creditor_numbers: dict[bytes, int] = {}
        self.pairs: dict[tuple[int, int], History] = {}

    def read(
        self, readings: Sequence[Reading], *, debtor: int, creditor: bytes, amount: int, now_ms: int
    ) -> tuple[int | None, ...]:
        """What is known of an order before it is counted itself; `creditor` ends in a currency."""
        number = self.creditor_numbers.get(creditor, -1)
        moment = Moment(
            now_ms,
            amount,
            self.debtors.get(debtor, _NO_HISTORY),
            self.creditors[number] if number >= 0 else _NO_HISTORY,
            self.pairs.get((debtor, number), _NO_HISTORY),
        )
        return tuple([reading(moment) for reading in readings])

    def observe(self, *, debtor: int, creditor: bytes, amount: int, now_ms: int) -> None:
        """Count one decided order."""
        number = self.creditor_numbers.get(creditor)
        if number is None:
            number = self.creditor_numbers[creditor] = len(self.creditors)
            self.creditors.append(History())
        of_debtor = self.debtors.get(debtor)
        if of_debtor is None:
            of_debtor = self.debtors[debtor] = History()
        of_pair = self.pairs.get((debtor, number))
        if of_pair is None:
            of_pair = self.pairs[debtor, number] = History()
        of_debtor.observe(now_ms, amount, number)
        self.creditors[number].observe(now_ms, amount, debtor)
        of_pair.observe(now_ms, amount)


_NO_HISTORY = History()
