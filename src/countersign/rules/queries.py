"""Reading policies, for the app's role."""

from typing import Any

import psycopg

from countersign.rules.model import PolicyRow

SELECT_POLICY = """
SELECT number, hash, content FROM rules.policy
WHERE %(number)s::int IS NULL OR number = %(number)s::int ORDER BY number DESC LIMIT 1
"""


def find_policy(connection: psycopg.Connection[Any], number: int | None) -> PolicyRow | None:
    """The policy of a number, or the newest, which is in force."""
    row = connection.execute(SELECT_POLICY, {"number": number}).fetchone()
    return PolicyRow(*row) if row else None
