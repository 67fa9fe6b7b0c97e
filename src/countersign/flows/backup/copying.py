"""Copies the database of a living installation into an archive, as of one moment.

Rules: 1. The head is read before the copy begins, so the copy holds that batch or was cut; a cut
one is refused, or restoring it would make the cut disappear. 2. One read-only transaction sees one
moment; the gate goes on meanwhile. 3. Memory holds one block and one row.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import LiteralString

import psycopg
from psycopg import IsolationLevel, sql

from countersign.audit import queries as audit
from countersign.audit.merkle import EMPTY_ROOT
from countersign.flows.backup import layout
from countersign.flows.backup.archive import ArchiveWriter
from countersign.flows.backup.errors import NotCopied
from countersign.flows.backup.layout import Connection, Table
from countersign.flows.backup.records import (
    BLOCK_BYTES,
    Block,
    Manifest,
    Sums,
    TableBegins,
    TableEnds,
    encode_record,
)
from countersign.gate.errors import Tampered
from countersign.gate.head import Head
from countersign.gate.journal import scanning
from countersign.gate.recovery import check_head
from countersign.gate.rows import Header, Signer
from countersign.kernel.invariant import invariant

Progress = Callable[[int, str], None]  # Bytes so far, and of which table.


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The installation that is backed up, apart from its database."""

    name: str
    made_ms: int
    head: Head
    files: Mapping[str, bytes]


def back_up(
    connection: Connection,
    archive: ArchiveWriter,
    source: Source,
    *,
    signer: Signer,
    progress: Progress,
) -> Sums:
    """Write everything; the connection is the migrator's, who alone may read every table."""
    invariant(not connection.autocommit, "one transaction sees one moment")
    connection.isolation_level = IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    try:
        return _back_up(connection, archive, source, signer=signer, progress=progress)
    except psycopg.Error as error:
        raise NotCopied(why=error.sqlstate or "it went away") from None


def _back_up(
    connection: Connection,
    archive: ArchiveWriter,
    source: Source,
    *,
    signer: Signer,
    progress: Progress,
) -> Sums:
    with connection.transaction():
        for statement in _SETTINGS:
            connection.execute(statement)
        newest = _newest(connection, signer, source.head)
        manifest = Manifest(
            made_by=version("countersign"),
            instance=signer.instance,
            name=source.name,
            made_ms=source.made_ms,
            head=source.head,
            migrations=layout.read_migrations_applied(connection),
            days=layout.read_days(connection),
            files=dict(source.files),
        )
        archive.write(encode_record(manifest))
        tables = layout.read_tables(connection)
        rows = [_copy(connection, archive, table, progress) for table in tables]
        sums = _sums(connection, newest, tables=len(tables), rows=sum(rows))
        archive.write(encode_record(sums), is_last=True)
    return sums


# A server's own limits are meant for questions, not for a copy of everything; a policy on a table
# must show as an error and not leave rows out.
_SETTINGS: tuple[LiteralString, ...] = (
    """
    SELECT set_config(name, '0', true) FROM pg_settings WHERE name IN (
      'statement_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout')
    """,
    "SET LOCAL row_security = off",
    "SET LOCAL search_path = pg_catalog",
)
_COPY: LiteralString = "COPY {table} ({columns}) TO STDOUT (FORMAT binary)"


def _newest(connection: Connection, signer: Signer, kept: Head) -> Header | None:
    """The newest batch, which is signed and not older than the head file's."""
    newest = scanning.newest_header(connection)
    check_head(newest, signer, kept)
    known = scanning.header_at(connection, kept.seq) if kept.seq else None
    if kept.seq and (
        known is None or Head(known.seq, known.term, known.root, known.state_hash) != kept
    ):
        raise Tampered(what=f"batch {kept.seq} is not the one that the head file knows")
    return newest


def _copy(connection: Connection, archive: ArchiveWriter, table: Table, progress: Progress) -> int:
    """One table or partition; how many rows it has."""
    begins = TableBegins(table=table.root, columns=table.columns)
    archive.write(encode_record(begins))
    statement = sql.SQL(_COPY).format(
        table=table.identifier, columns=sql.SQL(", ").join(map(sql.Identifier, table.columns))
    )
    with connection.cursor() as cursor:
        with cursor.copy(statement) as copy:
            for content in _blocks(copy):
                archive.write(encode_record(Block(content=content)))
                progress(archive.bytes_written, table.root)
        rows = cursor.rowcount
    archive.write(encode_record(TableEnds(rows=rows)))
    return rows


def _blocks(copy: Iterable[bytes | bytearray | memoryview]) -> Iterable[bytes]:
    waiting = bytearray()
    for content in copy:
        waiting += content
        while len(waiting) >= BLOCK_BYTES:
            yield bytes(waiting[:BLOCK_BYTES])
            del waiting[:BLOCK_BYTES]
    if waiting:
        yield bytes(waiting)


def _sums(connection: psycopg.Connection, newest: Header | None, *, tables: int, rows: int) -> Sums:
    checkpoint = audit.newest_checkpoint(connection)
    return Sums(
        tables=tables,
        rows=rows,
        batch_seq=newest.seq if newest else 0,
        term=newest.term if newest else 0,
        batch_ms=newest.batch_ms if newest else 0,
        log_size=newest.first_number + newest.leaves if newest else 0,
        root=newest.root if newest else EMPTY_ROOT,
        checkpoint=checkpoint.note if checkpoint else None,
        sequences=layout.read_sequences(connection),
    )
