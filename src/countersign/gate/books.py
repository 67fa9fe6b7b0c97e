"""What committed rows say must be in the ledger: postings, balances, and the state that is signed.

No decision is made again here: an order's status and a command's outcome are taken as committed,
and what they mean in money follows. Pure, and made for rows that may have been changed: what
cannot be read gives nothing, so that the comparison with the tables shows it.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from countersign.accounts.model import AccountKind
from countersign.gate.batch import next_state_hash
from countersign.gate.commands import Correct, Fund, Kind, OpenAccount, Return, Reverse, decode
from countersign.gate.rows import CommandRow
from countersign.ledger.model import UNLIMITED, Posting, PostingKind
from countersign.ledger.reversible import Entry, ReversibleEntries
from countersign.transfers.model import Status, TransferRow


class Terms(NamedTuple):
    """What a transfer's later commands and postings are held against."""

    number: int
    digest: bytes
    debtor: int
    creditor: int
    amount: int
    currency: str


@dataclass(slots=True)
class Account:
    kind: int
    currency: str
    floor: int
    balance: int = 0
    held: int = 0


def terms_of(row: TransferRow) -> Terms:
    return Terms(row.number, row.digest, row.debtor, row.creditor, row.amount, row.currency)


class Books:
    """All accounts, as the rows that were given so far leave them."""

    def __init__(self) -> None:
        self.accounts: dict[int, Account] = {}
        self._number_of: dict[bytes, int] = {}
        self._settlement: dict[str, int] = {}
        self._touched: set[int] = set()
        # No gate knows more entries than these, so what it reversed is among them.
        self._reversible = ReversibleEntries()

    def order_posting(self, row: TransferRow) -> Posting | None:
        """The posting of an accepted order."""
        kind = _ORDER_POSTINGS.get(row.status)
        if kind is None:
            return None
        return self._transfer_posting(row.number, kind, terms_of(row))

    def command_posting(self, row: CommandRow, terms: Terms | None) -> Posting | None:
        """The posting of any other command; `terms` are those of the transfer that it names."""
        if row.transfer:
            return self._later_posting(row, terms) if terms else None
        command = _decoded(row) if row.outcome == "ok" else None
        match command:
            case OpenAccount():
                self._open(row, command)
                return None
            case Reverse():
                return self._reversal(row.number, command.original)
            case Fund():
                debit = self._settlement.get(command.currency, 0)
                credit = self._number_of.get(command.index, 0)
            case Correct():
                debit = self._number_of.get(command.debit_index, 0)
                credit = self._number_of.get(command.credit_index, 0)
            case _:
                return None
        kind = PostingKind.DIRECT
        return Posting(row.number, 0, kind, 0, debit, credit, command.amount, command.currency)

    def book(self, postings: Iterable[Posting]) -> None:
        """Take postings over into the balances."""
        for posting in postings:
            debit, credit = posting.debit_account, posting.credit_account
            if posting.kind == PostingKind.PENDING:
                self._add(debit, held=posting.amount)
            elif posting.kind == PostingKind.VOID:
                self._add(debit, held=-posting.amount)
            else:
                held = -posting.amount if posting.kind == PostingKind.POST else 0
                self._add(debit, balance=-posting.amount, held=held)
                self._add(credit, balance=posting.amount)
            if posting.kind == PostingKind.DIRECT and not posting.transfer:
                entry = Entry(debit, credit, posting.amount, at_ms=0)
                self._reversible.remember(posting.number, entry)

    def state_hash_after(self, *, previous: bytes, root: bytes) -> bytes:
        """The state hash of a batch that left these balances; begins the next batch."""
        changed = sorted(self._touched)
        self._touched.clear()
        packed = []
        for number in changed:
            account = self.accounts[number]
            try:
                packed.append(_values(number, account.balance, account.held, account.floor))
            except struct.error:  # Balances that no gate can have: the hash shall not fit either.
                packed.append(b"")
        return next_state_hash(previous, root, b"".join(packed))

    def _transfer_posting(self, number: int, kind: PostingKind, terms: Terms) -> Posting:
        debit, credit = terms.debtor, self._counter(terms)
        return Posting(number, 0, kind, terms.number, debit, credit, terms.amount, terms.currency)

    def _later_posting(self, row: CommandRow, terms: Terms) -> Posting | None:
        """The posting of a command that names a transfer."""
        kind = _OUTCOME_POSTINGS.get(row.outcome)
        if kind == PostingKind.RETURN:
            return self._return(row, terms)
        return self._transfer_posting(row.number, kind, terms) if kind else None

    def _return(self, row: CommandRow, terms: Terms) -> Posting | None:
        """What came back of a transfer: no more than it moved, in its currency."""
        command = _decoded(row)
        if not isinstance(command, Return) or command.currency != terms.currency:
            return None
        if not 0 < command.amount <= terms.amount:
            return None
        out = self._transfer_posting(row.number, PostingKind.RETURN, terms)
        debit, credit = out.credit_account, out.debit_account
        return out._replace(debit_account=debit, credit_account=credit, amount=command.amount)

    def _reversal(self, number: int, original: int) -> Posting | None:
        """The mirrored posting of what the original booked, as it was booked."""
        entry = self._reversible.booked(original)
        if entry is None:
            return None
        debit, credit = entry.credit_account, entry.debit_account
        account = self.accounts.get(debit)
        currency = account.currency if account else ""
        return Posting(number, 0, PostingKind.REVERSE, 0, debit, credit, entry.amount, currency)

    def _counter(self, terms: Terms) -> int:
        """Who is credited: a creditor who is a customer here, else the settlement account."""
        creditor = self.accounts.get(terms.creditor)
        if creditor is not None and creditor.kind == AccountKind.CUSTOMER:
            return terms.creditor
        return self._settlement.get(terms.currency, 0)

    def _open(self, row: CommandRow, command: OpenAccount) -> None:
        try:
            number = _number(row.detail)
        except msgspec.MsgspecError:
            return
        is_own = command.account_kind in {AccountKind.SETTLEMENT, AccountKind.EXTERNAL}
        floor = UNLIMITED if is_own else -command.overdraft
        self.accounts[number] = Account(command.account_kind, command.currency, floor)
        self._number_of[command.index] = number
        self._touched.add(number)
        if command.account_kind == AccountKind.SETTLEMENT:
            self._settlement.setdefault(command.currency, number)

    def _add(self, number: int, *, balance: int = 0, held: int = 0) -> None:
        account = self.accounts.get(number)
        if account is None:
            return
        account.balance += balance
        account.held += held
        self._touched.add(number)


_ORDER_POSTINGS = {
    int(Status.HELD): PostingKind.PENDING,
    int(Status.RELEASED): PostingKind.PENDING,
    int(Status.SETTLED): PostingKind.DIRECT,
}
_OUTCOME_POSTINGS = {
    "settled": PostingKind.POST,
    "rejected": PostingKind.VOID,
    "cancelled": PostingKind.VOID,
    "expired": PostingKind.VOID,
    "returned": PostingKind.RETURN,
}
_values = struct.Struct(">QqQq").pack
_number = msgspec.msgpack.Decoder(int).decode


def _decoded(row: CommandRow) -> object:
    try:
        return decode(row.kind, row.body) if row.kind in _MONEY_KINDS else None
    except (msgspec.MsgspecError, ValueError, KeyError):
        return None


_MONEY_KINDS = frozenset({Kind.OPEN_ACCOUNT, Kind.FUND, Kind.CORRECT, Kind.REVERSE, Kind.RETURN})
