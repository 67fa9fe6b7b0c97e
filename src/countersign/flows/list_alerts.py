"""Alerts as lists tell them: each with the patterns and reasons of the policy that raised it."""

from typing import Any

import msgspec
import psycopg

from countersign.alerts.model import Alert, AlertStatus
from countersign.alerts.queries import newest_alerts
from countersign.flows.list_questioned import questioned_of
from countersign.flows.tell_reasons import Explainer, PolicyTold, ReasonTold, TypologyTold
from countersign.flows.tell_transfer import codes_in, pairs_in
from countersign.gate.commands import Kind
from countersign.gate.context import read_redecision
from countersign.infra.clock import moment
from countersign.kernel.refusal import Language

# An alert has the number of the leaf that raised it: an order, its dispatch, or another command.
_SELECT_RAISED = """
SELECT asked.number, t.policy, CASE WHEN c.kind = %(dispatch)s::smallint THEN c.detail END
FROM unnest(%(numbers)s::bigint[]) AS asked (number)
CROSS JOIN LATERAL (
  SELECT (batch_ms / 86400000)::int AS day FROM gate.batch
  WHERE first_number <= asked.number AND leaves > 0 ORDER BY first_number DESC LIMIT 1
) AS b
LEFT JOIN transfers.transfer AS t ON t.number = asked.number AND t.day = b.day
LEFT JOIN gate.command AS c ON c.number = asked.number AND c.day = b.day
"""


class AlertTold(msgspec.Struct, frozen=True, kw_only=True):
    """One alert; the time is RFC 3339."""

    number: int
    transfer: int
    raised: str
    status: str
    typologies: list[TypologyTold]
    rules: list[ReasonTold]
    policy: PolicyTold | None  # Null where no policy raised it, as for what a rail sent back.
    disposition: str | None
    messages: int  # Of the rail, which it stands for; 0 where a decision raised it.


def tell_alerts(
    connection: psycopg.Connection[Any],
    *,
    limit: int,
    with_closed: bool,
    before: int | None,
    language: Language,
) -> list[AlertTold]:
    """The newest alerts, newest first; before a number, if one is given."""
    alerts = newest_alerts(connection, limit=limit, with_closed=with_closed, before=before)
    policies = raised_by(connection, [alert.number for alert in alerts])
    explainer = Explainer(connection, language)
    return [
        _told(
            alert,
            policies.get(alert.number),
            explainer,
            messages=questioned_of(connection, alert, limit=0).messages,
        )
        for alert in alerts
    ]


def _told(alert: Alert, policy: int | None, explainer: Explainer, *, messages: int) -> AlertTold:
    return AlertTold(
        number=alert.number,
        transfer=alert.transfer,
        raised=moment(alert.raised_ms),
        status=AlertStatus(alert.status).name.lower(),
        typologies=explainer.typologies(pairs_in(alert.typologies), policy=policy),
        rules=explainer.reasons(codes_in(alert.rules), policy=policy),
        policy=explainer.policy(policy),
        disposition=alert.disposition or None,
        messages=messages,
    )


def raised_by(connection: psycopg.Connection[Any], numbers: list[int]) -> dict[int, int]:
    """The policies that raised these alerts, by the alert's number."""
    parameters = {"numbers": numbers, "dispatch": int(Kind.DISPATCH)}
    found = {}
    for number, ordered, redecided in connection.execute(_SELECT_RAISED, parameters):
        again = read_redecision(redecided) if redecided else None
        policy = again.policy if again else ordered
        if policy is not None:
            found[number] = policy
    return found
