"""What one client may take of the API: bytes, time, connections, guesses, requests a second."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator, Sequence

import httpx
import psycopg
import pytest
from starlette.requests import Request
from starlette.types import Message
from tests.support.api import ALL, Api, an_api, an_order, code_of, key

from countersign.access.model import Permission
from countersign.entrypoints.api import app, files, streams
from countersign.entrypoints.api.errors import ApiDidNotStart, BodyTooSlow
from countersign.entrypoints.api.rates import Rates
from countersign.entrypoints.web.listening import HEAD_BYTES_MAX

PAUSES = 200


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    with an_api() as running:
        yield running


def raw(api: Api) -> socket.socket:
    made = socket.create_connection(("127.0.0.1", api.port), timeout=20)
    made.settimeout(20)
    return made


def everything(connection: socket.socket) -> bytes:
    said = b""
    try:
        while piece := connection.recv(65_536):
            said += piece
    except ConnectionError:
        pass
    return said


def test_a_head_without_an_end_is_cut_off(api: Api) -> None:
    with raw(api) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nhost: x\r\nx: ")
        try:
            for _ in range(4):
                connection.sendall(b"a" * HEAD_BYTES_MAX)
        except ConnectionError:
            return
        assert everything(connection) == b""


@pytest.mark.parametrize("is_told", [True, False], ids=["its length is told", "it is chunked"])
def test_a_body_beyond_its_bound_is_refused(client: httpx.Client, *, is_told: bool) -> None:
    content = b" " * (app.BODY_BYTES_MAX + 1)
    body = content if is_told else iter([content[: 1 << 20]] * 5)
    headers = key("large") | {"content-type": "application/json"}
    refused = client.post("/v1/transfers", content=body, headers=headers)
    assert (refused.status_code, code_of(refused)) == (413, "api.body_too_large")


def test_a_deep_or_broken_body_is_refused(client: httpx.Client) -> None:
    headers = key("broken") | {"content-type": "application/json"}
    for content in (b"", b"{", b"[" * 100_000, b"\xff\xfe", b"null", b'{"currency": "EU\\u0000"}'):
        refused = client.post("/v1/transfers", content=content, headers=headers)
        assert (refused.status_code, code_of(refused)) == (400, "api.malformed_body"), content[:9]


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", ""])
def test_a_body_of_another_kind_is_refused(client: httpx.Client, media_type: str) -> None:
    headers = key("kind") | {"content-type": media_type}
    refused = client.post("/v1/transfers", content=b"{}", headers=headers)
    assert (refused.status_code, code_of(refused)) == (415, "api.wrong_media_type")


def test_parameters_are_known_single_and_in_bounds(client: httpx.Client) -> None:
    for path in (
        "/v1/transfers?limit=0",
        "/v1/transfers?limit=201",
        "/v1/transfers?limit=x",
        "/v1/transfers?nothing=1",
        "/v1/transfers?limit=1&limit=2",
        "/v1/transfers?before=-1",
        "/v1/checkpoint?x=1",
        "/v1/accounts?party=zz",
    ):
        refused = client.get(path)
        assert (refused.status_code, code_of(refused)) == (400, "api.malformed_parameter"), path


def test_a_wrong_path_or_method_is_told(client: httpx.Client) -> None:
    assert code_of(client.get("/v2/transfers")) == "api.no_such_path"
    assert code_of(client.get("/v1/transfers/minus")) == "api.no_such_path"
    for number in (2**62, 2**63, "9" * 5_000, "%C2%B2"):
        for asked in (client.get, httpx.get):  # With a token, and without.
            refused = asked(f"{client.base_url}/v1/transfers/{number}")
            assert (refused.status_code, code_of(refused)) == (404, "api.no_such_path")
    wrong = client.delete("/v1/transfers")
    assert (wrong.status_code, code_of(wrong)) == (405, "api.wrong_method")
    assert {one.strip() for one in wrong.headers["allow"].split(",")} >= {"GET", "POST"}


def test_an_api_whose_port_is_taken_does_not_start_and_says_why(api: Api) -> None:
    with pytest.raises(ApiDidNotStart) as refused:
        api.bed.api(port=api.port).start()
    assert "COUNTERSIGN_API_PORT" in refused.value.sentence()


@contextlib.contextmanager
def following(api: Api, tokens: Sequence[str], path: str) -> Iterator[list[httpx.Response]]:
    """A stream for each token, as far as its first bytes, where it is not refused."""
    with contextlib.ExitStack() as stack:
        answers, held = [], []
        for token in tokens:
            client = stack.enter_context(api.client(token))
            answer = stack.enter_context(client.stream("GET", path))
            if answer.is_success:
                held.append(answer.iter_raw())  # Without it the stream would be closed.
                assert next(held[-1]).startswith(b"retry: ")
            answers.append(answer)
        yield answers


def followers(api: Api, count: int) -> list[str]:
    """Tokens of so many credentials that may follow events; the same for whoever asks again."""
    tokens = [f"follower {number}" for number in range(count)]
    for token in tokens:
        with api.client(token) as client:
            if client.get("/v1/transfers").status_code == 401:
                api.credential(token, Permission.TRANSFERS_READ)
    return tokens


def told_to_come_back(answer: httpx.Response) -> tuple[int, str]:
    answer.read()
    assert int(answer.headers["retry-after"]) >= 1
    return answer.status_code, code_of(answer)


def test_streams_are_few_and_of_one_credential_fewer(api: Api) -> None:
    *most, one, another = followers(api, streams.STREAMS_MAX // streams.STREAMS_OF_ONE + 1)
    with following(api, most * streams.STREAMS_OF_ONE, "/v1/events"):
        many = [one] * (streams.STREAMS_OF_ONE + 1)
        with following(api, many, "/v1/events") as of_one:
            assert [answer.status_code for answer in of_one[:-1]] == [200] * streams.STREAMS_OF_ONE
            assert told_to_come_back(of_one[-1]) == (429, "api.too_many_streams")
            with following(api, [another], "/v1/events") as beyond:
                assert told_to_come_back(beyond[0]) == (503, "api.busy")
    pause = threading.Event()
    for _ in range(PAUSES):  # Whoever has left makes room.
        with api.client() as client, client.stream("GET", "/v1/events") as answer:
            if answer.status_code == 200:
                return
        pause.wait(0.05)
    raise AssertionError("no room was made")


def test_streams_that_catch_up_leave_readers_for_everybody_else(
    api: Api, client: httpx.Client
) -> None:
    """However many pages cannot be read at once, no more readers are taken than turns there are."""
    waits = """
    SELECT count(*) FROM pg_stat_activity
    WHERE application_name = 'countersign api' AND wait_event_type = 'Lock'
    """
    tokens = followers(api, streams.STREAMS_MAX // streams.STREAMS_OF_ONE)
    with psycopg.connect(api.bed.database.superuser_dsn()) as connection:
        connection.execute("LOCK TABLE gate.command IN ACCESS EXCLUSIVE MODE")
        with following(api, tokens * (streams.STREAMS_OF_ONE - 1), "/v1/events?after=0"):
            found = 0
            for _ in range(PAUSES):
                assert client.get("/v1/accounts").status_code == 200
                connection.execute("SELECT pg_stat_clear_snapshot()")
                (found,) = connection.execute(waits).fetchone() or (0,)
                if found >= streams.PAGES_AT_ONCE:
                    break
            assert found == streams.PAGES_AT_ONCE
        connection.rollback()


def test_a_file_beyond_its_bound_is_refused(
    client: httpx.Client,
) -> None:
    piece = b" " * (8 << 20)
    count = files.FILE_BYTES_MAX // len(piece) + 1
    refused = client.post(
        "/v1/files", content=iter([piece] * count), headers={"content-type": "application/xml"}
    )
    assert (refused.status_code, code_of(refused)) == (413, "api.body_too_large")


def test_who_sends_files_slowly_shuts_out_himself_alone(api: Api) -> None:
    api.credential("slow", Permission.TRANSFERS_ORDER)
    head = (
        "POST /v1/files HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer slow\r\n"
        "Content-Type: application/xml\r\nContent-Length: 100000\r\n\r\n<"
    )
    more, pause = {"content-type": "application/xml"}, threading.Event()
    with contextlib.ExitStack() as opened, api.client("slow") as slow, api.client() as other:
        for _ in range(files.UPLOADS_OF_ONE):
            line = opened.enter_context(socket.create_connection(("127.0.0.1", api.port)))
            line.sendall(head.encode())
        refused = slow.post("/v1/files", content=b"no file", headers=more)
        for _ in range(PAUSES):
            if refused.status_code == 503:
                break
            pause.wait(0.05)
            refused = slow.post("/v1/files", content=b"no file", headers=more)
        assert code_of(refused) == "api.busy"
        taken = other.post("/v1/files", content=b"no file", headers=more)
        assert (taken.status_code, taken.json()["refusal"]) == (200, "iso20022.not_xml")
    with api.client("slow") as slow:
        for _ in range(PAUSES):  # Whoever has left makes room.
            if slow.post("/v1/files", content=b"no file", headers=more).status_code == 200:
                return
            pause.wait(0.05)
    raise AssertionError("no room was made")


def test_a_rate_lets_so_many_through_at_once_and_says_when_the_next_may_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr("countersign.entrypoints.api.rates.monotonic", lambda: now)
    rates = Rates(per_second=10, at_once=5)
    assert [rates.spend("a") for _ in range(5)] == [0] * 5
    assert rates.is_spent("a") == rates.spend("a") == 100
    assert rates.spend("b") == 0
    now += 0.1
    assert rates.is_spent("a") == 0
    assert rates.spend("a") == 0
    assert rates.spend("a") == 100
    now += 10
    assert rates.spend("a", 50) == 0, "who has something left may take more"
    assert rates.spend("a") > 4_000


def test_a_credential_that_asks_too_much_is_told_when_to_come_back(api: Api) -> None:
    api.credential("busy", Permission.TRANSFERS_ORDER)
    slow = api.bed.api(requests_per_second=20)
    url = f"http://127.0.0.1:{slow.start().port}"
    with (
        httpx.Client(base_url=url, headers={"authorization": "Bearer busy"}) as client,
        httpx.Client(base_url=url, headers={"authorization": f"Bearer {ALL}"}) as other,
    ):
        orders = [an_order(idempotency_key=f"r{n}", debtor_account=":nobody") for n in range(100)]
        assert client.post("/v1/transfers/batch", json={"transfers": orders}).status_code == 200
        refused = client.get("/v1/credential")
        assert (refused.status_code, code_of(refused)) == (429, "api.rate_exceeded")
        assert int(refused.headers["retry-after"]) >= 1
        assert other.get("/v1/credential").status_code == 200
    slow.stop()


def test_who_guesses_is_slowed_down_and_the_right_token_with_him(api: Api) -> None:
    """The last of this module: all of its tests come from one address."""
    codes = []
    for n in range(40):
        with api.client(f"guess {n}") as client:
            answer = client.get("/v1/credential")
            codes.append(code_of(answer))
            if answer.status_code == 429:
                assert int(answer.headers["retry-after"]) >= 1
                break
    assert codes[:10] == ["access.unknown_credential"] * 10
    assert codes[-1] == "api.too_many_failures"


def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "BODY_SECONDS", 0)

    async def never() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    request = Request({"type": "http", "method": "POST", "headers": []}, never)
    with pytest.raises(BodyTooSlow):
        asyncio.run(app._content(request))
