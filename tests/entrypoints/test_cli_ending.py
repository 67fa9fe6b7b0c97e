"""A terminal that hangs up ends a command as Ctrl-C does, and nothing is left behind."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.pain001 import DEBTOR_IBAN, Payment
from tests.support.postgres import reachable_folder
from tests.support.shell import COMMAND, Shell, a_file, stop

from countersign.entrypoints.cli.main import main

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
INTERRUPTED = 130


@pytest.fixture
def handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.fast
@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize("ended_by", SIGNALS)
@pytest.mark.parametrize(
    "words", [["backup", "--to", "b"], ["restore", "--from", "b"], ["ingest", "b.xml"]]
)
def test_what_must_clean_up_takes_each_end_for_ctrl_c(
    tmp_path: Path, words: list[str], ended_by: signal.Signals
) -> None:
    assert main([*words, "--data", str(tmp_path / "none")]) == 1
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), ended_by)


@pytest.mark.fast
@pytest.mark.usefixtures("handlers")
def test_what_was_told_to_survive_its_terminal_does(tmp_path: Path) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # As `nohup` does.
    assert main(["backup", "--to", "b", "--data", str(tmp_path / "none")]) == 1
    os.kill(os.getpid(), signal.SIGHUP)


def test_an_interrupted_ingest_leaves_no_part_and_orders_no_more() -> None:
    with reachable_folder() as folder:
        shell = Shell(folder / "data")
        running = shell.run()
        shell.call("accounts", "open", ":RAIL", "EUR", "--holder", "R", "--kind", "settlement")
        shell.call("accounts", "open", DEBTOR_IBAN, "EUR", "--holder", "Ada")
        shell.call("credential", "create", "erp", "--save")
        payments = [Payment(end_to_end_id=f"E{number}") for number in range(20_000)]
        file = a_file(folder, "big.xml", *payments)
        ingesting = subprocess.Popen(
            [*COMMAND, "ingest", str(file), "--data", str(shell.data)], stdout=subprocess.PIPE
        )
        assert ingesting.stdout
        ingesting.stdout.readline()  # The first payment was decided.
        ingesting.send_signal(signal.SIGHUP)
        ingesting.communicate(timeout=60)
        assert ingesting.returncode == INTERRUPTED
        assert not [path for path in folder.iterdir() if path.name.startswith("big.xml.")]
        assert len(shell.call("transfers", "list", "--limit", "20000")) < len(payments)
        assert stop(running) == 0
