"""What waits in the database, and since when: one cheap statement, numbers and names of rules."""

from typing import Any

import msgspec
import psycopg

TYPOLOGIES_MAX = 50  # The most frequent; what a policy may name has no bound.

# A hold's age is that of its order: a row of the log tells the time, a hold does not.
_SELECT = """
SELECT jsonb_build_object(
  'held', (SELECT count(*) FROM transfers.hold),
  'held_since_ms', (
    SELECT batch_ms FROM gate.batch
    WHERE first_number <= (SELECT min(number) FROM transfers.hold) AND leaves > 0
    ORDER BY first_number DESC LIMIT 1),
  'alerts', (SELECT coalesce(jsonb_object_agg(name, alerts), '{}') FROM (
    SELECT split_part(each, '=', 1) AS name, count(*) AS alerts
    FROM alerts.alert, unnest(string_to_array(typologies, ',')) AS each
    WHERE status <> 3 GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %(typologies)s) AS named),
  'outbox_later', o.later, 'outbox_due', o.due, 'outbox_since_ms', o.since_ms,
  'prepared', r.prepared, 'sent', r.sent, 'asked_max', r.asked_max,
  'checkpoint_size', c.size, 'checkpoint_ms', c.made_ms
)::text
FROM (
  SELECT count(*) FILTER (WHERE due_ms > %(now_ms)s) AS later,
    count(*) FILTER (WHERE due_ms <= %(now_ms)s) AS due,
    min(due_ms) FILTER (WHERE due_ms <= %(now_ms)s) AS since_ms
  FROM gate.outbox
) AS o CROSS JOIN (
  SELECT count(*) FILTER (WHERE state = 1) AS prepared, count(*) FILTER (WHERE state = 2) AS sent,
    coalesce(max(asked) FILTER (WHERE state = 2), 0) AS asked_max
  FROM rails.sending WHERE state < 3
) AS r LEFT JOIN (
  SELECT size, made_ms FROM audit.checkpoint ORDER BY size DESC LIMIT 1
) AS c ON true
"""


class Backlog(msgspec.Struct, frozen=True, kw_only=True):
    """Times are None where there is nothing of the kind."""

    held: int
    held_since_ms: int | None  # When the oldest transfer that is held was ordered.
    alerts: dict[str, int]  # That are not closed, by typology.
    outbox_due: int
    outbox_later: int  # To be carried out on a day to come.
    outbox_since_ms: int | None  # When the oldest was due.
    prepared: int  # To be sent to the rail.
    sent: int  # Sent, and not answered.
    asked_max: int  # How often the rail was asked about the one it was asked about most.
    checkpoint_size: int | None
    checkpoint_ms: int | None


def measure_backlog(connection: psycopg.Connection[Any], now_ms: int) -> Backlog:
    """As of now; what is due is due by this time."""
    values = {"now_ms": now_ms, "typologies": TYPOLOGIES_MAX}
    row = connection.execute(_SELECT, values).fetchone()
    return msgspec.json.decode(row[0] if row else b"", type=Backlog)
