"""The journal on Postgres: one pipelined transaction a batch, one connection of the batcher's own.

Rules: 1. Only the server's own word makes a commit refused; all else is unknown and is settled on a
new connection. 2. The gate itself sets what its durability hangs on, and refuses a server where it
is off. 3. A starting gate ends the backends of older ones: a half-sent batch would block it.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar

from psycopg.pq.abc import PGresult

from countersign.access import store as access
from countersign.accounts import store as accounts
from countersign.alerts import store as alerts
from countersign.audit.merkle import EMPTY_ROOT
from countersign.gate.batch import Decided
from countersign.gate.errors import UnsafeServer
from countersign.gate.journal import statements
from countersign.gate.journal.outcomes import FOREIGN_KEY_VIOLATION, UNIQUE_VIOLATION, refused
from countersign.gate.journal.protocol import (
    CommitUnknown,
    JournalBroken,
    KeyRow,
    Projections,
    Recorded,
    RequestKey,
    StoredSnapshot,
)
from countersign.gate.rows import CommandRow, Header
from countersign.infra import arrays
from countersign.infra.pipeline import (
    OutcomeUnknown,
    PipelineConnection,
    Row,
    StatementFailed,
    rows_of,
)
from countersign.ledger import store as ledger
from countersign.rules import store as rules
from countersign.transfers import store as transfers
from countersign.transfers.model import TransferRow

_LOCK_NOT_AVAILABLE = "55P03"
_BATCHES_A_READ = 64
_PART_BYTES = 8 * 1024 * 1024
_WRITER = "countersign gate writer"
_HAS_TRANSACTION_TIMEOUT = 170000


class PostgresJournal:
    """One gate's journal in one database, as the gate's role."""

    def __init__(self, dsn: str, *, answer_timeout_seconds: float = 30.0) -> None:
        self._dsn = dsn
        self._answer_timeout_seconds = answer_timeout_seconds
        self._writer: PipelineConnection | None = None
        self._reader: PipelineConnection | None = None
        self._days: set[int] = set()
        self._asked = 0

    def open(self) -> None:
        self.close()
        try:
            self._writer = self._connect(_WRITER)
            _require_safe(self._writer)
            for name, sql in statements.STATEMENTS.items():
                self._writer.prepare(name, sql)
            self._writer.enter_pipeline()
            self._reader = self._connect("countersign gate reader")
            for name, sql in statements.QUESTIONS.items():
                self._reader.prepare(name, sql)
            self._reader.enter_pipeline()
        except (OutcomeUnknown, StatementFailed) as error:
            self.close()
            raise JournalBroken(str(error)) from error

    def close(self) -> None:
        for connection in (self._writer, self._reader):
            if connection:
                connection.close()
        self._writer = self._reader = None
        self._asked = 0

    def take_over(self) -> None:
        self._ask(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = $1::text AND datname = current_database() AND pid <> $2::int",
            [_WRITER.encode(), arrays.int4(self._batch.backend_pid)],
        )

    def head(self) -> Header | None:
        return self._one_header("ORDER BY seq DESC LIMIT 1", [])

    def header_at(self, seq: int) -> Header | None:
        return self._one_header("WHERE seq = $1::bigint", [arrays.int8(seq)])

    def tail(self, after_seq: int) -> Iterator[Recorded]:
        """Read in pieces, so that memory stays bounded whatever the tail is."""
        seq = after_seq
        while True:
            rows = self._ask(
                statements.SELECT_BATCHES + "WHERE seq > $1::bigint ORDER BY seq LIMIT $2::int",
                [arrays.int8(seq), arrays.int4(_BATCHES_A_READ)],
            )
            if not rows:
                return
            headers = [_header_of(row) for row in rows]
            yield from self._recorded(headers)
            seq = headers[-1].seq

    def look_up_start(self, keys: Sequence[RequestKey]) -> None:
        credentials = arrays.int4s([key[0] for key in keys])
        self._question(("keys", [credentials, arrays.byteas([key[1] for key in keys])]))

    def look_up_finish(self) -> dict[RequestKey, KeyRow]:
        result = self._replies()[0]
        found = {}
        for row in range(result.ntuples):
            credential, key, mac, day, number = (
                result.get_value(row, column) or b"" for column in range(5)
            )
            key_row = KeyRow(mac, arrays.read_int(day), arrays.read_int(number))
            found[arrays.read_int(credential), key] = key_row
        return found

    def rows_of(self, keys: Sequence[KeyRow]) -> dict[int, TransferRow | CommandRow]:
        chosen = [
            arrays.int4s([key.day for key in keys]),
            arrays.int8s([key.number for key in keys]),
        ]
        self._question(("transfers", chosen), ("commands", chosen))
        orders, commands = (rows_of(result)[0] for result in self._replies())
        found: list[TransferRow | CommandRow] = [
            *transfers.read_transfers(orders),
            *statements.read_commands(commands),
        ]
        return {row.number: row for row in found}

    def commit_start(self, decided: Decided) -> None:
        self._ensure_day(decided.day)
        try:
            for name, parameters in statements.statements_of(decided):
                self._batch.send(name, parameters)
            self._batch.sync()
        except OutcomeUnknown as error:
            raise CommitUnknown(str(error)) from error

    def commit_finish(self) -> None:
        try:
            self._batch.finish(timeout_seconds=self._answer_timeout_seconds)
        except OutcomeUnknown as error:
            raise CommitUnknown(str(error)) from error
        except StatementFailed as error:
            raise refused(error) from error

    def settle(self, decided: Decided, void: Header) -> Header:
        """Insert the void batch; it waits for a backend that still holds the place."""
        seq = decided.header.seq
        try:
            connection = self._connect("countersign gate settler")
        except OutcomeUnknown as error:
            raise JournalBroken(str(error)) from error
        try:
            connection.run("SET lock_timeout = '2s'")
            connection.query(statements.INSERT_BATCH, statements.header_parameters(void))
        except StatementFailed as error:
            if error.sqlstate == _LOCK_NOT_AVAILABLE:
                # This gate's own backend still holds the place: end it, then ask again.
                pid = arrays.int4(self._batch.backend_pid)
                self._ask("SELECT pg_terminate_backend($1::int)", [pid])
                raise JournalBroken(str(error)) from error
            if error.sqlstate not in {UNIQUE_VIOLATION, FOREIGN_KEY_VIOLATION}:
                raise JournalBroken(str(error)) from error
        except OutcomeUnknown as error:
            raise JournalBroken(str(error)) from error
        finally:
            connection.close()
        standing = self.header_at(seq)
        if standing is None:
            raise JournalBroken("the place in the chain is neither taken nor free")
        return standing

    def projections(self) -> Projections:
        return Projections(
            accounts=accounts.read_accounts(self._ask(accounts.SELECT_ACCOUNTS)[0]),
            balances=ledger.read_balances(self._ask(ledger.SELECT_BALANCES)[0]),
            freezes=accounts.read_freezes(self._ask(accounts.SELECT_FREEZES)[0]),
            credentials=access.read_credentials(self._ask(access.SELECT_CREDENTIALS)[0]),
            policies=rules.read_policies(self._ask(rules.SELECT_POLICIES)[0]),
            holds=transfers.read_holds(self._ask(transfers.SELECT_HOLDS)[0]),
            alerts=alerts.read_alerts(self._ask(alerts.SELECT_ALERTS)[0]),
        )

    def wrong_keys(self, after_number: int) -> list[int]:
        header = self._one_header(
            "WHERE first_number <= $1::bigint ORDER BY seq DESC LIMIT 1",
            [arrays.int8(after_number)],
        )
        day = header.batch_ms // 86_400_000 if header else 0
        rows = self._ask(
            statements.SELECT_WRONG_KEYS, [arrays.int8(after_number), arrays.int4(day)]
        )
        return arrays.read_int8s(rows[0][0])

    def tiles(self, first: int) -> list[tuple[int, bytes]]:
        row = self._ask(statements.SELECT_TILES, [arrays.int8(first)])[0]
        return list(zip(arrays.read_int8s(row[0]), arrays.read_byteas(row[1]), strict=True))

    def snapshot(self) -> StoredSnapshot | None:
        rows = self._ask(
            "SELECT seq, manifest, signature FROM gate.snapshot ORDER BY seq DESC LIMIT 1"
        )
        if not rows:
            return None
        seq, manifest, signature = rows[0]
        parts = self._ask(
            "SELECT content FROM gate.snapshot_part WHERE seq = $1::bigint ORDER BY part", [seq]
        )
        content = b"".join(part[0] or b"" for part in parts)
        return StoredSnapshot(manifest or b"", signature or b"", content)

    def keep_snapshot(self, seq: int, snapshot: StoredSnapshot) -> None:
        content = snapshot.content
        try:
            connection = self._connect("countersign gate snapshot")
        except OutcomeUnknown as error:
            raise JournalBroken(str(error)) from error
        try:
            connection.run("BEGIN")
            connection.query(
                "INSERT INTO gate.snapshot (seq, manifest, signature) "
                "VALUES ($1::bigint, $2::bytea, $3::bytea)",
                [arrays.int8(seq), snapshot.manifest, snapshot.signature],
            )
            for part, start in enumerate(range(0, len(content), _PART_BYTES)):
                connection.query(
                    "INSERT INTO gate.snapshot_part (seq, part, content) "
                    "VALUES ($1::bigint, $2::int, $3::bytea)",
                    [arrays.int8(seq), arrays.int4(part), content[start : start + _PART_BYTES]],
                )
            connection.run(
                "DELETE FROM gate.snapshot WHERE seq < "
                "(SELECT min(seq) FROM (SELECT seq FROM gate.snapshot ORDER BY seq DESC LIMIT 2) k)"
            )
            connection.run("COMMIT")
        except (StatementFailed, OutcomeUnknown) as error:
            raise JournalBroken(str(error)) from error
        finally:
            connection.close()

    @property
    def _batch(self) -> PipelineConnection:
        if self._writer is None:
            raise JournalBroken("the journal is not open")
        return self._writer

    @property
    def _look_up(self) -> PipelineConnection:
        if self._reader is None:
            raise JournalBroken("the journal is not open")
        return self._reader

    def _question(self, *asked: tuple[str, list[bytes]]) -> None:
        try:
            for name, parameters in asked:
                self._look_up.send(name, parameters)
            self._look_up.sync()
        except OutcomeUnknown as error:
            raise JournalBroken(str(error)) from error

    def _replies(self) -> list[PGresult]:
        try:
            return self._look_up.finish(timeout_seconds=self._answer_timeout_seconds)
        except (OutcomeUnknown, StatementFailed) as error:
            raise JournalBroken(str(error)) from error

    def _connect(self, name: str) -> PipelineConnection:
        connection = PipelineConnection(self._dsn, application_name=name)
        connection.run("SET synchronous_commit = on")
        if connection.server_version >= _HAS_TRANSACTION_TIMEOUT:
            connection.run("SET transaction_timeout = '60s'")
        connection.run("SET plan_cache_mode = force_generic_plan")
        return connection

    def _ask(self, sql: str, parameters: Sequence[bytes | None] = ()) -> list[Row]:
        """One read on a connection of its own; loading and settling are rare."""
        try:
            connection = self._connect("countersign gate loader")
        except OutcomeUnknown as error:
            raise JournalBroken(str(error)) from error
        try:
            return connection.query(sql, parameters)
        except (StatementFailed, OutcomeUnknown) as error:
            raise JournalBroken(str(error)) from error
        finally:
            connection.close()

    def _one_header(self, condition: str, parameters: Sequence[bytes]) -> Header | None:
        rows = self._ask(statements.SELECT_BATCHES + condition, parameters)
        return _header_of(rows[0]) if rows else None

    def _recorded(self, headers: list[Header]) -> Iterator[Recorded]:
        first, last = headers[0], headers[-1]
        span = [
            arrays.int8(first.first_number),
            arrays.int8(last.first_number + last.leaves),
            arrays.int4(first.batch_ms // 86_400_000),
            arrays.int4(last.batch_ms // 86_400_000),
        ]
        orders = transfers.read_transfers(self._ask(transfers.SELECT_TRANSFERS, span)[0])
        commands = statements.read_commands(self._ask(statements.SELECT_COMMANDS, span)[0])
        postings = ledger.read_postings(self._ask(ledger.SELECT_POSTINGS, span)[0])
        pieces = zip(
            headers,
            _cut(headers, orders),
            _cut(headers, commands),
            _cut(headers, postings),
            strict=True,
        )
        for header, batch_orders, batch_commands, batch_postings in pieces:
            yield Recorded(header, batch_orders, batch_commands, batch_postings)

    def _ensure_day(self, day: int) -> None:
        """Make sure of the partitions of a day before its first batch."""
        if day in self._days:
            return
        self._ask("SELECT gate.ensure_day($1::int)", [arrays.int4(day)])
        self._days.add(day)

    def prepare_day(self, day: int) -> bool:
        """Make a coming day's partitions, unless a long reader is in the way: then say so."""
        if day in self._days:
            return True
        try:
            connection = self._connect("countersign gate days")
        except OutcomeUnknown:
            return False
        try:
            connection.run("SET lock_timeout = '200ms'")
            connection.query("SELECT gate.ensure_day($1::int)", [arrays.int4(day)])
        except (StatementFailed, OutcomeUnknown):
            return False
        finally:
            connection.close()
        self._days.add(day)
        return True


class _Numbered(Protocol):
    @property
    def number(self) -> int: ...


_Row = TypeVar("_Row", bound=_Numbered)


def _cut(headers: list[Header], rows: list[_Row]) -> Iterator[list[_Row]]:
    """Rows in number order, cut into those of each batch; a row of no batch is left out."""
    at = 0
    for header in headers:
        start = at
        while at < len(rows) and rows[at].number < header.first_number + header.leaves:
            at += 1
        yield rows[start:at]


def _require_safe(connection: PipelineConnection) -> None:
    for setting in ("fsync", "full_page_writes"):
        value = connection.run(f"SHOW {setting}")[0][0]
        if value != b"on":
            raise UnsafeServer(setting=setting)


def _header_of(row: Row) -> Header:
    values = [value or b"" for value in row]
    seq, term, kind, batch_ms, first_number, leaves = map(arrays.read_int, values[:6])
    is_first = row[6] is None
    return Header(
        seq,
        term,
        kind,
        batch_ms,
        first_number,
        leaves,
        0 if is_first else arrays.read_int(values[6]),
        EMPTY_ROOT if is_first else values[7],
        values[8],
        values[9],
        values[10],
    )
