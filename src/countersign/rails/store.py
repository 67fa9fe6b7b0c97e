"""SQL of schema rails, as the app's role.

A change names the state that it expects: of two that make it, one does.
"""

from collections.abc import Sequence
from typing import Any

import psycopg

from countersign.rails.model import Sending, State

Connection = psycopg.Connection[Any]

INSERT_SENDING = """
    INSERT INTO rails.sending (number, digest, transaction_id, uetr, state, attempt, asked, due_ms,
      status, reason, changed_ms)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (number) DO NOTHING
"""
SELECT_SENDINGS = """
    SELECT number, digest, transaction_id, uetr, state, attempt, asked, due_ms, status, reason,
      changed_ms
    FROM rails.sending
"""
_DUE = "WHERE state = %s AND due_ms <= %s ORDER BY due_ms, number LIMIT %s"
MARK_SENT = """
    UPDATE rails.sending SET state = 2, attempt = attempt + 1, asked = 0, due_ms = %s,
      changed_ms = %s
    WHERE number = %s AND state = 1 AND attempt = %s
"""
MARK_ASKED = """
    UPDATE rails.sending SET asked = asked + 1, due_ms = %s, changed_ms = %s
    WHERE number = %s AND state = 2 AND attempt = %s AND asked = %s
"""
MARK_NOT_RECEIVED = """
    UPDATE rails.sending SET state = 1, due_ms = %s, changed_ms = %s
    WHERE number = %s AND state = 2 AND attempt = %s
"""
MARK_ANSWERED = """
    UPDATE rails.sending SET state = 3, status = %s, reason = %s, changed_ms = %s
    WHERE number = %s AND state < 3
"""
NOTE_STATUS = """
    UPDATE rails.sending SET status = %s, reason = %s, changed_ms = %s
    WHERE number = %s AND state < 3
"""
POSTPONE = "UPDATE rails.sending SET due_ms = %s WHERE number = %s AND state < 3"
ASK_FIRST_BELOW = """
    INSERT INTO rails.caution (ask_first_below) VALUES (%s)
    ON CONFLICT (only_row) DO UPDATE
      SET ask_first_below = greatest(rails.caution.ask_first_below, excluded.ask_first_below)
"""
# As if the bytes of the next attempt had left, which they may have.
COUNT_PREPARED_AS_SENT = """
    UPDATE rails.sending
    SET state = 2, attempt = attempt + 1, asked = 0, due_ms = 0, changed_ms = %s
    WHERE state = 1
"""
SELECT_CAUTION = "SELECT ask_first_below FROM rails.caution"


def add(connection: Connection, sending: Sending) -> bool:
    values = [getattr(sending, name) for name in Sending.__struct_fields__]
    return connection.execute(INSERT_SENDING, values).rowcount == 1


def due(connection: Connection, state: State, now_ms: int, *, count_max: int) -> list[Sending]:
    return _sendings(connection.execute(SELECT_SENDINGS + _DUE, [state, now_ms, count_max]))


def by_numbers(connection: Connection, numbers: Sequence[int]) -> list[Sending]:
    return _sendings(
        connection.execute(SELECT_SENDINGS + "WHERE number = ANY (%s)", [list(numbers)])
    )


def by_transaction_id(connection: Connection, transaction_id: str) -> list[Sending]:
    return _sendings(
        connection.execute(SELECT_SENDINGS + "WHERE transaction_id = %s", [transaction_id])
    )


def by_uetr(connection: Connection, uetr: str) -> list[Sending]:
    """At most two: more than one cannot be told apart."""
    return _sendings(
        connection.execute(SELECT_SENDINGS + "WHERE uetr = %s ORDER BY number LIMIT 2", [uetr])
    )


def change(connection: Connection, statement: str, *values: object) -> bool:
    """Whether the row was still as expected, and was changed."""
    return connection.execute(statement.encode(), values).rowcount == 1


def be_cautious(connection: Connection, number: int, now_ms: int) -> None:
    connection.execute(ASK_FIRST_BELOW, [number])
    connection.execute(COUNT_PREPARED_AS_SENT, [now_ms])


def ask_first_below(connection: Connection) -> int:
    row = connection.execute(SELECT_CAUTION).fetchone()
    return int(row[0]) if row else 0


def _sendings(rows: "psycopg.Cursor[Any]") -> list[Sending]:
    return [
        Sending(**dict(zip(Sending.__struct_fields__, row, strict=True)) | {"state": State(row[4])})
        for row in rows
    ]
