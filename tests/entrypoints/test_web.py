"""A port that cannot be had, a database that is away, a handler that fails: told, and survived."""

import asyncio
import socket
from typing import Any, cast

import httpx
import pytest

from countersign.entrypoints.api.app import make_app
from countersign.entrypoints.api.desk import Desk
from countersign.entrypoints.web.errors import DatabaseAway, PortRefused, PortTaken
from countersign.entrypoints.web.listening import bound_socket
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


class Broken:
    """A desk on which everything fails with what should not be seen."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(f"planted restricted text about {name}")
