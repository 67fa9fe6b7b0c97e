"""A first `run` takes seconds before it is ready: on a screen it says what it is doing."""

import os
import pty
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.postgres import reachable_folder
from tests.support.shell import COMMAND, stop

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(180)]

CLEARED = r"\r\x1b\[K"


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with reachable_folder() as made:
        yield made


def on_a_screen(data: Path, *more: str) -> str:
    """What a screen shows on stderr until it is ready; then it is stopped."""
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as seen:
        with os.fdopen(theirs, "w") as stderr:
            process = subprocess.Popen(
                [*COMMAND, "run", "--data", str(data), "--name", "shop", *more],
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )
        assert process.stdout
        assert "ready" in process.stdout.readline()
        said = seen.read(65_536).decode()
        assert stop(process) == 0
    return said


def test_a_first_run_says_that_it_makes_a_database_and_a_later_one_that_it_starts_it(
    folder: Path,
) -> None:
    for making in ("making the database, which takes a few seconds", "starting the database"):
        said = on_a_screen(folder / "data")
        steps = (f"{CLEARED}{text}{CLEARED}" for text in (making, "preparing the database"))
        assert re.search(".*".join(steps), said, re.DOTALL), said


def test_with_json_there_is_no_progress(folder: Path) -> None:
    said = on_a_screen(folder / "other", "--json")
    assert "IMPORTANT: the key is" in said
    assert not re.search("(making|starting|preparing) the database", said)
