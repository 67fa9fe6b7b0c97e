"""Balances and postings (I1): sums are kept, never set, and available never falls below the floor.

Rules: 1. money moves only between two accounts, so every currency sums to zero always.
2. A credit is spendable from the next batch on (`close_batch`), so the order inside a batch cannot
   let money move twice. 3. What a batch changed is in `touched`.
"""

from enum import IntEnum
from typing import NamedTuple

from countersign.kernel.invariant import invariant
from countersign.ledger.errors import BalanceOutOfRange, InsufficientFunds

UNLIMITED = -(2**62)
_BALANCE_MAX = 2**62


class PostingKind(IntEnum):
    PENDING = 1  # Holds the amount on the debit account.
    POST = 2  # A pending amount goes over for good.
    VOID = 3  # A pending amount is given back.
    DIRECT = 4  # Over for good at once.
    REVERSE = 5  # Undoes a direct posting of a funding or a correction, once.
    RETURN = 6  # The creditor's bank sent a settled transfer back.


class Posting(NamedTuple):
    number: int  # The command that caused it.
    leg: int
    kind: int
    transfer: int
    debit_account: int
    credit_account: int
    amount: int
    currency: str


class Balances:
    """Balance, held amount and floor of every account, by account number; position 0 is unused."""

    def __init__(self) -> None:
        self.balance: list[int] = [0]
        self.held: list[int] = [0]
        self.floor: list[int] = [0]
        self.touched: set[int] = set()
        self._incoming: dict[int, int] = {}

    def open(self, floor: int) -> None:
        self.balance.append(0)
        self.held.append(0)
        self.floor.append(floor)
        self.touched.add(len(self.balance) - 1)

    def available(self, account: int) -> int:
        """What may still go out, above the floor."""
        return self.balance[account] - self.held[account] - self.floor[account]

    def hold(self, debit: int, amount: int) -> None:
        if self.available(debit) < amount:
            raise InsufficientFunds
        self.held[debit] += amount
        self.touched.add(debit)

    def void(self, debit: int, amount: int) -> None:
        invariant(self.held[debit] >= amount, "only what is held can be given back")
        self.held[debit] -= amount
        self.touched.add(debit)

    def post(self, debit: int, credit: int, amount: int) -> None:
        """Take what was held."""
        # The move first: it may refuse, and a refusal changes nothing.
        self._move(debit, credit, amount)
        self.void(debit, amount)

    def direct(self, debit: int, credit: int, amount: int) -> None:
        if self.available(debit) < amount:
            raise InsufficientFunds
        self._move(debit, credit, amount)

    def close_batch(self) -> list[int]:
        """Make the batch's credits spendable; the accounts that it changed, in order."""
        balance = self.balance
        for account, amount in self._incoming.items():
            balance[account] += amount
        self.touched.update(self._incoming)
        changed = sorted(self.touched)
        self._incoming = {}
        self.touched = set()
        return changed

    def _move(self, debit: int, credit: int, amount: int) -> None:
        incoming = self._incoming.get(credit, 0) + amount
        if (
            self.balance[credit] + incoming > _BALANCE_MAX
            or self.balance[debit] - amount < -_BALANCE_MAX
        ):
            raise BalanceOutOfRange
        self.balance[debit] -= amount
        self.touched.add(debit)
        self._incoming[credit] = incoming
