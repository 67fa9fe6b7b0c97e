"""Accounts as the gate knows them: by number and blind index, with kind and currency.

Rule: numbers are given out in order from 1 and never again; an index names one account only.
"""

from enum import IntEnum
from typing import NamedTuple

from countersign.accounts.errors import (
    AccountExists,
    CurrencyOfAccount,
    NoSettlementAccount,
    NotPayable,
    SettlementAccountExists,
    UnknownAccount,
)


class AccountKind(IntEnum):
    CUSTOMER = 1
    EXTERNAL = 2  # Elsewhere, and mirrored here: paying it leaves by the rail.
    SETTLEMENT = 3
    RESERVE = 4


# The house's own books, which no transfer may name as its creditor.
INTERNAL = frozenset({AccountKind.SETTLEMENT, AccountKind.RESERVE})


class Account(NamedTuple):
    number: int
    kind: int
    currency: str
    account_index: bytes
    party: bytes


class Freeze(NamedTuple):
    account_index: bytes
    number: int  # The command that froze it.


class AccountBook:
    """All accounts and freezes, in memory. Position 0 is unused, so that 0 can mean none."""

    def __init__(self) -> None:
        self.kinds: list[int] = [0]
        self.currencies: list[str] = [""]
        self.indexes: list[bytes] = [b""]
        self.parties: list[bytes] = [b""]
        self.number_of: dict[bytes, int] = {}
        self.settlement: dict[str, int] = {}
        self.frozen: dict[bytes, int] = {}

    def __len__(self) -> int:
        return len(self.kinds) - 1

    def open(self, kind: AccountKind, currency: str, index: bytes, party: bytes) -> Account:
        """Give out the next number; a currency has one settlement account."""
        taken = self.number_of.get(index)
        if taken is not None:
            raise AccountExists(number=taken)
        settlement = self.settlement.get(currency)
        if kind == AccountKind.SETTLEMENT and settlement is not None:
            raise SettlementAccountExists(number=settlement)
        number = len(self.kinds)
        account = Account(number, int(kind), currency, index, party)
        self.restore(account)
        return account

    def restore(self, account: Account) -> None:
        self.kinds.append(account.kind)
        self.currencies.append(account.currency)
        self.indexes.append(account.account_index)
        self.parties.append(account.party)
        self.number_of[account.account_index] = account.number
        if account.kind == AccountKind.SETTLEMENT:
            self.settlement[account.currency] = account.number

    def find(self, index: bytes) -> Account:
        """The account of a blind index."""
        return self.account(self.number_of.get(index, 0))

    def account(self, number: int) -> Account:
        if not 0 < number < len(self.kinds):
            raise UnknownAccount
        return Account(
            number,
            self.kinds[number],
            self.currencies[number],
            self.indexes[number],
            self.parties[number],
        )

    def counter_of(self, creditor: int, currency: str) -> int:
        """Who is credited when this creditor is paid: its account here, or the settlement account.

        0 is a creditor of another house. Refuses who cannot be paid in this currency.
        """
        kind = self.kinds[creditor]
        if kind in INTERNAL:
            raise NotPayable
        if kind == AccountKind.CUSTOMER:
            if self.currencies[creditor] != currency:
                raise CurrencyOfAccount
            return creditor
        counter = self.settlement.get(currency, 0)
        if not counter:
            raise NoSettlementAccount
        return counter
