"""/v1/alerts: what the rules raised, seen by a person and ended with what it came to."""

import msgspec

from countersign.access.model import Permission
from countersign.alerts.model import Alert, AlertStatus, Disposition
from countersign.alerts.queries import newest_alerts
from countersign.entrypoints.api.accounts import Limit, Number
from countersign.entrypoints.api.deciding import Reason
from countersign.entrypoints.api.desk import Call, Desk, Operation
from countersign.entrypoints.web.reading import Connection
from countersign.flows.list_questioned import questioned_of
from countersign.flows.tell_transfer import codes_in
from countersign.gate.commands import AcknowledgeAlert, Kind
from countersign.gate.requests import CloseAlertRequest
from countersign.infra.clock import moment


class AlertListed(msgspec.Struct, frozen=True, kw_only=True):
    number: int
    transfer: int
    raised: str
    status: str
    typologies: list[str]  # Each with its score: "typologies.mule=160".
    rules: list[str]
    disposition: str | None
    messages: int  # Of the rail, which it stands for; 0 where a decision raised it.


class AlertPage(msgspec.Struct, frozen=True, kw_only=True):
    alerts: list[AlertListed]
    next_before: int | None


class AlertQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    before: Number | None = None
    closed: bool = False  # Closed ones too.
    limit: Limit = 50


class Closing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    disposition: Disposition
    reason: Reason


class AlertChanged(msgspec.Struct, frozen=True, kw_only=True):
    alert: int
    status: str
    command: int


async def list_alerts(desk: Desk, call: Call) -> AlertPage:
    query: AlertQuery = call.query

    def read(connection: Connection) -> AlertPage:
        found = newest_alerts(
            connection, limit=query.limit + 1, with_closed=query.closed, before=query.before
        )
        page, rest = found[: query.limit], found[query.limit :]
        listed = [
            _listed(alert, questioned_of(connection, alert, limit=0).messages) for alert in page
        ]
        return AlertPage(alerts=listed, next_before=page[-1].number if rest else None)

    return await desk.read(read)


async def acknowledge(desk: Desk, call: Call) -> AlertChanged:
    answer = await desk.ask(call, Kind.ACKNOWLEDGE_ALERT, AcknowledgeAlert(call.number))
    return AlertChanged(alert=call.number, status="acknowledged", command=answer.number)


async def close(desk: Desk, call: Call) -> AlertChanged:
    body: Closing = call.body
    request = CloseAlertRequest(call.number, body.disposition.value, body.reason)
    answer = await desk.ask(call, Kind.CLOSE_ALERT, request)
    return AlertChanged(alert=call.number, status="closed", command=answer.number)


def _listed(alert: Alert, messages: int) -> AlertListed:
    return AlertListed(
        number=alert.number,
        transfer=alert.transfer,
        raised=moment(alert.raised_ms),
        status=AlertStatus(alert.status).name.lower(),
        typologies=codes_in(alert.typologies),
        rules=codes_in(alert.rules),
        disposition=alert.disposition or None,
        messages=messages,
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/alerts",
        name="listAlerts",
        summary="The newest alerts that are not closed, or all.",
        handler=list_alerts,
        query=AlertQuery,
        answers=AlertPage,
        permission=Permission.ALERTS_READ,
    ),
    Operation(
        method="POST",
        path="/v1/alerts/{number}/acknowledge",
        name="acknowledgeAlert",
        summary="Say that somebody looks into an alert.",
        handler=acknowledge,
        answers=AlertChanged,
        permission=Permission.ALERTS_ACKNOWLEDGE,
        is_keyed=True,
    ),
    Operation(
        method="POST",
        path="/v1/alerts/{number}/close",
        name="closeAlert",
        summary="End an alert with what it came to.",
        handler=close,
        takes=Closing,
        answers=AlertChanged,
        permission=Permission.ALERTS_CLOSE,
        is_keyed=True,
    ),
)
