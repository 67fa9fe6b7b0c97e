"""Reading rows of the journal over an ordinary psycopg connection, as the app's role.

The SQL of the stores speaks libpq: numbered parameters, arrays in binary. This is the bridge.
"""

from collections.abc import Sequence
from typing import Any

import psycopg

from countersign.audit.merkle import EMPTY_ROOT
from countersign.gate.journal import statements
from countersign.gate.rows import Header

Connection = psycopg.Connection[Any]
Row = list[bytes | None]


def ask_rows(connection: Connection, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
    """Run one statement; the rows with their values in binary form, as the stores read them."""
    with psycopg.RawCursor(connection) as cursor:
        cursor.execute(sql, list(parameters), binary=True)
        result = cursor.pgresult
        if result is None:
            return []
        columns = range(result.nfields)
        return [
            [_value(result.get_value(row, column)) for column in columns]
            for row in range(result.ntuples)
        ]


def ask_values(
    connection: Connection, sql: str, parameters: Sequence[object] = ()
) -> list[tuple[Any, ...]]:
    """Run one statement; the rows with their values as Python has them."""
    with psycopg.RawCursor(connection) as cursor:
        return cursor.execute(sql, list(parameters), binary=True).fetchall()


def read_headers(
    connection: Connection, condition: str, parameters: Sequence[object] = ()
) -> list[Header]:
    """Batch headers, unchecked."""
    rows = ask_values(connection, statements.SELECT_BATCHES + condition, parameters)
    return [_header(row) for row in rows]


def header_over(connection: Connection, number: int) -> Header | None:
    """The header of the batch that holds a command."""
    condition = "WHERE first_number <= $1::bigint AND leaves > 0 ORDER BY first_number DESC LIMIT 1"
    for header in read_headers(connection, condition, [number]):
        if number < header.first_number + header.leaves:
            return header
    return None


def _header(row: tuple[Any, ...]) -> Header:
    header = Header(*row)
    is_first = header.prev_root is None
    return header._replace(prev_term=0, prev_root=EMPTY_ROOT) if is_first else header


def _value(value: bytes | None) -> bytes | None:
    return None if value is None else bytes(value)
