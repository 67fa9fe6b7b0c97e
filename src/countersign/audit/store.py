"""SQL of the schema audit, beside the tiles that the gate's journal writes.

A checkpoint row is never changed. All statements may be repeated without harm.
"""

from collections.abc import Sequence
from typing import Any

import psycopg

from countersign.audit.model import StoredCheckpoint

Connection = psycopg.Connection[Any]


# A new checkpoint; whoever came first with a size wins.
ADD_CHECKPOINT = """
    INSERT INTO audit.checkpoint (size, note, made_ms) VALUES (%s, %s, %s)
    ON CONFLICT (size) DO NOTHING
"""

NEWEST_CHECKPOINT = """
    SELECT size, note, made_ms FROM audit.checkpoint ORDER BY size DESC LIMIT 1
"""

CHECKPOINT_AT = "SELECT size, note, made_ms FROM audit.checkpoint WHERE size = %s"

# Checkpoints of some sizes, in their order; the bounds count.
CHECKPOINTS_BETWEEN = """
    SELECT size, note, made_ms FROM audit.checkpoint WHERE size BETWEEN %s AND %s
    ORDER BY size LIMIT %s
"""

# Keep the last day whole and one checkpoint an hour before it.
THIN_CHECKPOINTS = "SELECT audit.thin_checkpoints(%s)"

# Some full tiles; the bounds count.
TILES_BETWEEN = "SELECT number, hashes FROM audit.tile WHERE number BETWEEN %s AND %s"

NEWEST_TILE = "SELECT max(number) FROM audit.tile"


def add_checkpoint(connection: Connection, row: StoredCheckpoint) -> None:
    connection.execute(ADD_CHECKPOINT, [row.size, row.note, row.made_ms])


def newest_checkpoint(connection: Connection) -> StoredCheckpoint | None:
    return _checkpoint(connection.execute(NEWEST_CHECKPOINT).fetchone())


def checkpoint_at(connection: Connection, size: int) -> StoredCheckpoint | None:
    return _checkpoint(connection.execute(CHECKPOINT_AT, [size]).fetchone())


def checkpoints_between(
    connection: Connection, *, first: int, last: int, count_max: int
) -> list[StoredCheckpoint]:
    rows = connection.execute(CHECKPOINTS_BETWEEN, [first, last, count_max])
    return [StoredCheckpoint(size=row[0], note=row[1], made_ms=row[2]) for row in rows]


def thin_checkpoints(connection: Connection, now_ms: int) -> int:
    row = connection.execute(THIN_CHECKPOINTS, [now_ms]).fetchone()
    return 0 if row is None else int(row[0])


def tiles_between(connection: Connection, *, first: int, last: int) -> dict[int, bytes]:
    return dict(connection.execute(TILES_BETWEEN, [first, last], binary=True).fetchall())


def newest_tile(connection: Connection) -> int | None:
    row = connection.execute(NEWEST_TILE).fetchone()
    return None if row is None else row[0]


def _checkpoint(row: Sequence[Any] | None) -> StoredCheckpoint | None:
    return None if row is None else StoredCheckpoint(size=row[0], note=row[1], made_ms=row[2])
