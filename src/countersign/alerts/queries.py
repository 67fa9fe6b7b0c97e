"""Reading alerts, for the app's role."""

from typing import Any

import psycopg

from countersign.alerts.model import Alert

SELECT_ALERTS = """
SELECT number, transfer, typologies, rules, raised_ms, status, disposition, changed_by
FROM alerts.alert WHERE (status <> 3 OR %(with_closed)s)
  AND (%(before)s::bigint IS NULL OR number < %(before)s::bigint)
ORDER BY number DESC LIMIT %(limit)s
"""
SELECT_ABOUT = """
SELECT number, transfer, typologies, rules, raised_ms, status, disposition, changed_by
FROM alerts.alert WHERE transfer = %s ORDER BY number
"""
SELECT_ALERT = """
SELECT number, transfer, typologies, rules, raised_ms, status, disposition, changed_by
FROM alerts.alert WHERE number = %s
"""
SELECT_NEXT = """
SELECT min(raised_ms) FROM alerts.alert
WHERE transfer = %s AND rules = %s AND typologies = '' AND number > %s
"""


def newest_alerts(
    connection: psycopg.Connection[Any],
    *,
    limit: int,
    with_closed: bool,
    before: int | None = None,
) -> list[Alert]:
    """The newest alerts, newest first; before a number, if one is given."""
    parameters = {"limit": limit, "with_closed": with_closed, "before": before}
    rows = connection.execute(SELECT_ALERTS, parameters)
    return [Alert(*row) for row in rows]


def alerts_about(connection: psycopg.Connection[Any], transfer: int) -> list[Alert]:
    """The alerts about one transfer, the first one first."""
    return [Alert(*row) for row in connection.execute(SELECT_ABOUT, [transfer])]


def find_alert(connection: psycopg.Connection[Any], number: int) -> Alert | None:
    """An alert, closed or not."""
    row = connection.execute(SELECT_ALERT, [number]).fetchone()
    return Alert(*row) if row else None


def next_about_the_same(connection: psycopg.Connection[Any], alert: Alert) -> int | None:
    """When the next alert was raised that no typology raised and that is about the same."""
    row = connection.execute(SELECT_NEXT, [alert.transfer, alert.rules, alert.number]).fetchone()
    return row[0] if row else None
