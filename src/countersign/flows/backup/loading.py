"""Fills a fresh database from the records of a backup.

Rules: 1. The database first gets exactly the migrations that the backed-up one had, then the rows,
then the newer migrations, as if it had been upgraded in place. 2. All rows come in one transaction,
past no constraint and no trigger. 3. Every table of the database gets its rows, or it is refused.
"""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql

from countersign.flows.backup import layout
from countersign.flows.backup.errors import DoesNotFit
from countersign.flows.backup.layout import Connection, identifier_of
from countersign.flows.backup.records import (
    AppliedMigration,
    Block,
    Manifest,
    Record,
    Sums,
    TableBegins,
    TableEnds,
)
from countersign.infra.database import Database, Role
from countersign.infra.migrations.errors import DatabaseTooNew, MigrationChanged
from countersign.infra.migrations.runner import MIGRATIONS_FOLDER, migrate, read_migrations
from countersign.kernel.invariant import InvariantBroken

Progress = Callable[[str], None]  # The table that is being loaded.


def require_known(applied: list[AppliedMigration]) -> None:
    """Refuse a backup of a database that this version cannot make."""
    known = {migration.number: migration.sha256 for migration in read_migrations()}
    for migration in applied:
        if migration.number not in known:
            raise DatabaseTooNew(number=migration.number, name=migration.name)
        if known[migration.number] != migration.sha256:
            raise MigrationChanged(number=migration.number, name=migration.name)


def load(
    database: Database, manifest: Manifest, records: Iterator[Record], *, progress: Progress
) -> list[str]:
    """Load everything; the tables that the backup has and this database does not, left out."""
    require_known(manifest.migrations)
    _migrate_to(database, manifest.migrations)
    with database.connect(Role.MIGRATOR) as connection:
        for day in manifest.days:
            connection.execute(_ENSURE_DAY, [day])
        left_out = _Loading(connection, progress).take(records)
    migrate(database)
    with database.connect(Role.MIGRATOR, autocommit=True) as connection:
        # Without figures of the tables the first questions would be planned as for empty ones.
        for table in sorted({table.root for table in layout.read_tables(connection)}):
            connection.execute(sql.SQL(_ANALYZE).format(identifier_of(table)))
    return left_out


class _Loading:
    """One transaction that fills all tables."""

    def __init__(self, connection: Connection, progress: Progress) -> None:
        self._connection = connection
        self._progress = progress
        self._columns: dict[str, list[str]] = {
            table.root: table.columns for table in layout.read_tables(connection)
        }

    def take(self, records: Iterator[Record]) -> list[str]:
        missing = set(self._columns)
        left_out = set()
        for record in records:
            if isinstance(record, TableBegins):
                if record.table in self._columns:
                    self._fill(record, records)
                    missing.discard(record.table)
                else:
                    # A table that no migration made: somebody's own, which no code reads.
                    _skip(records)
                    left_out.add(record.table)
            elif isinstance(record, Sums):
                self._set_sequences(record)
        if missing:
            raise DoesNotFit(what=f"it has no table {min(missing)}")
        return sorted(left_out)

    def _fill(self, begins: TableBegins, records: Iterator[Record]) -> None:
        strange = set(begins.columns) ^ set(self._columns[begins.table])
        if strange:
            raise DoesNotFit(what=f"column {min(strange)} of {begins.table}")
        self._progress(begins.table)
        statement = sql.SQL(_COPY).format(
            table=identifier_of(begins.table),
            columns=sql.SQL(", ").join(map(sql.Identifier, begins.columns)),
        )
        try:
            with self._connection.cursor() as cursor:
                with cursor.copy(statement) as copy:
                    ends = _blocks(records, copy.write)
                rows = cursor.rowcount
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            # The error's text is dropped: it repeats the row.
            raise DoesNotFit(what=f"rows of {begins.table} ({error.sqlstate})") from None
        if rows != ends.rows:
            raise DoesNotFit(what=f"{rows} of {ends.rows} rows of {begins.table} were taken")

    def _set_sequences(self, sums: Sums) -> None:
        for sequence in sums.sequences:
            found = self._connection.execute(_HAS, [sequence.name]).fetchone()
            if found and found[0]:
                values = [sequence.name, sequence.last_value, sequence.is_called]
                self._connection.execute(_SET_SEQUENCE, values)


_ENSURE_DAY = "SELECT gate.ensure_day(%s)"
_ANALYZE: LiteralString = "ANALYZE {}"
_COPY: LiteralString = "COPY {table} ({columns}) FROM STDIN (FORMAT binary)"
_HAS = "SELECT to_regclass(%s) IS NOT NULL"
_SET_SEQUENCE = "SELECT setval(%s::regclass, %s, %s)"


def _migrate_to(database: Database, applied: list[AppliedMigration]) -> None:
    """Apply those migrations and no newer one."""
    newest = max((migration.number for migration in applied), default=0)
    with tempfile.TemporaryDirectory() as folder:
        for path in MIGRATIONS_FOLDER.glob("*.sql"):
            if int(path.name[:4]) <= newest:
                (Path(folder) / path.name).write_bytes(path.read_bytes())
        migrate(database, folder=Path(folder))


def _blocks(records: Iterator[Record], write: Callable[[bytes], None]) -> TableEnds:
    for record in records:
        if isinstance(record, Block):
            write(record.content)
        elif isinstance(record, TableEnds):
            return record
    raise InvariantBroken("the archive was read to its end before")


def _skip(records: Iterator[Record]) -> None:
    _blocks(records, lambda _: None)
