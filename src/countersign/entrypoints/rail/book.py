"""What a simulated rail has received and settled: one SQLite file, durable before an answer.

1. A transfer is known by its transaction id, and its UETR belongs to it alone; the first stands.
2. It is settled when a row of `settlement` says so, written with the status in one transaction.
   That table forbids no second row, so that settling twice would show and not be hidden.
3. Ids, amounts, statuses and times are kept: no names, accounts or customers' references.
"""

import contextlib
import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from countersign.entrypoints.rail.errors import RailStoreInUse, RailStoreUnusable
from countersign.infra.clock import monotonic
from countersign.kernel.money import Money
from countersign.rails.messages import IN_PROCESS, SETTLED


class Entry(NamedTuple):
    """One transfer as the rail knows it."""

    transaction_id: str
    uetr: str
    message_id: str
    amount: int  # Minor units.
    currency: str
    status: str
    reason: str | None
    due_ms: int


class Arrival(Enum):
    """What a transfer that came in is to the rail."""

    NEW = "new"
    AGAIN = "again"
    CONFLICTING = "conflicting"  # Its id or UETR stands for another transfer.


class Back(NamedTuple):
    """What comes back of a settled transfer, told until its receipt has come."""

    return_id: str
    transaction_id: str
    amount: int  # Minor units.
    made_ms: int
    due_ms: int
    is_received: bool = False


class Settled(NamedTuple):
    """One transfer with what happened to it, for whoever checks the rail."""

    transaction_id: str
    amount: Money
    status: str
    times_settled: int


class Book:
    """The store of one running rail; no second rail can open it."""

    def __init__(self, file: Path) -> None:
        self._lock = _locked(file)
        try:
            self._database = _opened(file)
            self._database.executescript(_TABLES)
        except sqlite3.Error:
            os.close(self._lock)
            raise RailStoreUnusable from None

    def close(self) -> None:
        self._database.close()
        os.close(self._lock)

    def accept(self, entry: Entry, *, now_ms: int) -> tuple[Arrival, Entry]:
        """Take a transfer in, or find what stands in its place."""
        with self._transaction():
            standing = self.find(entry.transaction_id, entry.uetr)
            if standing is None:
                self._database.execute(_INSERT, (*entry, now_ms))
                return Arrival.NEW, entry
        is_same = _what_it_is(standing) == _what_it_is(entry)
        return Arrival.AGAIN if is_same else Arrival.CONFLICTING, standing

    def find(self, transaction_id: str | None, uetr: str | None) -> Entry | None:
        """By transaction id; if that is unknown, by UETR."""
        for query, value in ((_BY_ID, transaction_id), (_BY_UETR, uetr)):
            row = self._database.execute(query, (value,)).fetchone() if value else None
            if row is not None:
                return Entry(*row)
        return None

    def decide_due(
        self, now_ms: int, decide: Callable[[str], tuple[str, str | None]], *, count_max: int
    ) -> list[Entry]:
        """Give what is due its final status; returns those that got one now."""
        decided = []
        with self._transaction():
            rows = self._database.execute(_DUE, (IN_PROCESS, now_ms, count_max)).fetchall()
            for row in rows:
                entry = Entry(*row)
                status, reason = decide(entry.transaction_id)
                changed = (status, reason, now_ms, entry.transaction_id, IN_PROCESS)
                if self._database.execute(_DECIDE, changed).rowcount == 1:
                    if status == SETTLED:
                        self._database.execute(_SETTLE, (entry.transaction_id, now_ms))
                    decided.append(entry._replace(status=status, reason=reason))
        return decided

    def next_due_ms(self) -> int | None:
        due: int | None = self._database.execute(_NEXT_DUE, (IN_PROCESS,)).fetchone()[0]
        return due

    def return_transfer(self, back: Back) -> None:
        """Note that a settled transfer comes back."""
        self._database.execute("INSERT INTO back VALUES (?, ?, ?, ?, ?, ?)", back)

    def returns_due(self, now_ms: int, *, count_max: int) -> list[Back]:
        """What comes back, is due and has no receipt yet."""
        return [Back(*row) for row in self._database.execute(_BACK_DUE, (now_ms, count_max))]

    def tell_again(self, back: Back, *, due_ms: int) -> None:
        self._database.execute(
            "UPDATE back SET due_ms = ? WHERE return_id = ?", (due_ms, back.return_id)
        )

    def note_receipt(self, return_id: str) -> None:
        """It is not told again."""
        self._database.execute("UPDATE back SET is_received = 1 WHERE return_id = ?", (return_id,))

    def next_return_ms(self) -> int | None:
        query = "SELECT min(due_ms) FROM back WHERE is_received = 0"
        due: int | None = self._database.execute(query).fetchone()[0]
        return due

    def count(self) -> int:
        known: int = self._database.execute("SELECT count(*) FROM transfer").fetchone()[0]
        return known

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")


def settled(file: Path) -> list[Settled]:
    """Every transfer the rail of this store has accepted, by transaction id; also while it runs."""
    if not file.exists():  # Opening would make it.
        raise RailStoreUnusable
    with contextlib.closing(_opened(file)) as database:
        return [
            Settled(transaction_id, Money(minor_units=amount, currency=currency), status, times)
            for transaction_id, amount, currency, status, times in database.execute(_SETTLED)
        ]


def returned(file: Path) -> list[Back]:
    """Everything that the rail of this store sent back, by transaction id; also while it runs."""
    with contextlib.closing(_opened(file)) as database:
        return [Back(*row) for row in database.execute("SELECT * FROM back ORDER BY 2")]


_OWNER_ONLY = 0o600
_IN_USE_SECONDS = 3.0
_TABLES = """
CREATE TABLE IF NOT EXISTS transfer (
  transaction_id TEXT PRIMARY KEY,
  uetr TEXT NOT NULL UNIQUE,
  message_id TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL,
  status TEXT NOT NULL,
  reason TEXT,
  due_ms INTEGER NOT NULL,
  received_ms INTEGER NOT NULL,
  decided_ms INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS transfer_due ON transfer (status, due_ms);
CREATE TABLE IF NOT EXISTS settlement (
  transaction_id TEXT NOT NULL REFERENCES transfer,
  settled_ms INTEGER NOT NULL
) STRICT;
-- A Back, in the order of its fields.
CREATE TABLE IF NOT EXISTS back (
  return_id TEXT PRIMARY KEY,
  transaction_id TEXT NOT NULL UNIQUE REFERENCES transfer,
  amount INTEGER NOT NULL CHECK (amount > 0),
  made_ms INTEGER NOT NULL,
  due_ms INTEGER NOT NULL,
  is_received INTEGER NOT NULL
) STRICT;
-- An Entry, in the order of its fields.
CREATE VIEW IF NOT EXISTS entry AS
SELECT transaction_id, uetr, message_id, amount, currency, status, reason, due_ms FROM transfer;
"""
_INSERT = "INSERT INTO transfer VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)"
_BY_ID = "SELECT * FROM entry WHERE transaction_id = ?"
_BY_UETR = "SELECT * FROM entry WHERE uetr = ?"
_DUE = """
SELECT * FROM entry WHERE status = ? AND due_ms <= ? ORDER BY due_ms, transaction_id LIMIT ?
"""
_BACK_DUE = """
SELECT * FROM back WHERE is_received = 0 AND due_ms <= ? ORDER BY due_ms, return_id LIMIT ?
"""
_NEXT_DUE = "SELECT min(due_ms) FROM transfer WHERE status = ?"
_DECIDE = (
    "UPDATE transfer SET status = ?, reason = ?, decided_ms = ? "
    "WHERE transaction_id = ? AND status = ?"
)
_SETTLE = "INSERT INTO settlement (transaction_id, settled_ms) VALUES (?, ?)"
_SETTLED = """
SELECT transaction_id, amount, currency, status,
  (SELECT count(*) FROM settlement WHERE settlement.transaction_id = transfer.transaction_id)
FROM transfer ORDER BY transaction_id
"""


def _what_it_is(entry: Entry) -> tuple[object, ...]:
    return (entry.transaction_id, entry.uetr, entry.amount, entry.currency)


def _opened(file: Path) -> sqlite3.Connection:
    database = sqlite3.connect(file, isolation_level=None, timeout=10)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    return database


def _locked(file: Path) -> int:
    """A lock that ends with the process, however that ends."""
    try:
        # Made here, so that nobody else may read it; its journal gets the same rights.
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, _OWNER_ONLY))
        lock = os.open(f"{file}.lock", os.O_RDWR | os.O_CREAT, _OWNER_ONLY)
    except OSError:
        raise RailStoreUnusable from None
    pause, deadline = threading.Event(), monotonic() + _IN_USE_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            # One whose supervisor was killed ends by itself in a moment.
            if monotonic() < deadline:
                pause.wait(0.1)
                continue
            os.close(lock)
            raise RailStoreInUse from None
        return lock
