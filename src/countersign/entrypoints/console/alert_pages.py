"""Alerts: what waits, the one that is looked at, and its end."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from countersign.alerts.errors import UnknownAlert
from countersign.alerts.model import Disposition
from countersign.alerts.queries import find_alert
from countersign.entrypoints.console.acting import Form, ask_gate, form_action
from countersign.entrypoints.console.filters import of_alerts
from countersign.entrypoints.console.finding import Search, find_transfers, parties
from countersign.entrypoints.console.pages import language_of, render
from countersign.entrypoints.console.reasoning import Asked, Reasons, reasons_of
from countersign.entrypoints.console.site import Site
from countersign.entrypoints.console.timeline import alert_seen
from countersign.entrypoints.web.numbers import PATH_NUMBER, whole_number
from countersign.flows.list_alerts import raised_by
from countersign.flows.list_questioned import Questioned, questioned_of
from countersign.flows.tell_reasons import Explainer
from countersign.flows.tell_transfer import codes_in
from countersign.gate.commands import AcknowledgeAlert, Kind
from countersign.gate.requests import CloseAlertRequest
from countersign.kernel.refusal import Language

ROWS = 100
MESSAGES = 10
VIEWS = {"open": (1,), "acknowledged": (2,), "all": (1, 2), "closed": (3,)}
_SELECT = """
SELECT a.number, a.typologies, a.rules, a.raised_ms, a.status, a.disposition, a.transfer
FROM alerts.alert AS a WHERE a.status = ANY (%s)
  AND (%s::bigint IS NULL OR a.number < %s::bigint) ORDER BY a.number DESC LIMIT %s
"""
_ONE = """
SELECT number, typologies, rules, raised_ms, status, disposition, transfer FROM alerts.alert
WHERE number = %s
"""
_COUNTS = "SELECT status, count(*) FROM alerts.alert GROUP BY status"
_AMOUNTS = "SELECT number, amount, currency FROM transfers.transfer WHERE number = ANY (%s)"


def alerts(request: Request) -> Response:
    return _page(request, None)


def alert(request: Request) -> Response:
    """The same list with one alert in the side panel; on a phone the panel alone."""
    return _page(request, request.path_params["number"])


def _page(request: Request, chosen: int | None) -> Response:
    site: Site = request.app.state.site
    view = request.query_params.get("view", "all")
    view = view if view in VIEWS else "all"
    before = whole_number(request.query_params.get("before", ""))

    def read(connection: Any) -> dict[str, Any]:
        asked = [list(VIEWS[view]), before, before, ROWS + 1]
        rows = connection.execute(_SELECT, asked).fetchall()
        has_more, rows = len(rows) > ROWS, rows[:ROWS]
        one = connection.execute(_ONE, [chosen]).fetchone() if chosen is not None else None
        if chosen is not None and one is None:
            raise UnknownAlert
        shown = one or (rows[0] if rows else None)
        alerts = [row[0] for row in (*rows, *([shown] if shown else []))]
        policies, language = raised_by(connection, alerts), language_of(request)
        explainer = Explainer(connection, language)
        numbers = [row[6] for row in (*rows, *([shown] if shown else []))]
        transfer = None
        if shown and shown[6]:  # 0: it is about no transfer that is known.
            found, _ = find_transfers(connection, Search(number=shown[6]))
            transfer = found[0] if found else None
        return {
            "has_more": has_more,
            "rows": [(alert_seen(row[:6]), row[6]) for row in rows],
            "amounts": {
                number: (amount, currency)
                for number, amount, currency in connection.execute(_AMOUNTS, [numbers])
            },
            "pairs": parties(connection, site.intake, numbers),
            "tallies": dict(connection.execute(_COUNTS).fetchall()),
            "shown": alert_seen(shown[:6]) if shown else None,
            "transfer": transfer,
            "why": _why(connection, shown, policies, language) if shown and transfer else None,
            "questioned": _questioned(connection, shown[0]) if shown else None,
            "said_by": {one: explainer.words(policies.get(one)) for one in alerts},
        }

    return render(
        request,
        "alerts.html",
        view=view,
        filters=of_alerts(view, request.url.path, language_of(request)),
        views=VIEWS,
        is_chosen=chosen is not None,
        dispositions=list(Disposition),
        done=request.query_params.get("done", ""),
        **site.read(read),
    )


def _why(
    connection: Any, shown: tuple[Any, ...], policies: Mapping[int, int], language: Language
) -> Reasons:
    """Its rules, by the policy that raised it."""
    number, rules, about = shown[0], shown[2], shown[6]
    asked = Asked(about, codes_in(rules), policy=policies.get(number))
    return reasons_of(connection, [asked], language)[about]


def _questioned(connection: Any, number: int) -> Questioned | None:
    found = find_alert(connection, number)
    return questioned_of(connection, found, limit=MESSAGES) if found else None


def acknowledge(request: Request, form: Form) -> str:
    number = request.path_params["number"]
    ask_gate(request, Kind.ACKNOWLEDGE_ALERT, AcknowledgeAlert(number), form.key())
    return f"/alerts/{number}?done=acknowledged"


def close(request: Request, form: Form) -> str:
    number = request.path_params["number"]
    command = CloseAlertRequest(number, form.text("disposition") or "none", form.reason())
    ask_gate(request, Kind.CLOSE_ALERT, command, form.key())
    return f"/alerts/{number}?done=closed"


ROUTES = [
    Route("/alerts", alerts),
    Route(f"/alerts/{PATH_NUMBER}", alert, methods=["GET"]),
    Route(f"/alerts/{PATH_NUMBER}/acknowledge", form_action(acknowledge), methods=["POST"]),
    Route(f"/alerts/{PATH_NUMBER}/close", form_action(close), methods=["POST"]),
]
