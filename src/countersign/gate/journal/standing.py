"""The tables of what stands, in bounded pages; nothing here is checked.

Values that may be large or sealed come as their hash, so a page stays small whatever is stored.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from countersign.gate.changes import DISPATCH_DUE
from countersign.gate.journal.bridge import Connection, ask_values

ROWS_A_PAGE = 1_000

# Each begins with the key, which the next page goes on after.
SELECT_ACCOUNTS = """
SELECT number, kind, currency, index, party, sha256(holder) FROM accounts.account
WHERE $1::bigint IS NULL OR number > $1::bigint ORDER BY number LIMIT $2::int
"""
SELECT_FREEZES = """
SELECT index, number FROM accounts.freeze
WHERE $1::bytea IS NULL OR index > $1::bytea ORDER BY index LIMIT $2::int
"""
SELECT_CREDENTIALS = """
SELECT number, name, verifier, permissions, is_active, expires_ms, addresses FROM access.credential
WHERE $1::int IS NULL OR number > $1::int ORDER BY number LIMIT $2::int
"""
SELECT_POLICIES = """
SELECT number, hash, sha256(content) FROM rules.policy
WHERE $1::int IS NULL OR number > $1::int ORDER BY number LIMIT $2::int
"""
SELECT_HOLDS = """
SELECT number, owner, reasons, until_ms FROM transfers.hold
WHERE $1::bigint IS NULL OR number > $1::bigint ORDER BY number LIMIT $2::int
"""
SELECT_ALERTS = """
SELECT number, transfer, typologies, rules, raised_ms, status, disposition, changed_by
FROM alerts.alert
WHERE $1::bigint IS NULL OR number > $1::bigint ORDER BY number LIMIT $2::int
"""
SELECT_OPEN_ACCOUNTS = "SELECT index FROM accounts.account WHERE index = ANY($1::bytea[])"
# When some transfers are due for dispatch; never, where nothing would dispatch them.
SELECT_DUE = """
SELECT u.number, o.due_ms FROM unnest($1::bigint[]) AS u (number)
LEFT JOIN gate.outbox AS o ON o.number = u.number AND o.topic = $2::smallint
ORDER BY u.number
"""


def rows(connection: Connection, statement: str) -> Iterator[tuple[Any, ...]]:
    """All rows of one of the tables above, by key."""
    after = None
    while page := ask_values(connection, statement, [after, ROWS_A_PAGE]):
        yield from page
        after = page[-1][0]


def open_accounts(connection: Connection, indexes: Sequence[bytes]) -> set[bytes]:
    """Of some blind indexes those of open accounts."""
    found = ask_values(connection, SELECT_OPEN_ACCOUNTS, [list(indexes)])
    return {bytes(row[0]) for row in found}


def dispatch_times(
    connection: Connection, transfers: Sequence[int]
) -> Iterator[tuple[int, int | None]]:
    """(transfer, when the outbox has it dispatched or None), in the order of the transfers."""
    for start in range(0, len(transfers), ROWS_A_PAGE):
        asked = list(transfers[start : start + ROWS_A_PAGE])
        yield from ask_values(connection, SELECT_DUE, [asked, DISPATCH_DUE])
