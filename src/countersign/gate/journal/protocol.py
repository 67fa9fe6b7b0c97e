"""What the engine asks of a journal, and the three ways in which a commit can go wrong.

A commit that failed for certain raises CommitRefused if it may be for what its commands say, and
CommitHindered if it is not; one whose outcome nobody knows raises CommitUnknown and is settled by
`settle`, which is the only way to learn it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from countersign.access.model import Credential
from countersign.accounts.model import Account, Freeze
from countersign.alerts.model import Alert
from countersign.gate.batch import Decided
from countersign.gate.rows import CommandRow, Header
from countersign.ledger.model import Posting
from countersign.rules.model import PolicyRow
from countersign.transfers.model import HoldRow, TransferRow


class CommitRefused(Exception):
    """The batch is certainly not committed: `is_taken` says that its place in the chain is."""

    def __init__(self, why: str, *, is_taken: bool) -> None:
        super().__init__(why)
        self.is_taken = is_taken


class CommitHindered(CommitRefused):
    """The batch is certainly not committed, for want of space, a right, a lock: by no command."""

    def __init__(self, why: str) -> None:
        super().__init__(why, is_taken=False)


class CommitUnknown(Exception):
    """The connection broke or timed out; the batch may be committed or not."""


class JournalBroken(Exception):
    """The journal cannot be reached now; nothing was written by this call."""


RequestKey = tuple[int, bytes]


class KeyRow(NamedTuple):
    mac: bytes
    day: int
    number: int


@dataclass(slots=True)
class Recorded:
    """One batch as the journal holds it, unchecked."""

    header: Header
    transfers: list[TransferRow]
    commands: list[CommandRow]
    postings: list[Posting]


@dataclass(slots=True)
class Projections:
    """The tables that mirror gate state, unchecked."""

    accounts: list[Account]
    balances: list[tuple[int, int, int, int]]  # (account, balance, held, floor)
    freezes: list[Freeze]
    credentials: list[Credential]
    policies: list[PolicyRow]
    holds: list[HoldRow]
    alerts: list[Alert]  # That are not closed.


class StoredSnapshot(NamedTuple):
    manifest: bytes
    signature: bytes
    content: bytes


class Journal(Protocol):
    """One gate's journal. `commit_start` and `commit_finish` belong to one thread."""

    def open(self) -> None:
        """Connect for serving; also after a broken connection."""

    def close(self) -> None: ...

    def take_over(self) -> None:
        """End whatever an older gate still has in flight, so that it cannot block this one."""

    def head(self) -> Header | None:
        """The newest batch header, unchecked."""

    def header_at(self, seq: int) -> Header | None: ...

    def tail(self, after_seq: int) -> Iterator[Recorded]:
        """All batches after `after_seq`, in order."""

    def look_up_start(self, keys: Sequence[RequestKey]) -> None:
        """Begin to ask which keys are used; at most one look-up is open."""

    def look_up_finish(self) -> dict[RequestKey, KeyRow]: ...

    def rows_of(self, keys: Sequence[KeyRow]) -> dict[int, TransferRow | CommandRow]:
        """The rows that request keys point at, by number, in one question however many they are."""

    def commit_start(self, decided: Decided) -> None:
        """Send a batch; raises CommitUnknown if even that broke."""

    def commit_finish(self) -> None:
        """Wait until the batch sent last is durable."""

    def settle(self, decided: Decided, void: Header) -> Header:
        """Put `void` at the place of an unknown batch; the header that then stands there."""

    def projections(self) -> Projections: ...

    def wrong_keys(self, after_number: int) -> list[int]:
        """Commands after a number whose request key row is missing or differs."""

    def tiles(self, first: int) -> list[tuple[int, bytes]]:
        """Tiles of the log from a tile number on."""

    def snapshot(self) -> StoredSnapshot | None:
        """The newest snapshot, unchecked."""

    def keep_snapshot(self, seq: int, snapshot: StoredSnapshot) -> None:
        """Store a snapshot and drop older ones but one; from any thread."""
