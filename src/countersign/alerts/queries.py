"""Reading alerts, for the app's role."""

from typing import Any

import psycopg

from countersign.alerts.model import Alert

SELECT_ALERTS = """
SELECT number, transfer, typologies, rules, raised_ms, status, disposition, changed_by
FROM alerts.alert WHERE status <> 3 OR %s ORDER BY number DESC LIMIT %s
"""


def newest_alerts(
    connection: psycopg.Connection[Any], *, limit: int, with_closed: bool
) -> list[Alert]:
    """The newest alerts, newest first."""
    rows = connection.execute(SELECT_ALERTS, [with_closed, limit])
    return [Alert(*row) for row in rows]
