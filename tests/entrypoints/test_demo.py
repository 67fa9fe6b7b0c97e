"""`countersign demo`: one command, and customers order; started again, it goes on."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.support.postgres import reachable_folder
from tests.support.shell import COMMAND, Shell, stop

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(180)]
CITY = ("--companies", "4", "--persons", "8", "--rate", "40")


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


def test_customers_order_and_go_on_when_it_is_started_again() -> None:
    with reachable_folder() as folder:
        shell = Shell(folder / "demo")
        process, said = begun(shell.data)
        assert (said["ready"], said["name"]) == (True, "demo")
        assert said["console_link"].startswith(said["console"])
        before = ordered(shell, process, more_than=20)
        assert {"released", "dispatched", "settled"} & {row["status"] for row in before}
        accounts = shell.call("accounts", "list")
        assert stop(process) == 0

        process, said = begun(shell.data)
        assert (said["ready"], said["set_up"]) == (True, False)
        newest = max(row["number"] for row in shell.call("transfers", "list", "--limit", "1"))
        ordered(shell, process, more_than=len(before) + 20)
        assert max(row["number"] for row in shell.call("transfers", "list")) > newest
        again = shell.call("accounts", "list")
        assert [row["number"] for row in again] == [row["number"] for row in accounts]
        assert [row["name"] for row in shell.call("credential", "list")].count("customers") == 1
        assert stop(process) == 0
