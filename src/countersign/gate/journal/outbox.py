"""What the gate left for the worker to do, read as the app's role. A hint: the gate has the word.

No lock is held on a row: the gate writes the same rows, and would wait for whoever holds one.
"""

from typing import NamedTuple

from countersign.gate.journal.bridge import Connection, ask_values

SELECT_DUE = """
SELECT number, cause FROM gate.outbox
WHERE topic = $1::smallint AND due_ms <= $2::bigint AND NOT number = ANY ($3::bigint[])
ORDER BY due_ms, number LIMIT $4::int
"""
# Not a row that the gate has written anew since it was read.
DELETE_DONE = """
DELETE FROM gate.outbox AS o USING unnest($2::bigint[], $3::bigint[]) AS done (number, cause)
WHERE o.topic = $1::smallint AND o.number = done.number AND o.cause = done.cause
RETURNING o.number
"""


class Due(NamedTuple):
    number: int  # Of the transfer.
    cause: int  # The command that wrote the row.


def read_due(
    connection: Connection, topic: int, now_ms: int, *, without: list[int], count_max: int
) -> list[Due]:
    """The oldest rows of a topic that are due, without some transfers."""
    rows = ask_values(connection, SELECT_DUE, [topic, now_ms, without, count_max])
    return [Due(number, cause) for number, cause in rows]


def delete_done(connection: Connection, topic: int, done: list[Due]) -> int:
    """Take rows out that are dealt with; how many were still as they were read."""
    numbers, causes = [row.number for row in done], [row.cause for row in done]
    return len(ask_values(connection, DELETE_DONE, [topic, numbers, causes]))
