"""Rendering: templates with the reader's language, theme and density, and what every page shows."""

import secrets
from pathlib import Path
from typing import Any

import jinja2
import msgspec
from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from countersign.entrypoints.console import showing
from countersign.entrypoints.console.catalogue import actor_words, known_code, translated
from countersign.entrypoints.console.languages import chosen_language
from countersign.entrypoints.console.places import OPERATOR_MAY, in_bar, in_menu, is_at, places_for
from countersign.entrypoints.console.site import Site
from countersign.entrypoints.console.zones import Zone, chosen_zone
from countersign.entrypoints.web.errors import DatabaseAway
from countersign.gate.client import FrameRefused, GateClient, GateUnreachable
from countersign.gate.requests import CONSOLE_SOCKET, KEY_BYTES, Query
from countersign.kernel.refusal import Language

THEMES = ("system", "light", "dark")
DENSITIES = ("compact", "comfortable")
KEYS = ("on", "off")  # Single keys (WCAG 2.1.4).
_STATUS_SECONDS = 1.0
_QUERY_MAX = 2_000  # A longer one is none of ours, and is not repeated in every link back.
_FOLDER = Path(__file__).parent

COUNTS = """
SELECT (SELECT count(*) FROM alerts.alert WHERE status <> 3) AS alerts,
  (SELECT count(*) FROM transfers.hold) AS held,
  (SELECT count(*) FROM accounts.freeze) AS freezes
"""

_environment = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_FOLDER / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters["with_code"] = showing.with_code
_environment.globals.update(
    mark_of=showing.mark_of,
    amount=showing.amount,
    units=showing.units,
    account=showing.account,
    masked=showing.masked,
    left=showing.left,
    is_at=is_at,
    in_bar=in_bar,
    in_menu=in_menu,
    is_urgent=showing.is_urgent,
)


def language_of(request: Request) -> Language:
    """The language of who asks."""
    return chosen_language(request.cookies, request.headers.get("accept-language", ""))


def zone_of(request: Request) -> Zone:
    """The time zone of who asks."""
    return chosen_zone(request.cookies)


def render(
    request: Request, template: str, *, status_code: int = 200, **context: Any
) -> HTMLResponse:
    """A whole page, with the shell around it."""
    site: Site = request.app.state.site
    language = language_of(request)
    text = _environment.get_template(template).render(**_frame(request, site, language), **context)
    return HTMLResponse(text, status_code)


def _frame(request: Request, site: Site, language: Language) -> dict[str, Any]:
    session = request.scope.get("state", {}).get("session")
    theme = request.cookies.get("theme", "system")
    density = request.cookies.get("density", "compact")
    keys = request.cookies.get("keys", "on")
    zone = zone_of(request)
    here = URL(scope=request.scope)
    return {
        "_": lambda text, **values: translated(text, language, **values),
        "clock_time": lambda milliseconds: showing.clock_time(milliseconds, zone.info),
        "day_time": lambda text: showing.day_time(text, language, zone.info),
        "day_time_ms": lambda milliseconds: showing.day_time_ms(milliseconds, language, zone.info),
        "day": lambda text: showing.day(text, language),
        "actor": lambda name: actor_words(name, language),
        "coded": lambda kind, code: showing.coded(known_code(kind, code, language), code),
        "zone": zone,
        "language": language,
        "lang": "zh-Hant" if language == "zh" else "en",
        "theme": theme if theme in THEMES else "system",
        "density": density if density in DENSITIES else "compact",
        "keys": keys if keys in KEYS else "on",
        "here": here.path + (f"?{here.query}" if 0 < len(here.query) <= _QUERY_MAX else ""),
        "path": here.path,
        "section": "",  # A page inside of another section says so.
        "site_name": site.name,
        "environment": site.environment,
        "places": places_for(OPERATOR_MAY),
        "form_token": session.form_token if session else "",
        "is_signed_in": session is not None,
        "now_ms": site.clock.now_ms(),
        "request_key": secrets.token_hex(KEY_BYTES),
        "gate": _gate_status(site) if session else None,
        "counts": _counts(site) if session else None,
    }


def _counts(site: Site) -> dict[str, int] | None:
    """What waits, for the navigation; None where the database is away."""
    try:
        alerts, held, freezes = site.reader.read(
            lambda c: c.execute(COUNTS).fetchone() or (0, 0, 0)
        )
    except DatabaseAway:
        return None
    return {"alerts": alerts, "held": held, "freezes": freezes}


def _gate_status(site: Site) -> dict[str, Any] | None:
    """What the gate says of itself; None where it does not answer."""
    try:
        with GateClient(site.sockets, CONSOLE_SOCKET, timeout_seconds=_STATUS_SECONDS) as gate:
            gate.connect()
            answer = gate.ask(Query.STATUS, None)
    except (GateUnreachable, FrameRefused):
        return None
    found: dict[str, Any] = msgspec.msgpack.decode(answer.detail)
    return found


def failure_page(
    request: Request, *, status_code: int, title: str, text: str, code: str = ""
) -> Response:
    """What went wrong and what to do next, in the reader's language."""
    return render(
        request, "failure.html", status_code=status_code, title=title, text=text, code=code
    )
