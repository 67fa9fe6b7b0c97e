"""A person's own views of the transfers: a name for what an address asks.

They are kept in a cookie of this browser, as language and theme are, because there are no persons
yet; what comes back is read like any address, so a cookie that was changed asks nothing new.
"""

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from countersign.entrypoints.console.acting import Form, read_form

COOKIE = "views"
VIEWS_MAX = 6
NAME_MAX = 24
QUERY = ("number", "status", "currency", "least", "most", "from", "to", "sort")
FIELD_MAX = 120  # Characters of what one field asks; six Chinese words have twelve.
_QUERY_MAX = 200
_COOKIE_SECONDS = 365 * 86_400


class View(NamedTuple):
    """A tab: what it is called, and what its address asks."""

    name: str
    query: str


def query_of(asked: Mapping[str, str]) -> str:
    """What is asked, in its one spelling; what is longer than a field asks is cut."""
    kept = [(name, asked.get(name, "").strip()[:FIELD_MAX]) for name in QUERY]
    return urlencode([(name, value) for name, value in kept if value])


def own_views(request: Request) -> list[View]:
    """The views that this browser keeps, the oldest first."""
    try:
        pairs = parse_qsl(request.cookies.get(COOKIE, ""), max_num_fields=VIEWS_MAX)
    except ValueError:
        return []
    return [View(_name(name), query_of(dict(parse_qsl(query)))) for name, query in pairs]


async def keep(request: Request) -> Response:
    """Keep what the page asked under a name; of too many the oldest goes."""
    form = await _own_form(request)
    view = View(_name(form.text("name")), query_of(dict(parse_qsl(form.text("query")))))
    others = [one for one in own_views(request) if one.name != view.name]
    if view.name and view.query and len(view.query) <= _QUERY_MAX:
        others.append(view)
    return _led_to(view.query, others[-VIEWS_MAX:])


async def forget(request: Request) -> Response:
    """Keep a view no longer."""
    form = await _own_form(request)
    name = _name(form.text("name"))
    return _led_to("", [one for one in own_views(request) if one.name != name])


async def _own_form(request: Request) -> Form:
    form = await read_form(request)
    request.scope["state"]["session"].require_form(form.text("form_token"))
    return form


def _led_to(query: str, views: list[View]) -> Response:
    response = RedirectResponse(f"/transfers?{query}" if query else "/transfers", 303)
    response.set_cookie(
        COOKIE, urlencode(views), max_age=_COOKIE_SECONDS, httponly=True, samesite="strict"
    )
    return response


def _name(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable()).strip()[:NAME_MAX]


ROUTES = [
    Route("/views/keep", keep, methods=["POST"]),
    Route("/views/forget", forget, methods=["POST"]),
]
