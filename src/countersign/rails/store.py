"""SQL of schema rails, as the app's role.

A change names the state that it expects: of two that make it, one does.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import psycopg

from countersign.rails.model import Doubt, Returned, ReturnState, Sending, State

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
INSERT_RETURNED = """
    INSERT INTO rails.payment_return (content_hash, file_id, meaning, state, number, reason,
      received_ms, due_ms, changed_ms)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (content_hash) DO NOTHING
"""
SELECT_RETURNED = """
    SELECT content_hash, file_id, meaning, state, number, reason, received_ms, due_ms, changed_ms
    FROM rails.payment_return
"""
_RETURNED_DUE = "WHERE state = 1 AND due_ms <= %s ORDER BY due_ms, content_hash LIMIT %s"
END_RETURNED = """
    UPDATE rails.payment_return SET state = %s, number = %s, reason = %s, changed_ms = %s
    WHERE content_hash = %s AND state = 1
"""
POSTPONE_RETURNED = """
    UPDATE rails.payment_return SET due_ms = %s WHERE content_hash = %s AND state = 1
"""
IS_REPEATED = """
    SELECT EXISTS (SELECT FROM rails.payment_return
      WHERE meaning = %s AND state = 2 AND content_hash <> %s)
"""
IS_RETURNED = """
    SELECT EXISTS (SELECT FROM rails.payment_return
      WHERE number = %s AND state = 2 AND content_hash <> %s)
"""
_QUESTIONED = """
    WHERE state = 3 AND number = %s AND reason = %s AND changed_ms >= %s
      AND (%s::bigint IS NULL OR changed_ms < %s::bigint)
"""
_COUNT_RETURNED = "SELECT count(*) FROM rails.payment_return"
COUNT_QUESTIONED = _COUNT_RETURNED + _QUESTIONED
SELECT_QUESTIONED = SELECT_RETURNED + _QUESTIONED + "ORDER BY changed_ms DESC LIMIT %s"
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


def add_returned(connection: Connection, returned: Returned) -> bool:
    return connection.execute(INSERT_RETURNED, msgspec.structs.astuple(returned)).rowcount == 1


def returned_due(connection: Connection, now_ms: int, *, count_max: int) -> list[Returned]:
    return _returned(connection.execute(SELECT_RETURNED + _RETURNED_DUE, [now_ms, count_max]))


def count_questioned(connection: Connection, about: Doubt) -> int:
    row = connection.execute(COUNT_QUESTIONED, about.values()).fetchone()
    return int(row[0]) if row else 0


def newest_questioned(connection: Connection, about: Doubt, *, limit: int) -> list[Returned]:
    return _returned(connection.execute(SELECT_QUESTIONED, [*about.values(), limit]))


def is_there(connection: Connection, statement: str, *values: object) -> bool:
    row = connection.execute(statement.encode(), values).fetchone()
    return bool(row and row[0])


def be_cautious(connection: Connection, number: int, now_ms: int) -> None:
    connection.execute(ASK_FIRST_BELOW, [number])
    connection.execute(COUNT_PREPARED_AS_SENT, [now_ms])


def ask_first_below(connection: Connection) -> int:
    row = connection.execute(SELECT_CAUTION).fetchone()
    return int(row[0]) if row else 0


def _returned(rows: "psycopg.Cursor[Any]") -> list[Returned]:
    fields = Returned.__struct_fields__
    return [
        Returned(**dict(zip(fields, row, strict=True)) | {"state": ReturnState(row[3])})
        for row in rows
    ]


def _sendings(rows: "psycopg.Cursor[Any]") -> list[Sending]:
    return [
        Sending(**dict(zip(Sending.__struct_fields__, row, strict=True)) | {"state": State(row[4])})
        for row in rows
    ]
