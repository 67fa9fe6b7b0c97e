"""`countersign run` and its console: it says where, makes links, and starts it again."""

import socket

import httpx
import pytest
from tests.entrypoints.test_run import a_run, wait_for
from tests.support.postgres import reachable_folder

from countersign.entrypoints.console.process import ConsoleDidNotStart
from countersign.entrypoints.installation import NotRunning

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(180)]

CONSOLE = "countersign.entrypoints.console.main"


def opens(address: str, link: str) -> int:
    """The status of the board once the link is used."""
    with httpx.Client(base_url=address, headers={"origin": address}) as client:
        client.post("/enter", data={"link": link.partition("link=")[2]})
        return client.get("/").status_code


def status_of(address: str) -> int:
    try:
        return httpx.get(f"{address}/sign-in").status_code
    except httpx.TransportError:
        return 0


def test_a_run_says_where_its_console_is_and_links_open_it() -> None:
    with reachable_folder() as folder:
        with a_run(folder / "data") as running:
            said = running.said()
            address, link = said["console"], said["console_link"]
            assert link.startswith(f"{address}/enter?link=")
            assert opens(address, link) == 200
            assert opens(address, link) == 303, "a link opens once"
            another = running.call("console", "link")
            assert another["address"] == address
            assert another["seconds"] == 600
            assert opens(address, another["link"]) == 200
            assert running.text("console", "link").startswith(f"{address}/enter?link=")
            first = running.child(CONSOLE)
            running.kill(lambda: first)
            wait_for(lambda: running.child(CONSOLE) not in {None, first})
            wait_for(lambda: status_of(running.call("console", "link")["address"]) == 200)
            running.stop()
            assert running.child(CONSOLE) is None
        refused = running.call("console", "link", expect=1)
        assert refused["error"]["code"] == NotRunning.code


def test_a_run_whose_port_is_taken_is_refused_with_the_port(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with reachable_folder() as folder, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setenv("COUNTERSIGN_CONSOLE_PORT", str(port))
        with a_run(folder / "data") as running:
            error = running.said()["error"]
            assert error["code"] == ConsoleDidNotStart.code
            assert str(port) in error["sentence"]
            assert running.process.wait(30) == 1
            running.assert_nothing_is_left()
