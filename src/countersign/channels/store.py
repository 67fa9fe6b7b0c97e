"""SQL of schema channels, as the app's role: the register of received files."""

from collections.abc import Iterator, Sequence
from typing import Any

import psycopg

from countersign.channels.model import FileEnd, FileRow

Connection = psycopg.Connection[Any]
PART_NUMBERS = 10_000

_INSERT_FILE = "INSERT INTO channels.file (id, received_ms, named) VALUES (%s, %s, %s)"
_END_FILE = """
UPDATE channels.file SET ended_ms = %s, named = %s, kind = %s, group_status = %s, refusal = %s,
  payments = %s, statuses = %s, totals = %s
WHERE id = %s AND ended_ms IS NULL
"""
_INSERT_PART = "INSERT INTO channels.file_part (file, part, numbers) VALUES (%s, %s, %s)"
_COLUMNS = """
SELECT id, received_ms, named, ended_ms, kind, group_status, refusal, payments, statuses, totals
FROM channels.file
"""
_NEWEST = _COLUMNS + "ORDER BY received_ms DESC, id DESC LIMIT %s OFFSET %s"
_ONE = _COLUMNS + "WHERE id = %s"
_NUMBERS = """
SELECT numbers[%s::int:%s::int] FROM channels.file_part WHERE file = %s AND part = %s
"""


def begin_file(connection: Connection, file_id: bytes, received_ms: int, named: bytes) -> None:
    connection.execute(_INSERT_FILE, [file_id, received_ms, named])


def end_file(connection: Connection, file_id: bytes, end: FileEnd, numbers: Sequence[int]) -> None:
    """Say what a file came to, once, with the leaf of each of its payments."""
    if connection.execute(_END_FILE, [*end, file_id]).rowcount:
        for part, first in enumerate(range(0, len(numbers), PART_NUMBERS)):
            some = list(numbers[first : first + PART_NUMBERS])
            connection.execute(_INSERT_PART, [file_id, part, some])


def newest_files(connection: Connection, *, limit: int, offset: int = 0) -> list[FileRow]:
    return list(_rows(connection.execute(_NEWEST, [limit, offset])))


def find_file(connection: Connection, file_id: bytes) -> FileRow | None:
    return next(_rows(connection.execute(_ONE, [file_id])), None)


def numbers_of(connection: Connection, file_id: bytes, *, first: int, limit: int) -> list[int]:
    """The leaves of some payments; `first` counts from 0, and all are of one part."""
    part, start = divmod(first, PART_NUMBERS)
    row = connection.execute(_NUMBERS, [start + 1, start + limit, file_id, part]).fetchone()
    return list(row[0]) if row else []


def _rows(found: psycopg.Cursor[Any]) -> Iterator[FileRow]:
    for row in found:
        yield FileRow(bytes(row[0]), row[1], bytes(row[2]), *row[3:])
