"""Applies the numbered SQL files of this folder, forward only, each whole or not at all.

A file `NNNN_name.sql` runs in one transaction together with its row in infra.migration. Applied
files never change and none is added below them. One process migrates at a time.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from countersign.infra.database import Database, Role
from countersign.infra.migrations.errors import (
    DatabaseTooNew,
    DatabaseTooOld,
    MigrationChanged,
    MigrationOutOfOrder,
    MigrationsBusy,
)
from countersign.kernel.invariant import InvariantBroken, invariant

MIGRATIONS_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One numbered file."""

    number: int
    name: str
    content: bytes = field(repr=False)

    @property
    def sha256(self) -> bytes:
        return hashlib.sha256(self.content).digest()


def migrate(
    database: Database,
    *,
    folder: Path = MIGRATIONS_FOLDER,
    lock_timeout_seconds: int = 60,
) -> list[Migration]:
    """Bring the database up to this version of the code; return what was applied now."""
    migrations = read_migrations(folder)
    with (
        _busy_is_refused(),
        database.connect(Role.MIGRATOR, autocommit=True) as connection,
    ):
        connection.execute(
            "SELECT set_config('lock_timeout', %s, false)", [f"{lock_timeout_seconds}s"]
        )
        connection.execute("SELECT pg_advisory_lock(%s)", [_MIGRATE_LOCK])
        pending = _pending(connection, migrations)
        for migration in pending:
            _apply(connection, migration)
    return pending


def require_current(connection: psycopg.Connection, *, folder: Path = MIGRATIONS_FOLDER) -> None:
    """Refuse a database that is older or newer than the code; any of the four roles may ask."""
    pending = _pending(connection, read_migrations(folder))
    if pending:
        raise DatabaseTooOld(number=pending[0].number, name=pending[0].name)


def read_migrations(folder: Path = MIGRATIONS_FOLDER) -> list[Migration]:
    """Read the files in the order of their numbers."""
    migrations = []
    for path in sorted(folder.glob("*.sql")):
        found = _FILE_NAME.fullmatch(path.name)
        if found is None:
            raise InvariantBroken(f"a migration is named NNNN_name.sql: {path.name}")
        migration = Migration(number=int(found[1]), name=found[2], content=path.read_bytes())
        migrations.append(migration)
    numbers = [migration.number for migration in migrations]
    invariant(len(numbers) == len(set(numbers)), "two migrations have one number")
    return migrations


_MIGRATE_LOCK = 0x4D494752_41544521  # "MIGRATE!": the same number in every version, for ever.
_FILE_NAME = re.compile(r"(\d{4})_([a-z][a-z0-9_]*)\.sql")
_HAS_TABLE = "SELECT to_regclass('infra.migration') IS NOT NULL"
_APPLIED = "SELECT number, name, sha256 FROM infra.migration ORDER BY number"
_RECORD = "INSERT INTO infra.migration (number, name, sha256) VALUES (%s, %s, %s)"
_TRANSACTION_ID = "SELECT pg_current_xact_id()::text"


def _pending(connection: psycopg.Connection, migrations: Sequence[Migration]) -> list[Migration]:
    by_number = {migration.number: migration for migration in migrations}
    newest_applied = -1
    applied = set()
    for number, name, sha256 in _applied_rows(connection):
        if number not in by_number:
            raise DatabaseTooNew(number=number, name=name)
        if by_number[number].sha256 != sha256:
            raise MigrationChanged(number=number, name=name)
        applied.add(number)
        newest_applied = max(newest_applied, number)
    pending = [migration for migration in migrations if migration.number not in applied]
    if pending and pending[0].number < newest_applied:
        raise MigrationOutOfOrder(number=pending[0].number, name=pending[0].name)
    return pending


def _applied_rows(connection: psycopg.Connection) -> list[tuple[int, str, bytes]]:
    row = connection.execute(_HAS_TABLE).fetchone()
    if row is None or not row[0]:
        return []
    rows = connection.execute(_APPLIED).fetchall()
    return [(number, name, bytes(sha256)) for number, name, sha256 in rows]


def _apply(connection: psycopg.Connection, migration: Migration) -> None:
    with connection.transaction():
        before = connection.execute(_TRANSACTION_ID).fetchone()
        # Bytes without parameters go out as one simple query, so a file may hold many statements.
        connection.execute(migration.content)
        after = connection.execute(_TRANSACTION_ID).fetchone()
        invariant(before == after, f"migration {migration.number} ended its own transaction")
        connection.execute(_RECORD, [migration.number, migration.name, migration.sha256])


@contextmanager
def _busy_is_refused() -> Iterator[None]:
    try:
        yield
    except psycopg.errors.LockNotAvailable:
        raise MigrationsBusy from None
