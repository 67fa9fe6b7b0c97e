"""The live board: today's sums, the decisions of two hours, what is held, what was just decided.

What is past never changes, so each look reads only what came since the one before.
"""

import threading
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import psycopg

from countersign.entrypoints.console.decisions import SPAN_MINUTES, SPANS
from countersign.entrypoints.console.finding import Held, Pair, held_by_due, parties
from countersign.gate.intake import Intake
from countersign.transfers.model import Action

DAY_MS = 86_400_000
MINUTE_MS = 60_000
MINUTES = SPANS * SPAN_MINUTES
HOUR = 60  # Minutes.
HELD_ROWS = 8
STREAM_ROWS = 14

_TODAY = """
SELECT action, currency, count(*), sum(amount)::bigint, max(number)
FROM transfers.transfer WHERE day = %s AND number > %s GROUP BY action, currency
"""
_MINUTES = """
SELECT b.batch_ms / 60000, t.action, count(*), max(t.number)
FROM gate.batch AS b JOIN transfers.transfer AS t
  ON t.number >= b.first_number AND t.number < b.first_number + b.leaves
WHERE b.batch_ms >= %s AND b.leaves > 0 AND t.day = ANY (%s) AND t.number > %s
GROUP BY 1, 2
"""
_HELD_SUMS = """
SELECT t.currency, count(*), sum(t.amount)::bigint
FROM transfers.hold AS h JOIN transfers.transfer AS t ON t.number = h.number GROUP BY t.currency
"""
_STREAM = """
SELECT t.number, t.amount, t.currency, t.action, b.batch_ms
FROM transfers.transfer AS t CROSS JOIN LATERAL (
  SELECT batch_ms FROM gate.batch WHERE first_number <= t.number ORDER BY seq DESC LIMIT 1
) AS b
WHERE t.day = ANY (%s) ORDER BY t.day DESC, t.number DESC LIMIT %s
"""
_ALERTS = """
SELECT count(*) FILTER (WHERE status = 1), count(*) FILTER (WHERE status = 2) FROM alerts.alert
WHERE status <> 3
"""


class Sum(NamedTuple):
    """How many, and how much of the currency that most of them have; others by currency."""

    orders: int
    currency: str
    amount: int
    others: tuple[tuple[str, int], ...]


class Decided(NamedTuple):
    number: int
    amount: int
    currency: str
    action: str
    batch_ms: int


@dataclass(slots=True, kw_only=True)
class Board:
    """One look."""

    now_ms: int
    released: Sum
    blocked: Sum
    held_now: Sum
    held: list[Held]
    stream: list[Decided]
    pairs: dict[int, Pair]
    open_alerts: int
    acknowledged_alerts: int
    minutes: list[dict[str, int]] = field(default_factory=list)  # The oldest first, by action.
    orders_today: int = 0


class Feed:
    """Remembers what was read. Many threads look, one at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._day = -1
        self._sums: dict[tuple[int, str], tuple[int, int]] = {}
        self._sums_to = -1
        self._minutes: dict[int, dict[int, int]] = {}
        self._minutes_to = -1

    def look(self, connection: psycopg.Connection[Any], intake: Intake, now_ms: int) -> Board:
        with self._lock:
            self._read_today(connection, now_ms // DAY_MS)
            self._read_minutes(connection, now_ms)
            sums, minutes = dict(self._sums), self._chart(now_ms)
        held = held_by_due(connection, HELD_ROWS)
        days = [now_ms // DAY_MS, now_ms // DAY_MS - 1]
        stream = [
            Decided(number, amount, currency, Action(action).name.lower(), batch_ms)
            for number, amount, currency, action, batch_ms in connection.execute(
                _STREAM, [days, STREAM_ROWS]
            )
        ]
        alerts = connection.execute(_ALERTS).fetchone() or (0, 0)
        return Board(
            now_ms=now_ms,
            released=_sum_of(sums, Action.RELEASE),
            blocked=_sum_of(sums, Action.BLOCK),
            held_now=_summed(
                (currency, count, amount)
                for currency, count, amount in connection.execute(_HELD_SUMS)
            ),
            held=held,
            stream=stream,
            pairs=parties(
                connection, intake, [*(one.number for one in held), *(d.number for d in stream)]
            ),
            open_alerts=alerts[0],
            acknowledged_alerts=alerts[1],
            minutes=minutes,
            orders_today=sum(count for count, _ in sums.values()),
        )

    def _read_today(self, connection: psycopg.Connection[Any], day: int) -> None:
        if day != self._day:
            self._day, self._sums, self._sums_to = day, {}, -1
        for action, currency, count, amount, last in connection.execute(
            _TODAY, [day, self._sums_to]
        ).fetchall():
            before = self._sums.get((action, currency), (0, 0))
            self._sums[action, currency] = (before[0] + count, before[1] + amount)
            self._sums_to = max(self._sums_to, last)

    def _read_minutes(self, connection: psycopg.Connection[Any], now_ms: int) -> None:
        first = now_ms // MINUTE_MS - MINUTES + 1
        days = sorted({first * MINUTE_MS // DAY_MS, now_ms // DAY_MS})
        rows = connection.execute(_MINUTES, [first * MINUTE_MS, days, self._minutes_to]).fetchall()
        for minute, action, count, last in rows:
            of_minute = self._minutes.setdefault(minute, defaultdict(int))
            of_minute[action] += count
            self._minutes_to = max(self._minutes_to, last)
        for minute in [minute for minute in self._minutes if minute < first]:
            del self._minutes[minute]

    def _chart(self, now_ms: int) -> list[dict[str, int]]:
        last = now_ms // MINUTE_MS
        return [
            {Action(a).name.lower(): n for a, n in self._minutes.get(minute, {}).items()}
            for minute in range(last - MINUTES + 1, last + 1)
        ]


def _sum_of(sums: dict[tuple[int, str], tuple[int, int]], action: Action) -> Sum:
    return _summed(
        (currency, count, amount)
        for (of, currency), (count, amount) in sums.items()
        if of == action
    )


def _summed(rows: Any) -> Sum:
    by_count = sorted(rows, key=lambda row: -row[1])
    if not by_count:
        return Sum(0, "", 0, ())
    currency, _, amount = by_count[0]
    others = tuple((code, value) for code, _, value in by_count[1:3])
    return Sum(sum(row[1] for row in by_count), currency, amount, others)
