"""The door of the console, which every request passes before any page is asked.

Rules: 1. The Host header names this machine or a configured name, so that no other name leads here
(DNS rebinding). 2. A POST comes from our own pages: its Origin is this site, its form names the
session (`Session.require_form`). 3. Without a session there is the page that says how to get
one, and nothing else. 4. Nothing is kept by caches, framed, or run that is not a file of ours.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from countersign.entrypoints.console.catalogue import translated
from countersign.entrypoints.console.languages import chosen_language
from countersign.entrypoints.console.sessions import Sessions
from countersign.infra.logs import get_logger

BODY_BYTES_MAX = 64 * 1024
OWN_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
LIVE_HEADER = "x-live"
STATIC = "/static/"
# What may be seen without a session: how to get one, and the choice of a language.
OPEN = frozenset({"/sign-in", "/enter", "/set"})
_HEADERS = {
    "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'; object-src 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not "no-referrer", with which a browser gives no origin for rule 2 either.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_METHODS = frozenset({"GET", "HEAD", "POST"})
_log = get_logger(__name__)


class Guard:
    """ASGI in front of the pages."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        sessions: Sessions,
        cookie: str,
        names: frozenset[str],
    ) -> None:
        self._app = app
        self._sessions = sessions
        self._cookie = cookie
        self._names = OWN_NAMES | names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = Headers(scope=scope)
        is_begun = False

        async def sending(message: Message) -> None:
            nonlocal is_begun
            is_begun = True
            if message["type"] == "http.response.start":
                _mark(message, is_static=scope["path"].startswith(STATIC))
            await send(message)

        refused = self._refused(scope, headers)
        try:
            if refused is not None:
                await refused(scope, receive, sending)
            else:
                await self._app(scope, _bounded(receive), sending)
        except Exception as error:  # noqa: BLE001  # A page's fault is logged and never the console's end.
            _log.failure("console.page_failed", error, path=scope["path"])
            if not is_begun:
                await _told(headers, "This page failed.", 500)(scope, receive, sending)

    def _refused(self, scope: Scope, headers: Headers) -> Response | None:
        if foreign := self._foreign(scope, headers):
            return _told(headers, *foreign)
        token = cookie_parser(headers.get("cookie", "")).get(self._cookie, "")
        session = self._sessions.find(token, by_person=LIVE_HEADER not in headers)
        scope.setdefault("state", {})["session"] = session
        path = scope["path"]
        if session is not None or path in OPEN or path.startswith(STATIC):
            return None
        if scope["method"] == "GET" and LIVE_HEADER not in headers:
            return RedirectResponse("/sign-in", 303)
        return _told(headers, "Signed out.", 401)

    def _foreign(self, scope: Scope, headers: Headers) -> tuple[str, int] | None:
        """What no page of ours asks, and the status that says so."""
        host = headers.get("host", "")
        if _name_of(host) not in self._names:
            return "This name does not lead here.", 421
        if scope["method"] not in _METHODS:
            return "Method not allowed.", 405
        # A proxy that leads here by a configured name may speak TLS before it.
        schemes = {scope["scheme"]} if _name_of(host) in OWN_NAMES else {scope["scheme"], "https"}
        if scope["method"] == "POST" and not _is_own_origin(headers, host, schemes):
            return "This form is not of this site.", 403
        said = headers.get("content-length", "0")
        if not said.isdigit() or int(said) > BODY_BYTES_MAX:
            return "This is more than a form of ours sends.", 413
        return None


def _told(headers: Headers, text: str, status_code: int) -> Response:
    """The bare text of it: whom no page is shown is told all the same, in his language."""
    cookies = cookie_parser(headers.get("cookie", ""))
    language = chosen_language(cookies, headers.get("accept-language", ""))
    return PlainTextResponse(f"{translated(text, language)}\n", status_code)


def _bounded(receive: Receive) -> Receive:
    """A body that said no length, or a wrong one, is bounded all the same."""
    left = BODY_BYTES_MAX

    async def receiving() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise HTTPException(413)
        return message

    return receiving


def _name_of(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower()


def _is_own_origin(headers: Headers, host: str, schemes: set[str]) -> bool:
    try:
        origin = urlsplit(headers.get("origin", ""))
    except ValueError:
        return False
    return bool(host) and origin.netloc.lower() == host.lower() and origin.scheme in schemes


def _mark(message: Message, *, is_static: bool) -> None:
    headers = MutableHeaders(scope=message)
    for name, value in _HEADERS.items():
        headers[name] = value
    headers["cache-control"] = "no-cache" if is_static else "no-store"
