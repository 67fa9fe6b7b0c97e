"""`countersign demo`: one command, customers order, attackers raise alerts; it goes on again."""

import json
import subprocess
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.postgres import reachable_folder
from tests.support.shell import COMMAND, Shell, stop

from countersign.entrypoints.simulate.life import story_of
from countersign.simulator.model import PlannedTransfer
from countersign.simulator.story import ATTACKS

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(180)]
SEED = 1
CITY = ("--seed", str(SEED), "--companies", "4", "--persons", "8", "--rate", "40")


def begun(data: Path) -> "tuple[subprocess.Popen[str], Any]":
    process = subprocess.Popen(
        [*COMMAND, "demo", "--data", str(data), "--json", *CITY],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout
    return process, json.loads(process.stdout.readline())


def ordered(shell: Shell, process: "subprocess.Popen[str]", *, more_than: int) -> list[Any]:
    """The transfers, once there are more than so many."""
    listed: list[Any] = []
    while len(listed) <= more_than:
        assert process.poll() is None
        listed = shell.call("transfers", "list", "--limit", "1000")
    return listed


def paid_by_attackers() -> set[str]:
    """The accounts outside that the first attacks of this city pay, if nothing is stopped."""
    story = story_of(SEED, companies=4, persons=8, attacks=ATTACKS)
    found: set[str] = set()
    for event in islice(iter(story.next, None), 1000):
        if isinstance(event, PlannedTransfer):
            story.hear(event, "released")
            if event.attack:
                found.add(event.body["creditor_account"])
    return found - {holder.account for holder in story.city.holders}


def alert_of_an_attack(shell: Shell, process: "subprocess.Popen[str]") -> Any:
    """An alert about an order of an attack, which only a reveal of the creditor shows."""
    attackers = paid_by_attackers()
    looked: set[int] = set()
    while True:
        assert process.poll() is None
        for alert in shell.call("alerts", "list"):
            if alert["transfer"] not in looked:
                looked.add(alert["transfer"])
                number = str(alert["transfer"])
                shown = shell.call("transfers", "reveal", number, "--reason", "an alert")
                if shown["creditor"]["account"].replace(" ", "") in attackers:
                    return alert


def check_the_link_opens_a_session_once(said: Any, alert: Any) -> None:
    token = said["console_link"].partition("link=")[2]
    headers = {"origin": said["console"]}
    with httpx.Client(base_url=said["console"], headers=headers) as operator:
        assert operator.get("/alerts").status_code == 303  # To where one signs in.
        assert '<b class="env">demo</b>' in operator.get("/sign-in").text
        assert operator.post("/enter", data={"link": token}).status_code == 303
        assert operator.get(f"/alerts/{alert['number']}").status_code == 200
    with httpx.Client(base_url=said["console"], headers=headers) as another:
        assert "console.link_spent" in another.post("/enter", data={"link": token}).text
        assert another.get("/alerts").status_code == 303


def test_customers_order_and_go_on_when_it_is_started_again() -> None:
    with reachable_folder() as folder:
        shell = Shell(folder / "demo")
        process, said = begun(shell.data)
        assert (said["ready"], said["name"]) == (True, "demo")
        assert said["console_link"].startswith(said["console"])
        before = ordered(shell, process, more_than=20)
        assert {"released", "dispatched", "settled"} & {row["status"] for row in before}
        alert = alert_of_an_attack(shell, process)
        assert shell.call("transfers", "show", str(alert["transfer"]))["reasons"]
        check_the_link_opens_a_session_once(said, alert)
        accounts = shell.call("accounts", "list")
        assert stop(process) == 0

        process, said = begun(shell.data)
        assert (said["ready"], said["set_up"]) == (True, False)
        (known,) = shell.call("transfers", "list", "--limit", "1")
        newest = known
        while newest["number"] == known["number"]:
            assert process.poll() is None
            (newest,) = shell.call("transfers", "list", "--limit", "1")
        again = shell.call("accounts", "list")
        assert [row["number"] for row in again] == [row["number"] for row in accounts]
        assert [row["name"] for row in shell.call("credential", "list")].count("customers") == 1
        assert stop(process) == 0
