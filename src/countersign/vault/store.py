"""SQL of the schema vault. Rows come and go sealed or wrapped; no key and no clear value is here.

All statements may be repeated without harm, because a lost connection leaves their outcome open.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class WrappedKey:
    subject: bytes
    epoch: int
    wrapped: bytes | None  # None once the subject is erased.


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow:
    token: bytes
    subject: bytes
    field: str
    sealed: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    id: bytes
    name_hash: bytes
    name_hash_version: int
    content: bytes


# Wrapped keys of some subjects, erased ones included.
READ_KEYS = """
    SELECT subject, epoch, wrapped FROM vault.subject_key WHERE subject = ANY(%b::bytea[])
"""

# New keys; whoever came first wins. In order of subject, so that two writers cannot deadlock.
ADD_KEYS = """
    INSERT INTO vault.subject_key (subject, epoch, wrapped)
    SELECT * FROM unnest(%b::bytea[], %b::integer[], %b::bytea[]) AS fresh (subject, epoch, wrapped)
    ORDER BY subject
    ON CONFLICT (subject) DO NOTHING
"""

# Erase one subject. The time is that of this statement, so `ERASED_SINCE` misses none by far.
DESTROY_KEY = """
    UPDATE vault.subject_key SET wrapped = NULL, destroyed_at = clock_timestamp()
    WHERE subject = %b AND destroyed_at IS NULL
"""

# Subjects erased since a moment, with an hour to spare for what committed late.
ERASED_SINCE = """
    SELECT subject, destroyed_at FROM vault.subject_key
    WHERE destroyed_at >= coalesce(%b::timestamptz - interval '1 hour', '-infinity')
"""

# Some live keys that another epoch than the current one wraps.
KEYS_OUTSIDE_EPOCH = """
    SELECT subject, epoch, wrapped FROM vault.subject_key
    WHERE epoch <> %b AND wrapped IS NOT NULL
    ORDER BY subject LIMIT %b
"""

# Put a key under a newer epoch, unless it changed or was erased since it was read.
REWRAP_KEY = """
    UPDATE vault.subject_key SET epoch = %b, wrapped = %b WHERE subject = %b AND wrapped = %b
"""

ADD_TOKENISED = "INSERT INTO vault.token (token, subject, field, sealed) VALUES (%b, %b, %b, %b)"

READ_TOKENISED = "SELECT token, subject, field, sealed FROM vault.token WHERE token = %b"

ADD_FILE = """
    INSERT INTO vault.sealed_file (id, name_hash, name_hash_version, content)
    VALUES (%b, %b, %b, %b)
"""

READ_FILE = """
    SELECT id, name_hash, name_hash_version, content FROM vault.sealed_file WHERE id = %b
"""

# Files that were received under a name, by its hashes under each version of the key; oldest first.
FILES_BY_NAME = """
    SELECT id FROM vault.sealed_file WHERE name_hash = ANY(%b::bytea[]) ORDER BY id
"""


def read_keys(connection: Connection, subjects: Sequence[bytes]) -> list[WrappedKey]:
    rows = connection.execute(READ_KEYS, [list(subjects)], binary=True)
    return [_wrapped_key(row) for row in rows]


def add_keys(connection: Connection, keys: Sequence[WrappedKey]) -> None:
    columns = (
        [key.subject for key in keys],
        [key.epoch for key in keys],
        [key.wrapped for key in keys],
    )
    connection.execute(ADD_KEYS, columns)


def destroy_key(connection: Connection, subject: bytes) -> None:
    connection.execute(DESTROY_KEY, [subject])


def erased_since(connection: Connection, moment: datetime | None) -> list[tuple[bytes, datetime]]:
    return connection.execute(ERASED_SINCE, [moment], binary=True).fetchall()


def keys_outside_epoch(connection: Connection, epoch: int, *, count_max: int) -> list[WrappedKey]:
    rows = connection.execute(KEYS_OUTSIDE_EPOCH, [epoch, count_max], binary=True)
    return [_wrapped_key(row) for row in rows]


def rewrap_keys(connection: Connection, changes: Sequence[tuple[WrappedKey, WrappedKey]]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            REWRAP_KEY,
            [(new.epoch, new.wrapped, new.subject, old.wrapped) for old, new in changes],
        )


def add_token(connection: Connection, row: TokenRow) -> None:
    connection.execute(ADD_TOKENISED, [row.token, row.subject, row.field, row.sealed])


def read_token(connection: Connection, token: bytes) -> TokenRow | None:
    row = connection.execute(READ_TOKENISED, [token], binary=True).fetchone()
    if row is None:
        return None
    return TokenRow(token=row[0], subject=row[1], field=row[2], sealed=row[3])


def add_file(connection: Connection, row: FileRow) -> None:
    connection.execute(ADD_FILE, [row.id, row.name_hash, row.name_hash_version, row.content])


def read_file(connection: Connection, file_id: bytes) -> FileRow | None:
    row = connection.execute(READ_FILE, [file_id], binary=True).fetchone()
    if row is None:
        return None
    return FileRow(id=row[0], name_hash=row[1], name_hash_version=row[2], content=row[3])


def files_by_name(connection: Connection, name_hashes: Sequence[bytes]) -> list[bytes]:
    rows = connection.execute(FILES_BY_NAME, [list(name_hashes)], binary=True)
    return [row[0] for row in rows]


def _wrapped_key(row: Sequence[Any]) -> WrappedKey:
    return WrappedKey(subject=row[0], epoch=row[1], wrapped=row[2])
