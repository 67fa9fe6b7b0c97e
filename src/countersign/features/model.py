"""The histories of all debtors, creditors and pairs, and the features read from them.

Gate state: it changes when an order is decided, and by nothing else. A creditor, and so a pair, is
known by account and currency, because amounts of two currencies have no sum.
"""

from typing import NamedTuple

from countersign.features.declared import Moment
from countersign.features.history import LONGEST_MS, History

FRESH_MS = LONGEST_MS


class Sides(NamedTuple):
    """Whose histories an order belongs to. A creditor is named by account and currency."""

    debtor: int
    creditor: bytes
    debtor_as_creditor: bytes


class Features:
    """All histories. Creditors are numbered in the order in which they were first paid."""

    def __init__(self) -> None:
        self.debtors: dict[int, History] = {}
        self.creditors: list[History] = []
        self.creditor_numbers: dict[bytes, int] = {}
        self.pairs: dict[tuple[int, int], History] = {}
        # By debtor, its orders to creditors whom it had first paid no longer ago than FRESH_MS.
        self.fresh: dict[int, History] = {}

    def moment(self, sides: Sides, amount: int, now_ms: int) -> Moment:
        """What features of one order are read from, before it is counted itself."""
        numbers, creditors = self.creditor_numbers, self.creditors
        number = numbers.get(sides.creditor, -1)
        own = numbers.get(sides.debtor_as_creditor, -1)
        return Moment(
            now_ms,
            amount,
            self.debtors.get(sides.debtor, _NO_HISTORY),
            creditors[number] if number >= 0 else _NO_HISTORY,
            self.pairs.get((sides.debtor, number), _NO_HISTORY),
            creditors[own] if own >= 0 else _NO_HISTORY,
            self.fresh.get(sides.debtor, _NO_HISTORY),
        )

    def observe(self, sides: Sides, amount: int, now_ms: int) -> None:
        """Count one decided order."""
        debtor, creditor = sides.debtor, sides.creditor
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
        if now_ms - of_pair.first_ms <= FRESH_MS:
            of_fresh = self.fresh.get(debtor)
            if of_fresh is None:
                of_fresh = self.fresh[debtor] = History()
            of_fresh.observe(now_ms, amount, number)


_NO_HISTORY = History()
