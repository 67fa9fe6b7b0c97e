"""`ingest` killed at ten moments of one file: each payment decided once, one report left."""

import fcntl
import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree
from tests.support.pain001 import Payment
from tests.support.postgres import reachable_folder
from tests.support.shell import COMMAND, Shell, a_file, a_paying_house

PAYMENTS = 3000
# After how many payments were told: within a frame and at its ends; a last frame is left.
MOMENTS = [1, 250, 499, 500, 501, 1000, 1250, 1600, 1999, 2200]
A_PIPE = 4096  # Bytes; the process is never far ahead of what was read here.


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with reachable_folder() as made:
        yield made


@pytest.fixture(scope="module")
def shell(folder: Path) -> Iterator[Shell]:
    with a_paying_house(folder) as made:
        yield made


def killed_after(shell: Shell, file: Path, lines: int) -> None:
    process = subprocess.Popen(
        [*COMMAND, "ingest", str(file), "--data", str(shell.data)], stdout=subprocess.PIPE
    )
    assert process.stdout
    fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, A_PIPE)
    for _ in range(lines):
        assert process.stdout.readline()
    process.kill()
    process.stdout.close()
    assert process.wait(timeout=60) == -9


def ordered(shell: Shell) -> int:
    return len(shell.call("transfers", "list", "--limit", "20000"))


def test_each_payment_is_decided_once_and_there_is_one_report(shell: Shell, folder: Path) -> None:
    payments = [Payment(end_to_end_id=f"E{n}", amount=f"{n + 1}.00") for n in range(PAYMENTS)]
    file = a_file(folder, "long.xml", *payments)
    seen = []
    for moment in MOMENTS:
        killed_after(shell, file, moment)
        seen.append(ordered(shell))
        assert not [*folder.glob("long.xml.*")], "no report before the end"
    assert 0 < seen[0] < seen[-1] < PAYMENTS
    assert seen == sorted(seen)
    said = shell.call("ingest", str(file))[0]["result"]
    assert sum(said["statuses"].values()) == said["payments"] == PAYMENTS
    assert set(said["statuses"]) <= {"ACSP", "PDNG"}  # Some are held, by the rules.
    assert ordered(shell) == PAYMENTS
    report = etree.parse(str(folder / "long.xml.pain002.xml"))
    told = Counter(each.text for each in report.iterfind(".//{*}OrgnlEndToEndId"))
    assert told == Counter(payment.end_to_end_id for payment in payments)
    assert sorted(each.name for each in folder.iterdir()) == [
        *("data", "data.key", "long.xml", "long.xml.pain002.xml")
    ]


def test_two_processes_do_not_answer_one_file_at_a_time(shell: Shell, folder: Path) -> None:
    file = a_file(folder, "two.xml", Payment())
    part = folder / ".two.xml.part"
    with part.open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        refused = shell.call("ingest", str(file), expect=1)
    assert refused["error"]["code"] == "ingest.cannot_write_report"
    # Without the lock it is what somebody left who was killed, or who links to another file.
    part.unlink()
    precious = folder / "precious"
    precious.write_text("kept", "ascii")
    os.link(precious, part)
    shell.call("ingest", str(file))
    assert precious.read_text("ascii") == "kept"
    assert (folder / "two.xml.pain002.xml").exists()
    assert not part.exists()
