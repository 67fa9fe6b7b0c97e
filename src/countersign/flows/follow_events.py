"""What the gate decided, in the order of the log's leaves: no name, no account, no free text."""

from typing import Any

import msgspec
import psycopg

from countersign.flows.tell_transfer import codes_in
from countersign.gate.commands import Kind
from countersign.infra.clock import moment
from countersign.kernel.money import Money
from countersign.transfers.model import Status

# The batch of the first number that is wanted tells from which day's tables on to look.
_SELECT = """
WITH since AS (
  SELECT coalesce((
    SELECT batch_ms / 86400000 FROM gate.batch
    WHERE first_number <= %(after)s::bigint + 1 AND leaves > 0 ORDER BY first_number DESC LIMIT 1
  ), 0)::int AS day
), found AS (
  (SELECT number, NULL::smallint AS kind, status::text AS outcome, number AS transfer, credential,
     amount, currency, reasons, day
   FROM transfers.transfer WHERE number > %(after)s::bigint AND day >= (SELECT day FROM since)
   ORDER BY number LIMIT %(limit)s)
  UNION ALL
  (SELECT number, kind, outcome, transfer, credential, NULL, NULL, '', day
   FROM gate.command WHERE number > %(after)s::bigint AND day >= (SELECT day FROM since)
   ORDER BY number LIMIT %(limit)s)
)
SELECT f.number, f.kind, f.outcome, f.transfer, f.credential, f.amount, f.currency, f.reasons,
  b.batch_ms
FROM (SELECT * FROM found ORDER BY number LIMIT %(limit)s) AS f
CROSS JOIN LATERAL (
  SELECT batch_ms FROM gate.batch WHERE first_number <= f.number AND leaves > 0
  ORDER BY first_number DESC LIMIT 1
) AS b
ORDER BY f.number
"""
_SELECT_NEWEST = """
SELECT first_number + leaves - 1 FROM gate.batch ORDER BY seq DESC LIMIT 1
"""


class EventFollowed(msgspec.Struct, frozen=True, kw_only=True):
    """One leaf of the log: an order with its decision, or another command with its outcome."""

    number: int
    time: str
    event: str  # "order", or the kind of command.
    outcome: str  # A status, "ok", or the code of a refusal.
    transfer: int | None
    credential: int
    amount: str | None
    currency: str | None
    reasons: list[str]


def events_after(
    connection: psycopg.Connection[Any], *, after: int, limit: int
) -> list[EventFollowed]:
    """What follows the leaf `after`, at most `limit`, without a gap."""
    parameters = {"after": after, "limit": limit}
    return [
        EventFollowed(
            number=number,
            time=moment(batch_ms),
            event="order" if kind is None else Kind(kind).name.lower(),
            outcome=Status(int(outcome)).name.lower() if kind is None else outcome,
            transfer=transfer or None,
            credential=credential,
            amount=None if amount is None else Money(minor_units=amount, currency=currency).text(),
            currency=currency,
            reasons=codes_in(reasons),
        )
        for number, kind, outcome, transfer, credential, amount, currency, reasons, batch_ms in (
            connection.execute(_SELECT, parameters)
        )
    ]


def newest_number(connection: psycopg.Connection[Any]) -> int:
    """The number of the newest leaf; -1 where there is none."""
    row = connection.execute(_SELECT_NEWEST).fetchone()
    return int(row[0]) if row else -1
