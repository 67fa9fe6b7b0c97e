"""What the README has people type, typed line by line; what it shows is what they see."""

import os
import re
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.support.ordinary import becoming_nobody
from tests.support.postgres import reachable_folder
from tests.support.shell import stop

from countersign.entrypoints.cli.terminal import REFUSED
from countersign.entrypoints.installation import default_key_file

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.timeout(240),
    pytest.mark.skipif(not shutil.which("curl"), reason="needs curl, which the README uses"),
]

REPOSITORY = Path(__file__).parents[2]
FOLLOW = f"""
import sys
from pathlib import Path
from {__name__} import follow
follow(Path(sys.argv[1]))
"""
PLACE = "my payments"
LOOKS_MAX = 40  # At what changes by itself, until it is as shown.
LOOKS = re.compile(r"countersign (transfers (list|show)|audit verify)")
PROGRAM = f"""#!/bin/sh
exec {sys.executable} -m countersign.entrypoints.cli.main "$@"
"""
PYTHON = f"""#!/bin/sh
exec {sys.executable} "$@"
"""
# What is different each time; what two times must have in common is the name.
VARIES = (
    (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "(time)"),
    (r"\d{4}-\d\d-\d\d", "(date)"),
    (r"demo\+[0-9a-f]{8}\+\S+", "(key)"),
    (r"cst_\S+", "(token)"),
    (r"\b[0-9a-f]{64}\b|\b[0-9a-f]{8}\.\.\.", "(digest)"),
    (r"\b[A-Z2-7]{30,}\b", "(id)"),
    (r"\(\S+ bytes\)", "(size)"),
    (r"\d+ batches, \d+ commands", "(counts)"),
)


class Step(NamedTuple):
    typed: str
    shown: str


def steps_of(readme: str) -> Iterator[Step]:
    """The lines after `$` of the blocks, each with what is shown below it."""
    for block in re.findall(r"^```\n(\$ .*?)^```", readme, re.DOTALL | re.MULTILINE):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            typed, _, shown = part.partition("\n")
            yield Step(typed, shown)


def shape(text: str) -> str:
    for pattern, name in VARIES:
        text = re.sub(pattern, name, text)
    return " ".join(text.split())


def is_as_shown(said: str, shown: str) -> bool:
    """Each line in turn; `...` stands for anything, and so does what is between two lines."""
    lines = [shape(line) for line in shown.splitlines() if line.strip() != "..."]
    parts = [re.escape(line).replace(r"\.\.\.", ".*?") for line in lines]
    return re.search(".*?".join(parts), shape(said)) is not None


class User:
    """Somebody with a shell in a folder that has the README's files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / PLACE
        self._programs = folder / "bin"
        self._backups = folder / "backups"
        self._programs.mkdir()
        self._folder.mkdir()
        for name in ("docs", "tools"):
            (self._folder / name).symlink_to(REPOSITORY / name)
        for name, content in (("countersign", PROGRAM), ("python", PYTHON)):
            (self._programs / name).write_text(content)
            (self._programs / name).chmod(0o755)
        path = f"{self._programs}:{os.environ['PATH']}"
        self._environment = {**os.environ, "PATH": path, "PYTHONPATH": os.pathsep.join(sys.path)}

    def refused_start(self, **settings: str) -> str:
        """What `run` says that does not come to run."""
        done = subprocess.run(
            ["countersign", "run", "--name", "demo"],
            cwd=self._folder,
            env={**self._environment, **settings},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == REFUSED
        return done.stderr

    def start(self) -> "tuple[subprocess.Popen[str], str]":
        """(the running instance, the address of its API)"""
        process = subprocess.Popen(
            ["countersign", "run", "--name", "demo"],
            cwd=self._folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdout
        said: list[str] = []
        while not (said and said[-1].startswith("API: ")):
            line = process.stdout.readline()
            assert line, said
            said.append(line)
        return process, said[-1].removeprefix("API: ").strip()

    def follow(self, step: Step, said_before: str, address: str) -> str:
        """Type one line, and look again until it is as shown; what was said."""
        typed = step.typed.replace("/backups", str(self._backups))
        typed = typed.replace("http://127.0.0.1:8440", address)
        if "verify_proof" in typed:
            typed = re.sub(r"demo\+\S+", said_before.rsplit(maxsplit=1)[-1], typed)
        looks = LOOKS_MAX if LOOKS.match(typed) else 1
        said = self._type(typed)
        while looks > 1 and not is_as_shown(said, step.shown):
            looks -= 1
            said = self._type(typed)
        assert is_as_shown(said, step.shown), (typed, said)
        if token := re.search(r"cst_\S+", said):
            self._environment["TOKEN"] = token[0]
        return said

    def _type(self, typed: str) -> str:
        done = subprocess.run(
            ["bash", "-c", typed],
            cwd=self._folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, (typed, done.stdout, done.stderr)
        return done.stdout


def follow(folder: Path, *, busy_port: int = 0) -> None:
    """The whole README, as whoever this is, with a server of its own.

    With a busy port there is a first start that is refused because another program has that port.
    """
    steps = list(steps_of((REPOSITORY / "README.md").read_text("utf-8")))
    assert len(steps) >= 16
    user = User(folder)
    if busy_port:
        said = user.refused_start(COUNTERSIGN_API_PORT=str(busy_port))
        assert f"Port {busy_port} of 127.0.0.1 is taken" in said
        assert "set COUNTERSIGN_API_PORT" in said
    process, address = user.start()
    said = ""
    try:
        for step in steps:
            said = user.follow(step, said, address)
    finally:
        assert stop(process) == 0


def test_the_readme_is_followed_by_who_runs_this() -> None:
    with reachable_folder() as folder, socket.create_server(("127.0.0.1", 0)) as other:
        follow(folder, busy_port=other.getsockname()[1])


def test_the_readme_is_followed_by_an_ordinary_user() -> None:
    with reachable_folder() as folder:
        done = subprocess.run(
            [*becoming_nobody(folder), sys.executable, "-c", FOLLOW, str(folder)],
            capture_output=True,
            text=True,
            check=False,
            timeout=200,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        data = folder / PLACE / "data"
        key = default_key_file(data)
        owner = folder.stat().st_uid
        assert {path.stat().st_uid for path in (data, key, data / "postgres" / "data")} == {owner}
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


@pytest.mark.fast
def test_what_is_said_is_compared_with_what_is_shown() -> None:
    assert is_as_shown("a 1\nb  at 2026-01-02T03:04:05Z\nc", "b at 2025-12-31T00:00:00.123Z\n")
    assert is_as_shown("x: long text, y", "x: ..., y\n")
    assert is_as_shown("one\ntwo\nthree", "one\n...\nthree\n")
    assert not is_as_shown("one\nthree", "three\none\n")
    assert not is_as_shown("account 2 is open", "account 1 is open\n")
