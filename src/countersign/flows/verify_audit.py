"""Verify the whole journal: batches, rows, log, ledger, keys, checkpoints, projections (I1, I6).

Rules: 1. What the gate or the checkpoint key signed is believed, all else is held against it. 2. No
fault ends the verification. 3. Memory holds 64 batches, one entry an account and one for whatever
stands, as a hold or a freeze does. 4. The journal is read in short pieces up to its end; the last
piece and the tables as wholes share a snapshot. It runs as the app's role, also beside a live gate.
"""

import struct
from bisect import bisect_left
from collections.abc import Callable, Iterator
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple, Protocol, TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from psycopg.pq import TransactionStatus

from countersign.audit import queries as audit
from countersign.audit.checkpoint import Verifier, open_checkpoint
from countersign.audit.compact_range import TILE_LEAVES
from countersign.audit.merkle import EMPTY_ROOT, SIZE_MAX
from countersign.audit.model import StoredCheckpoint
from countersign.flows.audit_check.ledger import LedgerCheck
from countersign.flows.audit_check.log import LogCheck
from countersign.flows.audit_check.report import FAULTS_MAX, AuditReport, FaultKind
from countersign.flows.audit_check.standing import StandingCheck
from countersign.gate.books import Terms, terms_of
from countersign.gate.head import Head, head_of
from countersign.gate.journal import scanning
from countersign.gate.journal.bridge import Connection
from countersign.gate.journal.scanning import Piece
from countersign.gate.rows import DAY_MS, ZERO_HASH, Header
from countersign.kernel.invariant import invariant
from countersign.kernel.refusal import Refusal
from countersign.transfers.model import TransferRow

Progress = Callable[[int, int], None]

_SPAN_MAX = 8192  # Of commands whose batch is missing or not to be believed.


def no_progress(done: int, of: int) -> None:
    del done, of


def verify_audit(
    connection: Connection,
    *,
    instance: bytes,
    gate_key: Ed25519PublicKey,
    log: Verifier,
    kept: Head | None = None,
    progress: Progress = no_progress,
) -> AuditReport:
    """Verify everything; without `kept`, the head file's batch, a cut end may not show."""
    invariant(
        connection.info.transaction_status == TransactionStatus.IDLE,
        "the verification opens transactions of its own, short ones",
    )
    walk = _Walk(connection, instance=instance, gate_key=gate_key, log=log, kept=kept)
    with connection.transaction():
        newest = scanning.newest_header(connection)
    of = newest.first_number + newest.leaves if newest else 0
    is_behind = newest is not None
    while is_behind:
        with connection.transaction():
            is_behind = walk.step() and newest is not None and walk.seq < newest.seq
        progress(walk.report.commands, of)
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        while walk.step():
            pass
        walk.finish()
    return walk.report


class _Span(NamedTuple):
    """Some commands, of one batch or of none that is there."""

    header: Header | None
    before: Header | None
    first: int
    end: int
    days: tuple[int, int]


class _Walk:
    """From the first batch to the last, then the tables as wholes."""

    def __init__(
        self,
        connection: Connection,
        *,
        instance: bytes,
        gate_key: Ed25519PublicKey,
        log: Verifier,
        kept: Head | None,
    ) -> None:
        self.report = AuditReport(root=EMPTY_ROOT)
        self._connection = connection
        self._instance = instance
        self._gate_key = gate_key
        self._verifier = log
        self._kept = kept if kept is not None and kept.seq else None
        self._log = LogCheck(self.report)
        self._ledger = LedgerCheck(self.report)
        self._standing = StandingCheck(self.report)
        self._last: Header | None = None
        self._end = 0  # Of the commands that the batches so far hold.
        self._roots = {0: EMPTY_ROOT}  # By size, of the batches whose checkpoints are due.
        self._checkpoints_to = -1
        self._postings = 0
        self._keys = 0

    @property
    def seq(self) -> int:
        return self._last.seq if self._last else 0

    def step(self) -> bool:
        """Verify the next batches; False at the end of the journal."""
        headers = scanning.headers_after(self._connection, self.seq)
        spans = [span for header in headers for span in self._spans(header)]
        for _, group in groupby(spans, key=_group_of):
            self._take(list(group))
        self._take_checkpoints()
        self.report.batches += len(headers)
        self.report.root = self._log.root
        return bool(headers)

    def finish(self) -> None:
        """Look at the tables as wholes: what belongs to no batch, and what the sums are."""
        self._ledger.compare_balances(scanning.read_balances(self._connection))
        self._standing.compare(self._connection)
        counts = scanning.count_rows(self._connection)
        if counts.rows != self.report.commands:
            self._strange(FaultKind.ROW_STRANGE, "transfer", scanning.SELECT_STRANGE_TRANSFERS)
            self._strange(FaultKind.ROW_STRANGE, "command", scanning.SELECT_STRANGE_COMMANDS)
        if counts.postings != self._postings:
            what = "the posting of command"
            self._strange(FaultKind.POSTING_STRANGE, what, scanning.SELECT_STRANGE_POSTINGS)
        if counts.keys != self._keys:
            what = "a request key that points at command"
            self._strange(FaultKind.KEY_STRANGE, what, scanning.SELECT_STRANGE_KEYS)
        newest_tile = audit.newest_tile(self._connection)
        if newest_tile is not None and newest_tile >= self._end // TILE_LEAVES:
            self.report.add(FaultKind.TILE_STRANGE, f"tile {newest_tile} lies beyond the log")
        self._look_for_a_cut()

    def _spans(self, header: Header) -> Iterator[_Span]:
        """The commands of a batch, after those before it whose batch is missing."""
        before, self._last = self._last, header
        is_signed = self._check_header(header, before)
        first = header.first_number if is_signed else self._end
        day = header.batch_ms // DAY_MS
        day_before = before.batch_ms // DAY_MS if before else 0
        for start in range(self._end, first, _SPAN_MAX):
            end = min(first, start + _SPAN_MAX)
            yield _Span(None, None, start, end, (day_before, day))
        # A header that is not signed is believed in nothing but small things.
        first = max(first, self._end)
        leaves = header.leaves if is_signed else min(header.leaves, _SPAN_MAX)
        self._end = first + leaves
        yield _Span(header, before, first, self._end, (day, day))

    def _check_header(self, header: Header, before: Header | None) -> bool:
        is_signed = self._is_signed(header)
        if not is_signed:
            self.report.add(FaultKind.BATCH_SIGNATURE, f"batch {header.seq}")
        expected = before.seq + 1 if before else 1
        if header.seq != expected:
            what = f"batches {expected} to {header.seq - 1}"
            self.report.add(FaultKind.BATCH_MISSING, what)
        elif not _follows(header, before):
            self.report.add(FaultKind.BATCH_CHAIN, f"batch {header.seq}")
        kept = self._kept
        if kept is not None and header.seq == kept.seq and head_of(header) != kept:
            self.report.add(FaultKind.HEAD_DIFFERS, f"batch {header.seq}")
        return is_signed

    def _is_signed(self, header: Header) -> bool:
        try:
            self._gate_key.verify(header.signature, header.signed_bytes(self._instance))
        except (InvalidSignature, struct.error):  # The latter for numbers that no gate wrote.
            return False
        return True

    def _take(self, spans: list[_Span]) -> None:
        """Verify the commands of batches of one day."""
        first, end = spans[0].first, spans[-1].end
        piece = Piece(rows=[], postings=[], wrong_keys=[])
        tiles: dict[int, bytes] = {}
        if first < end:
            piece = scanning.read_piece(self._connection, first=first, end=end, days=spans[0].days)
            tiles = audit.tiles_between(
                self._connection, first=first // TILE_LEAVES, last=(end - 1) // TILE_LEAVES
            )
        terms = self._terms(piece)
        for number in piece.wrong_keys:
            self.report.add(FaultKind.KEY_WRONG, f"the request key of command {number}")
        self.report.commands += len(piece.rows)
        self._postings += len(piece.postings)
        self._keys += len(piece.rows) - len(piece.wrong_keys)
        for span in spans:
            self._take_span(span, piece, terms, tiles)

    def _take_span(
        self, span: _Span, piece: Piece, terms: dict[int, Terms], tiles: dict[int, bytes]
    ) -> None:
        there = _within(span, piece.rows)
        rows = {row.number: row for row in there}
        if len(rows) != len(there):
            what = f"two rows have one number in {span.first} to {span.end - 1}"
            self.report.add(FaultKind.ROW_STRANGE, what)
        wrong: set[int] = set()
        header = span.header
        if header is None:
            self._log.skip(first=span.first, end=span.end, tiles=tiles)
        else:
            wrong = self._log.take(header, first=span.first, end=span.end, rows=rows, tiles=tiles)
        postings = _within(span, piece.postings)
        self._ledger.take(rows.values(), postings=postings, terms=terms, wrong=wrong)
        self._standing.take(rows.values(), header.batch_ms if header else None)
        if header is not None:
            self._ledger.close_batch(header, span.before, empty_state=ZERO_HASH)
            self._roots[span.end] = header.root

    def _terms(self, piece: Piece) -> dict[int, Terms]:
        """Of every transfer that the commands of a piece name."""
        here = {row.number: terms_of(row) for row in piece.rows if isinstance(row, TransferRow)}
        named = {row.transfer for row in piece.rows if not isinstance(row, TransferRow)} - {0}
        return here | scanning.read_terms(self._connection, sorted(named - here.keys()))

    def _take_checkpoints(self) -> None:
        first, self._checkpoints_to = self._checkpoints_to + 1, self._end
        found = audit.checkpoints_between(
            self._connection, first=first, last=self._end, count_max=self._end + 1
        )
        for row in found:
            self.report.checkpoints += 1
            if not self._is_ours(row, self._roots.get(row.size)):
                self.report.add(FaultKind.CHECKPOINT_DIFFERS, f"the checkpoint of size {row.size}")
        self._roots = {self._end: self._roots.get(self._end, EMPTY_ROOT)}

    def _is_ours(self, row: StoredCheckpoint, root: bytes | None) -> bool:
        try:
            checkpoint = open_checkpoint(row.note, self._verifier)
        except Refusal:
            return False
        return (checkpoint.size, checkpoint.root) == (row.size, root)

    def _look_for_a_cut(self) -> None:
        beyond = audit.checkpoints_between(
            self._connection, first=self._end + 1, last=SIZE_MAX, count_max=FAULTS_MAX
        )
        for row in beyond:
            what = f"a checkpoint of size {row.size} is there, the log ends at {self._end}"
            self.report.add(FaultKind.LOG_CUT, what)
        if self._kept is not None and self._kept.seq > self.seq:
            what = f"the head file knows batch {self._kept.seq}, the journal ends at {self.seq}"
            self.report.add(FaultKind.LOG_CUT, what)

    def _strange(self, kind: FaultKind, what: str, statement: str) -> None:
        for number in scanning.strangers(self._connection, statement):
            self.report.add(kind, f"{what} {number}")


def _group_of(span: _Span) -> tuple[tuple[int, int], int]:
    # Commands without a batch may be many, so each piece of them is read for itself.
    return span.days, -1 if span.header else span.first


class _Numbered(Protocol):
    @property
    def number(self) -> int: ...


_Row = TypeVar("_Row", bound=_Numbered)


def _within(span: _Span, rows: list[_Row]) -> list[_Row]:
    """Of rows in number order those of one span."""
    start = bisect_left(rows, span.first, key=attrgetter("number"))
    return rows[start : bisect_left(rows, span.end, lo=start, key=attrgetter("number"))]


def _follows(header: Header, before: Header | None) -> bool:
    if before is None:
        return header.prev_root == EMPTY_ROOT and header.first_number == 0
    return (
        header.prev_term == before.term
        and header.prev_root == before.root
        and header.first_number == before.first_number + before.leaves
        and header.batch_ms >= before.batch_ms
        and header.term >= before.term
    )
