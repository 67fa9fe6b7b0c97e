"""Which messages of a rail an alert stands for: all that were in doubt for its reason.

From the moment that it was raised until somebody acknowledged it and the next message raised
another. The messages themselves are kept sealed; here is when each came and how it is told apart.
"""

from typing import Any, NamedTuple

import psycopg

from countersign.alerts.model import Alert
from countersign.alerts.queries import next_about_the_same
from countersign.rails.model import Doubt, Returned
from countersign.rails.queries import count_questioned, newest_questioned

Connection = psycopg.Connection[Any]


class Questioned(NamedTuple):
    """What an alert stands for."""

    messages: int
    newest: list[Returned]  # The newest first.


def questioned_of(connection: Connection, alert: Alert, *, limit: int) -> Questioned:
    """All of them counted, some of them listed; none where a decision raised the alert."""
    if alert.typologies:
        return Questioned(0, [])
    about = Doubt(
        transfer=alert.transfer,
        reason=alert.rules,
        since_ms=alert.raised_ms,
        until_ms=next_about_the_same(connection, alert),
    )
    return Questioned(
        count_questioned(connection, about),
        newest_questioned(connection, about, limit=limit) if limit else [],
    )
