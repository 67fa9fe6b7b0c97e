"""A port that cannot be had, a database that is away, a handler that fails: told, and survived."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any, cast

import httpx
import pytest
import uvicorn

from countersign.entrypoints.api.app import make_app
from countersign.entrypoints.api.counting import Counts
from countersign.entrypoints.api.desk import Desk
from countersign.entrypoints.web import listening as listening_module
from countersign.entrypoints.web.errors import DatabaseAway, PortRefused, PortTaken
from countersign.entrypoints.web.listening import HEAD_BYTES_MAX, bound_socket, server_config
from countersign.entrypoints.web.reading import Reader

SETTING = "COUNTERSIGN_API_PORT"


def test_a_port_that_is_taken_is_named_with_the_setting_that_moves_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortTaken) as refused:
            bound_socket("127.0.0.1", port, setting=SETTING)
    assert str(port) in refused.value.sentence()
    assert SETTING in refused.value.sentence()


@pytest.mark.parametrize("host", ["203.0.113.1", "no.such.host.invalid"])
def test_an_address_that_is_not_this_machines_is_refused(host: str) -> None:
    with pytest.raises(PortRefused):
        bound_socket(host, 0, setting=SETTING)


def test_a_port_that_is_not_for_us_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refused)
    with pytest.raises(PortRefused) as refusal:
        bound_socket("127.0.0.1", 80, setting=SETTING)
    assert "Permission denied" in refusal.value.sentence()


def test_a_free_port_is_found() -> None:
    with bound_socket("127.0.0.1", 0, setting=SETTING) as listening:
        assert listening.getsockname()[1] > 0


def test_a_database_that_is_away_is_told_so() -> None:
    nowhere = "host=127.0.0.1 port=1 user=nobody dbname=none"
    with Reader(nowhere, name="test", connections=1) as reader:
        for _ in range(2):
            with pytest.raises(DatabaseAway):
                reader.read(lambda connection: connection.execute("SELECT 1"))


def test_a_handler_that_fails_says_no_more_than_that_it_did(
    capfd: pytest.CaptureFixture[str],
) -> None:
    broken = cast("Desk", Broken())

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(make_app(broken))
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return await client.get("/v1/credential", headers={"authorization": "Bearer t"})

    answer = asyncio.run(asked())
    assert (answer.status_code, answer.json()["code"]) == (503, "api.failed")
    assert "planted" not in answer.text + "".join(capfd.readouterr())
    assert sum(broken.counts.refusals.values()) == 1


class Broken:
    """A desk on which everything fails with what should not be seen; the failure is counted."""

    def __init__(self) -> None:
        self.counts = Counts()

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(f"planted restricted text about {name}")


async def told_length(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """An application that answers how long the body was."""
    size, more = 0, True
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    body = b"%d" % size
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def with_a_server(talk: Talk) -> None:
    """Talk to a bounded server byte by byte."""

    async def run() -> None:
        with bound_socket("127.0.0.1", 0, setting=SETTING) as bound:
            server = uvicorn.Server(server_config(told_length, connections_max=5, loop="asyncio"))
            serving = asyncio.create_task(server.serve(sockets=[bound]))
            reader, writer = await asyncio.open_connection(*bound.getsockname())
            try:
                await asyncio.wait_for(talk(reader, writer), 20)
            finally:
                writer.close()
                server.should_exit = True
                await serving

    asyncio.run(run())


async def ended(reader: asyncio.StreamReader) -> bool:
    try:
        return await reader.read() == b""
    except ConnectionError:
        return True


HEAD = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n"


@pytest.mark.parametrize("sent", [b"", b"GET / HTT"], ids=["nothing", "a part"])
def test_a_head_that_does_not_come_ends_its_connection(
    monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(listening_module, "HEAD_SECONDS", 0.1)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        assert await ended(reader)

    with_a_server(talk)


def test_a_head_that_is_too_large_ends_its_connection_long_before_its_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listening_module, "HEAD_SECONDS", 3_600.0)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"GET / HTTP/1.1\r\nx: " + b"a" * HEAD_BYTES_MAX)
        assert await ended(reader)

    with_a_server(talk)


def test_the_head_of_a_second_request_is_bounded_like_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD % 1 + b"x")
        assert (await reader.readuntil(b"\r\n\r\n1")).startswith(b"HTTP/1.1 200")
        monkeypatch.setattr(listening_module, "HEAD_SECONDS", 0.1)
        writer.write(b"GET / HTT")
        assert await ended(reader)

    with_a_server(talk)


def test_a_body_is_no_head_however_requests_follow_each_other() -> None:
    """The second comes before the first is answered, with a body beyond the bound of a head."""
    size = HEAD_BYTES_MAX * 8

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD % 1 + b"x" + HEAD % size)
        for _ in range(8):
            writer.write(b"x" * HEAD_BYTES_MAX)
            await writer.drain()
            await asyncio.sleep(0)
        await reader.readuntil(b"\r\n\r\n1")
        await reader.readuntil(b"\r\n\r\n%d" % size)

    with_a_server(talk)
