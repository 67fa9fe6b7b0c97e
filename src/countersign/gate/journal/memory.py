"""A journal in memory, for simulation: the same rules as Postgres, and a fault wherever asked for.

`Disk` is what survives a crash of the gate; `MemoryJournal` is one gate's connection to it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from countersign.access.model import Credential
from countersign.accounts.model import Account, Freeze
from countersign.alerts.model import Alert, AlertStatus
from countersign.gate.batch import Decided
from countersign.gate.changes import Changes
from countersign.gate.journal.protocol import (
    CommitRefused,
    CommitUnknown,
    KeyRow,
    Projections,
    Recorded,
    RequestKey,
    StoredSnapshot,
)
from countersign.gate.rows import CommandRow, Header
from countersign.rules.model import PolicyRow
from countersign.transfers.model import HoldRow, TransferRow


@dataclass(slots=True)
class Disk:
    """What is durable."""

    batches: list[Recorded] = field(default_factory=list)
    keys: dict[RequestKey, KeyRow] = field(default_factory=dict)
    rows: dict[int, TransferRow | CommandRow] = field(default_factory=dict)
    accounts: dict[int, Account] = field(default_factory=dict)
    balances: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    freezes: dict[bytes, int] = field(default_factory=dict)
    credentials: dict[int, Credential] = field(default_factory=dict)
    policies: list[PolicyRow] = field(default_factory=list)
    holds: dict[int, HoldRow] = field(default_factory=dict)
    alerts: dict[int, Alert] = field(default_factory=dict)
    tiles: dict[int, bytes] = field(default_factory=dict)
    # (transfer, topic): due, command that caused it; only a worker takes rows out.
    outbox: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    snapshots: list[tuple[int, StoredSnapshot]] = field(default_factory=list)


Fault = Callable[[str], None]
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


def no_fault(point: str) -> None:
    """Let everything pass."""
    del point


class MemoryJournal:
    """One gate's view of the disk. `fault` is called at each step and may raise."""

    def __init__(self, disk: Disk, fault: Fault = no_fault) -> None:
        self._disk = disk
        self._fault = fault
        self._sent: Decided | None = None
        self._asked: Sequence[RequestKey] = ()

    def open(self) -> None:
        self._fault("open")
        self._sent = None
        self._asked = ()

    def close(self) -> None:
        self._sent = None

    def take_over(self) -> None:
        self._fault("take_over")

    def head(self) -> Header | None:
        return self._disk.batches[-1].header if self._disk.batches else None

    def header_at(self, seq: int) -> Header | None:
        if not 0 < seq <= len(self._disk.batches):
            return None
        return self._disk.batches[seq - 1].header

    def tail(self, after_seq: int) -> Iterator[Recorded]:
        yield from self._disk.batches[after_seq:]

    def look_up_start(self, keys: Sequence[RequestKey]) -> None:
        self._asked = keys

    def look_up_finish(self) -> dict[RequestKey, KeyRow]:
        self._fault("look_up")
        return {key: self._disk.keys[key] for key in self._asked if key in self._disk.keys}

    def rows_of(self, keys: Sequence[KeyRow]) -> dict[int, TransferRow | CommandRow]:
        self._fault("rows")
        rows = self._disk.rows
        return {key.number: rows[key.number] for key in keys if key.number in rows}

    def commit_start(self, decided: Decided) -> None:
        self._fault("send")
        self._sent = decided

    def commit_finish(self) -> None:
        decided, self._sent = self._sent, None
        if decided is None:
            raise CommitUnknown("nothing was sent")
        self._fault("before_commit")
        self._write(decided)
        self._fault("after_commit")

    def settle(self, decided: Decided, void: Header) -> Header:
        self._fault("settle")
        del decided
        standing = self.header_at(void.seq)
        if standing is None:
            self._check_place(void)
            self._disk.batches.append(Recorded(void, [], [], []))
            standing = void
        return standing

    def projections(self) -> Projections:
        disk = self._disk
        return Projections(
            accounts=list(disk.accounts.values()),
            balances=[(number, *values) for number, values in sorted(disk.balances.items())],
            freezes=[Freeze(index, number) for index, number in disk.freezes.items()],
            credentials=list(disk.credentials.values()),
            policies=list(disk.policies),
            holds=list(disk.holds.values()),
            alerts=[a for a in disk.alerts.values() if a.status != AlertStatus.CLOSED],
        )

    def wrong_keys(self, after_number: int) -> list[int]:
        return [
            number
            for number, row in sorted(self._disk.rows.items())
            if number >= after_number and not self._has_its_key(row)
        ]

    def tiles(self, first: int) -> list[tuple[int, bytes]]:
        return sorted((n, tile) for n, tile in self._disk.tiles.items() if n >= first)

    def snapshot(self) -> StoredSnapshot | None:
        return self._disk.snapshots[-1][1] if self._disk.snapshots else None

    def keep_snapshot(self, seq: int, snapshot: StoredSnapshot) -> None:
        self._fault("snapshot")
        self._disk.snapshots = [*self._disk.snapshots[-1:], (seq, snapshot)]

    def _has_its_key(self, row: TransferRow | CommandRow) -> bool:
        key = self._disk.keys.get((row.credential, row.key))
        return key is not None and (key.mac, key.number) == (row.mac, row.number)

    def _check_place(self, header: Header) -> None:
        head = self.head()
        place = (head.seq, head.term, head.root) if head else (0, 0, header.prev_root)
        if (header.seq - 1, header.prev_term, header.prev_root) != place:
            raise CommitRefused("the place in the chain is taken", is_taken=True)

    def _write(self, decided: Decided) -> None:
        self._check_place(decided.header)
        disk, changes, day = self._disk, decided.changes, decided.day
        rows: list[TransferRow | CommandRow] = [*changes.transfers, *changes.commands]
        if any((row.credential, row.key) in disk.keys for row in rows):
            raise CommitRefused("a request key is used twice", is_taken=False)
        disk.batches.append(
            Recorded(
                decided.header,
                list(changes.transfers),
                list(changes.commands),
                list(changes.postings),
            )
        )
        for row in rows:
            disk.keys[row.credential, row.key] = KeyRow(row.mac, day, row.number)
            disk.rows[row.number] = row
        self._project(changes, decided.balances)

    def _project(self, changes: Changes, balances: list[tuple[int, int, int, int]]) -> None:
        disk = self._disk
        disk.accounts.update({account.number: account for account in changes.accounts})
        disk.balances.update({number: (b, h, f) for number, b, h, f in balances})
        _apply_net(disk.freezes, changes.freezes)
        _apply_net(disk.holds, changes.holds)
        disk.alerts.update(changes.alerts)
        disk.credentials.update(changes.credentials)
        disk.policies.extend(changes.policies)
        disk.tiles.update(changes.tiles)
        for number, topic, due_ms, cause in changes.outbox:
            disk.outbox[number, topic] = (due_ms, cause)


def _apply_net(table: dict[_Key, _Value], net: dict[_Key, _Value | None]) -> None:
    for key, value in net.items():
        if value is None:
            table.pop(key, None)
        else:
            table[key] = value
