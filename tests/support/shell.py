"""A user's shell in one data folder: commands as separate processes, and what they say."""

import contextlib
import json
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.support import forked
from tests.support.pain001 import DEBTOR_IBAN, Block, Message, Payment

from countersign.infra.clock import SystemClock

COMMAND = forked.COMMAND
TODAY = datetime.fromtimestamp(SystemClock().now_ms() / 1000, tz=UTC).date().isoformat()


@dataclass
class Shell:
    """A shell of one user in one data folder."""

    data: Path

    def call(self, *arguments: str, expect: int = 0) -> Any:
        done = forked.ended([*arguments, "--data", str(self.data), "--json"], timeout_seconds=120)
        assert done.returncode == expect, done.stdout + done.stderr
        return json.loads(done.stdout)

    def text(self, *arguments: str, expect: int = 0) -> str:
        """What a person reads."""
        done = forked.ended([*arguments, "--data", str(self.data)], timeout_seconds=120)
        assert done.returncode == expect, done.stdout + done.stderr
        return done.stdout + done.stderr

    def usage(self, *arguments: str) -> str:
        """Expect that the arguments themselves are refused; what is said of them."""
        done = forked.ended(arguments, timeout_seconds=60)
        assert done.returncode == 2
        return done.stderr

    def run(self) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [*COMMAND, "run", "--data", str(self.data), "--json", "--name", "shell"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdout
        assert json.loads(process.stdout.readline())["ready"] is True
        return process


@contextlib.contextmanager
def a_paying_house(folder: Path) -> Iterator[Shell]:
    """A running instance with a rail, one customer with money, and a saved credential."""
    shell = Shell(folder / "data")
    process = shell.run()
    shell.call("accounts", "open", ":RAIL", "EUR", "--holder", "Rail", "--kind", "settlement")
    shell.call("accounts", "open", DEBTOR_IBAN, "EUR", "--holder", "Ada")
    shell.call("accounts", "fund", DEBTOR_IBAN, "5000000.00", "EUR", "--reason", "opening")
    shell.call("credential", "create", "erp", "--save")
    yield shell
    assert stop(process) == 0


def stop(process: "subprocess.Popen[str]") -> int:
    process.send_signal(signal.SIGINT)
    status = process.wait(60)
    if process.stdout:
        process.stdout.close()
    return status


def a_file(folder: Path, name: str, *payments: Payment, message_id: str = "") -> Path:
    block = Block(payments=payments, execution_date=TODAY)
    message = Message(blocks=(block,), message_id=message_id or name)
    path = folder / name
    path.write_bytes(message.bytes())
    return path


def settled(shell: Shell, number: int) -> Any:
    """A transfer once the rail has settled it, which it does in a second or two."""
    for _ in range(30):
        shown = shell.call("transfers", "show", str(number))
        if shown["status"] == "settled":
            return shown
        assert shown["status"] in {"released", "dispatched"}
    raise AssertionError("it was not settled")
