"""All pages of the console behind its guard, and what a person sees where one fails."""

import psycopg
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from countersign.entrypoints.console import (
    account_pages,
    alert_pages,
    board_pages,
    file_pages,
    palette,
    proof_pages,
    transfer_pages,
    views,
)
from countersign.entrypoints.console.acting import read_form
from countersign.entrypoints.console.board import Feed
from countersign.entrypoints.console.catalogue import translated
from countersign.entrypoints.console.errors import LinkSpent, UnknownZone
from countersign.entrypoints.console.guard import Guard
from countersign.entrypoints.console.languages import LANGUAGES
from countersign.entrypoints.console.links import spend_link
from countersign.entrypoints.console.pages import (
    _FOLDER,
    DENSITIES,
    KEYS,
    THEMES,
    failure_page,
    language_of,
    render,
)
from countersign.entrypoints.console.sessions import Sessions
from countersign.entrypoints.console.site import Site
from countersign.entrypoints.console.zones import COOKIE as ZONE
from countersign.entrypoints.console.zones import UTC_KEY, known_zones
from countersign.entrypoints.web.errors import DatabaseAway
from countersign.infra.logs import get_logger
from countersign.kernel.refusal import Kind, Refusal
from countersign.vault.errors import CannotOpen

_log = get_logger(__name__)
_CHOICE_SECONDS = 365 * 86_400
_ZONE_MAX = 40  # Letters of a zone that is repeated in its refusal.
_CHOICES = {"language": LANGUAGES, "theme": THEMES, "density": DENSITIES, "keys": KEYS}
_STATUS_CODES = {
    Kind.INVALID: 400,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.UNAVAILABLE: 503,
}


def make_app(site: Site) -> ASGIApp:
    """The console as an ASGI application."""
    sessions = Sessions()
    app = Starlette(
        routes=[
            Route("/sign-in", sign_in),
            Route("/enter", offer_entry, methods=["GET"]),
            Route("/enter", enter, methods=["POST"]),
            Route("/set", choose),
            Route("/zone", offer_zones),
            Route("/sign-out", sign_out, methods=["POST"]),
            *board_pages.ROUTES,
            *transfer_pages.ROUTES,
            *views.ROUTES,
            *alert_pages.ROUTES,
            *account_pages.ROUTES,
            *file_pages.ROUTES,
            *proof_pages.ROUTES,
            *palette.ROUTES,
            Mount("/static", StaticFiles(directory=_FOLDER / "static")),
        ],
        exception_handlers={
            Refusal: _refused,
            DatabaseAway: _database_away,
            psycopg.OperationalError: _database_away,
            CannotOpen: _refused,
            HTTPException: _http_error,
            Exception: _failed,
        },
    )
    app.state.site = site
    app.state.sessions = sessions
    app.state.feed = Feed()
    app.state.verification = proof_pages.Verification()
    return Guard(
        app,
        sessions=sessions,
        cookie=site.cookie,
        names=site.hosts,
    )


def sign_in(request: Request) -> Response:
    """How to get a session."""
    return render(request, "sign_in.html")


def offer_entry(request: Request) -> Response:
    """The link opens nothing by being looked at: a preview of it must not spend it."""
    return render(request, "enter.html", link=request.query_params.get("link", ""))


async def enter(request: Request) -> Response:
    """Spend the link and begin a session."""
    site: Site = request.app.state.site
    form = await read_form(request)
    await run_in_threadpool(spend_link, site.data_dir, form.text("link"), site.clock)
    response = RedirectResponse("/", 303)
    response.set_cookie(
        site.cookie,
        request.app.state.sessions.open(),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return response


async def sign_out(request: Request) -> Response:
    """End the session at once."""
    session = request.scope["state"]["session"]
    form = await read_form(request)
    session.require_form(form.text("form_token"))
    request.app.state.sessions.close(session)
    response = RedirectResponse("/sign-in", 303)
    response.delete_cookie(request.app.state.site.cookie)
    return response


def offer_zones(request: Request) -> Response:
    """The time zones that may be chosen."""
    return render(request, "zone.html", zones=known_zones(), back=_way_back(request))


def choose(request: Request) -> Response:
    """Keep a choice of language, theme, density, keys or zone, and go back to the page.

    Raises UnknownZone for a zone of which this machine knows nothing.
    """
    response = RedirectResponse(_way_back(request), 303)
    zone = request.query_params.get(ZONE, UTC_KEY)
    if zone not in known_zones():
        raise UnknownZone(zone=zone[:_ZONE_MAX])
    for name, allowed in {**_CHOICES, ZONE: known_zones()}.items():
        value = request.query_params.get(name)
        if value in allowed:
            response.set_cookie(
                name, value, max_age=_CHOICE_SECONDS, httponly=True, samesite="strict"
            )
    return response


def _way_back(request: Request) -> str:
    back = request.query_params.get("back", "/")
    return back if _is_own_path(back) else "/"


def _is_own_path(path: str) -> bool:
    return path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()


def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, Refusal):
        raise error
    language = language_of(request)
    title = "This link opens nothing" if isinstance(error, LinkSpent) else "Not done"
    if error.kind == Kind.NOT_FOUND:
        title = "Not found"
    if error.code == "gate.unreachable":
        title = "The gate does not answer"
    return failure_page(
        request,
        status_code=_STATUS_CODES[error.kind],
        title=translated(title, language),
        text=error.sentence(language),
        code=error.code,
    )


def _database_away(request: Request, error: Exception) -> Response:
    _log.failure("console.database_away", error)
    language = language_of(request)
    return failure_page(
        request,
        status_code=503,
        title=translated("The database does not answer", language),
        text=translated("The page could not be read. Try again in a few seconds.", language),
        code="console.database_away",
    )


def _http_error(request: Request, error: Exception) -> Response:
    status_code = error.status_code if isinstance(error, HTTPException) else 500
    language = language_of(request)
    title = "Not found" if status_code == 404 else "Not done"  # noqa: PLR2004
    text = "There is no such page. It may have another address by now."
    return failure_page(
        request,
        status_code=status_code,
        title=translated(title, language),
        text=translated(text, language) if status_code == 404 else "",  # noqa: PLR2004
        code=f"http.{status_code}",
    )


def _failed(request: Request, error: Exception) -> Response:
    """What a person sees of a fault; the guard writes it to the log."""
    del error
    language = language_of(request)
    return failure_page(
        request,
        status_code=500,
        title=translated("This page failed", language),
        text=translated("The fault is written to the log. The gate goes on deciding.", language),
        code="console.page_failed",
    )
