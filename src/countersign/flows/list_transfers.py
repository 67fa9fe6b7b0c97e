"""Transfers as lists show them: the newest first, each with what its last command made of it."""

from typing import Any, NamedTuple

import msgspec
import psycopg

from countersign.flows.tell_transfer import codes_in
from countersign.gate.commands import Kind
from countersign.gate.context import read_redecision
from countersign.infra.clock import moment
from countersign.kernel.money import Money
from countersign.transfers.model import Status

# A refused command made nothing of a transfer.
_SELECT = """
SELECT t.number, t.amount, t.currency, coalesce(h.reasons, t.reasons), b.batch_ms,
  coalesce(upper(c.outcome), CAST(t.status AS text)) AS status, t.credential, t.digest, t.policy,
  CASE WHEN h.number IS NOT NULL AND c.kind = %(dispatch)s::smallint THEN c.detail END
FROM transfers.transfer AS t
LEFT JOIN LATERAL (
  SELECT outcome, kind, detail FROM gate.command
  WHERE transfer = t.number AND transfer > 0 AND day >= t.day AND position('.' IN outcome) = 0
  ORDER BY number DESC LIMIT 1
) AS c ON true
LEFT JOIN transfers.hold AS h ON h.number = t.number
CROSS JOIN LATERAL (
  SELECT batch_ms FROM gate.batch WHERE first_number <= t.number ORDER BY seq DESC LIMIT 1
) AS b
WHERE (%(name)s::text IS NULL OR coalesce(upper(c.outcome), CAST(t.status AS text))
    IN (%(name)s::text, %(value)s::text))
  -- What is held has its hold, which tells it without a look at every transfer's commands.
  AND (%(name)s::text IS DISTINCT FROM 'HELD' OR t.number IN (SELECT number FROM transfers.hold))
  AND (%(before)s::bigint IS NULL OR t.number < %(before)s::bigint)
  AND (%(credential)s::int IS NULL OR t.credential = %(credential)s::int)
ORDER BY t.day DESC, t.number DESC LIMIT %(limit)s
"""


class TransferListed(msgspec.Struct, frozen=True, kw_only=True):
    """One transfer in a list; the time is RFC 3339, the amount a decimal in its currency."""

    number: int
    ordered: str
    amount: str
    currency: str
    status: str
    reasons: list[str]
    policy: int  # That found them: of the order, or of its dispatch.
    credential: int
    digest: str


def newest_transfers(
    connection: psycopg.Connection[Any],
    *,
    limit: int,
    status: Status | None = None,
    before: int | None = None,
    credential: int | None = None,
) -> list[TransferListed]:
    """The newest, at most `limit`: of one status, before a number, of who ordered them."""
    parameters = {
        "limit": limit,
        "name": status.name if status else None,
        "value": status.value if status else None,
        "before": before,
        "credential": credential,
        "dispatch": int(Kind.DISPATCH),
    }
    return [_listed(_Row(*row)) for row in connection.execute(_SELECT, parameters)]


class _Row(NamedTuple):
    """One row of the query."""

    number: int
    amount: int
    currency: str
    reasons: str
    batch_ms: int
    status: str
    credential: int
    digest: bytes
    policy: int
    redecided: bytes | None


def _listed(row: _Row) -> TransferListed:
    return TransferListed(
        number=row.number,
        ordered=moment(row.batch_ms),
        amount=Money(minor_units=row.amount, currency=row.currency).text(),
        currency=row.currency,
        status=_status(row.status),
        reasons=codes_in(row.reasons),
        policy=_policy(row.policy, row.redecided),
        credential=row.credential,
        digest=row.digest.hex(),
    )


def _policy(ordered: int, redecided: bytes | None) -> int:
    found = read_redecision(redecided) if redecided else None
    return found.policy if found else ordered


def _status(text: str) -> str:
    return (Status(int(text)) if text.isdigit() else Status[text]).name.lower()
