"""The console's door: names, origins, methods, bodies, sessions, headers; and faults of a page."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from tests.support.chinese import foreign_words

from countersign.entrypoints.console.guard import BODY_BYTES_MAX, Guard
from countersign.entrypoints.console.sessions import Sessions

pytestmark = pytest.mark.fast

SITE = "http://127.0.0.1:8441"
COOKIE = "countersign-test"
Ask = Callable[..., httpx.Response]


async def _page(request: Request) -> Response:
    session = request.scope["state"]["session"]
    body = await request.body()
    return PlainTextResponse(f"{len(body)} {session is not None}")


async def _fault(request: Request) -> Response:
    raise ZeroDivisionError(request.url.path)


@pytest.fixture
def sessions() -> Sessions:
    return Sessions()


@pytest.fixture
def ask(sessions: Sessions) -> Ask:
    routes = [
        Route(path, _page, methods=["GET", "POST"])
        for path in ("/", "/sign-in", "/enter", "/static/console.css")
    ]
    app = Starlette(routes=[*routes, Route("/fault", _fault)])
    guard = Guard(app, sessions=sessions, cookie=COOKIE, names=frozenset({"console.bank.example"}))

    def asked(method: str, path: str, **more: Any) -> httpx.Response:
        async def one() -> httpx.Response:
            transport = httpx.ASGITransport(guard)
            async with httpx.AsyncClient(transport=transport, base_url=SITE) as client:
                return await client.request(method, path, **more)

        return asyncio.run(one())

    return asked


@pytest.fixture
def signed_in(sessions: Sessions) -> dict[str, str]:
    return {"cookie": f"{COOKIE}={sessions.open()}"}


@pytest.mark.parametrize(
    ("host", "is_ours"),
    [
        ("127.0.0.1:8441", True),
        ("localhost:8441", True),
        ("LOCALHOST", True),
        ("[::1]:8441", True),
        ("console.bank.example", True),
        ("console.bank.example:443", True),
        ("evil.example", False),
        ("127.0.0.1.evil.example:8441", False),
        ("evil.example:127.0.0.1", False),
        ("", False),
        ("127.0.0.1@evil.example", False),
    ],
)
def test_only_our_own_names_lead_here(
    ask: Ask, signed_in: dict[str, str], host: str, *, is_ours: bool
) -> None:
    assert ask("GET", "/", headers={**signed_in, "host": host}).status_code == (
        200 if is_ours else 421
    )


@pytest.mark.parametrize(
    ("origin", "is_ours"),
    [
        (SITE, True),
        (None, False),
        ("null", False),
        ("http://127.0.0.1:9000", False),
        ("https://127.0.0.1:8441", False),
        ("http://evil.example", False),
        ("http://127.0.0.1:8441.evil.example", False),
        ("http://[", False),
    ],
)
def test_a_post_comes_from_our_own_pages(
    ask: Ask, signed_in: dict[str, str], origin: str | None, *, is_ours: bool
) -> None:
    headers = signed_in | ({"origin": origin} if origin is not None else {})
    assert ask("POST", "/", headers=headers).status_code == (200 if is_ours else 403)


@pytest.mark.parametrize(("scheme", "status"), [("https", 200), ("http", 200), ("ftp", 403)])
def test_a_proxy_by_a_configured_name_may_speak_tls(
    ask: Ask, signed_in: dict[str, str], scheme: str, status: int
) -> None:
    name = "console.bank.example"
    headers = {**signed_in, "host": name, "origin": f"{scheme}://{name}"}
    assert ask("POST", "/", headers=headers).status_code == status


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"])
def test_other_methods_are_none_of_ours(ask: Ask, signed_in: dict[str, str], method: str) -> None:
    assert ask(method, "/", headers={**signed_in, "origin": SITE}).status_code == 405


def test_without_a_session_a_page_leads_to_how_to_get_one(ask: Ask) -> None:
    answer = ask("GET", "/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert ask("GET", "/nowhere").status_code == 303
    # What asks by itself is told, and no form of anybody's is taken.
    assert ask("GET", "/", headers={"x-live": "1"}).status_code == 401
    assert ask("POST", "/", headers={"origin": SITE}).status_code == 401
    for wrong in ("", "x", "x" * 43):
        assert ask("GET", "/", headers={"cookie": f"{COOKIE}={wrong}"}).status_code == 303
    for path in ("/sign-in", "/enter", "/static/console.css"):
        assert ask("GET", path).status_code == 200


@pytest.mark.parametrize(("size", "status"), [(0, 200), (BODY_BYTES_MAX, 200),
                                              (BODY_BYTES_MAX + 1, 413)])  # fmt: skip
def test_a_body_is_bounded(ask: Ask, signed_in: dict[str, str], size: int, status: int) -> None:
    headers = {**signed_in, "origin": SITE}
    assert ask("POST", "/", headers=headers, content=b"x" * size).status_code == status


def test_a_body_that_says_no_length_is_bounded_as_well(ask: Ask, signed_in: dict[str, str]) -> None:
    async def pieces() -> Any:
        for _ in range(BODY_BYTES_MAX // 1000 + 1):
            yield b"x" * 1000

    headers = {**signed_in, "origin": SITE}
    assert ask("POST", "/", headers=headers, content=pieces()).status_code == 413


@pytest.mark.parametrize("path", ["/", "/sign-in", "/nowhere", "/fault"])
def test_every_answer_says_how_it_is_to_be_treated(
    ask: Ask, signed_in: dict[str, str], path: str
) -> None:
    headers = ask("GET", path, headers=signed_in).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


def test_a_fault_of_a_page_is_answered_and_the_next_page_works(
    ask: Ask, signed_in: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask("GET", "/fault", headers=signed_in).status_code == 500
    assert ask("GET", "/", headers=signed_in).status_code == 200


def test_whom_no_page_is_shown_is_told_in_his_language(ask: Ask) -> None:
    zh = {"accept-language": "zh-TW,zh;q=0.9"}
    told = [
        ask("GET", "/", headers={**zh, "host": "evil.example"}),
        ask("PUT", "/", headers=zh),
        ask("POST", "/", headers={**zh, "origin": "null"}),
        ask("POST", "/", headers={**zh, "origin": SITE, "content-length": "99999999"}),
        ask("GET", "/", headers={**zh, "x-live": "1"}),
    ]
    assert [answer.status_code for answer in told] == [421, 405, 403, 413, 401]
    assert [answer.text for answer in told if foreign_words(answer.text)] == []
    # The choice of a language goes before what the browser says.
    chosen = ask("PUT", "/", headers={**zh, "cookie": "language=en"})
    assert chosen.text == "Method not allowed.\n"
