"""`countersign run` itself: what dies comes back or ends it with a reason, and a stop is a stop."""

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

import pytest
from psycopg.conninfo import make_conninfo
from tests.support.pain001 import DEBTOR_IBAN, Payment
from tests.support.postgres import reachable_folder
from tests.support.shell import COMMAND, Shell, a_file

from countersign.entrypoints.figures import ProcessFigures, RunFigures, read_figures
from countersign.entrypoints.installation import default_key_file, load_installation
from countersign.entrypoints.processes import gate_of
from countersign.entrypoints.run_lock import run_lock
from countersign.infra.clock import monotonic
from countersign.infra.database import Database, Role
from countersign.infra.postgres.server import Server
from countersign.infra.secrets_file import SecretsFile
from countersign.infra.settings import load_settings

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(180)]

STOP_SECONDS = 8.0  # It takes about one; a gate that is waited for in vain takes more than ten.
GATE = "countersign.entrypoints.gate.main"
RAIL = "countersign.entrypoints.rail.main"
WORKER = "countersign.entrypoints.worker.main"


@dataclass
class Run(Shell):
    """One `countersign run` and its data folder."""

    process: "subprocess.Popen[str]"

    @classmethod
    def begin(cls, data: Path, *more: str) -> Self:
        with (data.parent / "errors").open("a") as errors:
            process = subprocess.Popen(
                [*COMMAND, "run", "--data", str(data), "--json", "--name", "shop", *more],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        return cls(data, process)

    def said(self) -> Any:
        assert self.process.stdout
        return json.loads(self.process.stdout.readline())

    def rest(self) -> str:
        assert self.process.stdout
        return self.process.stdout.read()

    def doctor(self) -> dict[str, str]:
        """What is not well, by check, of what an installation can do something about."""
        done = subprocess.run(
            [*COMMAND, "doctor", "--data", str(self.data), "--json"],
            capture_output=True,
            check=False,
            timeout=60,
        )
        checks = json.loads(done.stdout)["checks"]
        of_machine = {"doctor.schemas", "doctor.open_files", "doctor.disk", "doctor.database_user"}
        return {
            check["code"]: check["level"]
            for check in checks
            if check["level"] != "ok" and check["code"] not in of_machine
        }

    def child(self, module: str) -> int | None:
        """The living process of a part of the program, if it has one."""
        return child_of(self.process.pid, module)

    def intake(self) -> int | None:
        """The gate's own child."""
        gate = self.child(GATE)
        return None if gate is None else child_of(gate, GATE)

    def database(self) -> int | None:
        """The living database server, if there is one."""
        try:
            pid = (self.data / "postgres/data/postmaster.pid").read_text().split()[0]
            words = (Path("/proc") / pid / "cmdline").read_bytes()
        except (OSError, IndexError):
            return None
        return int(pid) if str(self.data).encode() in words else None

    def kill(self, find: Callable[[], int | None]) -> None:
        pid = find()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        """Ctrl-C, which is obeyed soon and cleanly."""
        begun = monotonic()
        self.process.send_signal(signal.SIGINT)
        self.process.send_signal(signal.SIGCONT)  # Where a test had stopped it.
        assert self.process.wait(60) == 0, (self.data.parent / "errors").read_text()
        assert monotonic() - begun < STOP_SECONDS
        assert json.loads(self.rest().splitlines()[-1]) == {"stopped": True}
        self.assert_nothing_is_left()

    def assert_nothing_is_left(self) -> None:
        assert self.database() is None
        for module in (GATE, RAIL, WORKER):
            assert self.child(module) is None
        assert list((self.data / "sockets").glob("*")) == []


def child_of(parent: int, module: str) -> int | None:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            found = (folder / "stat").read_text().rpartition(") ")[2].split()[1]
        except OSError:
            continue
        if module.encode() in words and int(found) == parent:
            return int(folder.name)
    return None


@contextmanager
def a_run(data: Path, *more: str) -> Iterator[Run]:
    running = Run.begin(data, *more)
    try:
        yield running
    finally:
        running.process.send_signal(signal.SIGCONT)
        running.process.terminate()
        running.process.wait(60)
        assert running.process.stdout
        running.process.stdout.close()


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """An installation with an account, money and a channel; nobody runs it."""
    with reachable_folder() as folder:
        data = folder / "data"
        with a_run(data) as running:
            assert running.said()["ready"]
            opening = ("accounts", "open", DEBTOR_IBAN, "EUR", "--holder", "Debtor")
            running.call(
                "accounts", "open", ":RAIL", "EUR", "--holder", "R", "--kind", "settlement"
            )
            running.call(*opening)
            running.call("accounts", "fund", DEBTOR_IBAN, "5000.00", "EUR", "--reason", "x")
            running.call("credential", "create", "erp", "--save")
            running.stop()
        yield data


@pytest.fixture
def running(made: Path) -> Iterator[Run]:
    with a_run(made) as started:
        assert started.said()["ready"] is True
        yield started


def wait_for(condition: Callable[[], object], seconds: float = 30.0) -> None:
    pause, give_up = threading.Event(), monotonic() + seconds
    while not condition():
        assert monotonic() < give_up
        pause.wait(0.05)


def order(running: Run, name: str) -> None:
    """One order is accepted."""
    file = a_file(running.data.parent, f"{name}.xml", Payment(amount="12.50"))
    said = running.call("ingest", str(file))
    assert said[0]["result"]["statuses"] == {"ACSP": 1}


def test_a_killed_database_comes_back_and_orders_are_accepted_again(running: Run) -> None:
    gate, first = running.child(GATE), running.database()
    running.kill(running.database)
    wait_for(lambda: is_new_and_serves(running, first))
    order(running, "after")
    assert running.child(GATE) == gate, "the gate rides it out"
    wait_for(lambda: running.doctor() == {})
    running.stop()
    stopped = {"doctor.run": "warn", "doctor.gate": "warn", "doctor.database": "warn"}
    assert running.doctor() == stopped


def test_a_gate_comes_back_with_its_database_and_for_no_other_reason(running: Run) -> None:
    gate, first = running.child(GATE), running.database()
    running.process.send_signal(signal.SIGSTOP)  # So that it sees both at once.
    running.kill(running.database)
    running.kill(lambda: gate)
    running.process.send_signal(signal.SIGCONT)
    wait_for(lambda: is_new_and_serves(running, first))
    wait_for(lambda: running.child(GATE) not in {None, gate})
    wait_for(lambda: running.doctor() == {})
    order(running, "anew")
    running.kill(lambda: running.child(GATE))
    assert running.process.wait(60) == 1
    error = json.loads(running.rest())["error"]
    assert error["code"] == "run.gate_ended"
    assert "signal 9" in error["sentence"]
    assert "countersign doctor" in error["sentence"]
    running.assert_nothing_is_left()


def test_a_gate_that_was_overtaken_does_not_come_back(running: Run) -> None:
    first = running.database()
    running.kill(running.database)
    wait_for(lambda: is_new_and_serves(running, first))
    installation = load_installation(load_settings({"COUNTERSIGN_DATA": str(running.data)}))
    reach = json.loads((running.data / "database.json").read_text())
    passwords = SecretsFile(running.data / "secrets" / "database.json").load()
    database = Database(
        name=reach["dbname"],
        server=Server(admin_dsn=make_conninfo(**reach), is_embedded=True),
        passwords={role: passwords[role] for role in Role},
    )
    other = gate_of(installation, database, log_file=running.data.parent / "errors")
    other.start()
    try:
        assert running.process.wait(60) == 1
        error = json.loads(running.rest())["error"]
        assert (error["code"], "status 3" in error["sentence"]) == ("run.gate_ended", True)
    finally:
        other.kill()


def test_a_database_that_keeps_dying_ends_everything_with_a_reason(running: Run) -> None:
    for _ in range(5):
        first = running.database()
        running.kill(running.database)
        wait_for(partial(is_new_and_serves, running, first))
    running.kill(running.database)
    assert running.process.wait(60) == 1
    assert json.loads(running.rest())["error"]["code"] == "run.database_keeps_dying"
    running.assert_nothing_is_left()


def is_new_and_serves(running: Run, first: int | None) -> bool:
    file = running.data / "postgres/data/postmaster.pid"
    return running.database() not in {None, first} and "ready" in file.read_text()


def test_ctrl_c_is_obeyed_while_the_database_is_gone_and_an_order_waits(running: Run) -> None:
    running.process.send_signal(signal.SIGSTOP)  # So that it starts nothing again.
    running.kill(running.database)
    wait_for(lambda: running.database() is None)
    found = running.doctor()
    assert found["doctor.database"] == found["doctor.gate"] == found["doctor.worker"] == "fail"
    assert "doctor.run" not in found
    waiting = subprocess.Popen(
        [*COMMAND, "accounts", "open", ":X", "EUR", "--holder", "X", "--data", str(running.data)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        errors = running.data.parent / "errors"
        told = errors.read_text().count("gate.journal_unreachable")
        wait_for(lambda: errors.read_text().count("gate.journal_unreachable") > told + 3)
        running.stop()
    finally:
        waiting.kill()
        waiting.communicate()


def test_ctrl_c_is_obeyed_while_it_starts(made: Path) -> None:
    with a_run(made) as starting:
        wait_for(lambda: starting.child(GATE))
        gate = starting.child(GATE)
        assert gate is not None
        os.kill(gate, signal.SIGSTOP)  # It will never be ready.
        starting.stop()
        assert "ready" not in starting.rest()


def test_nothing_is_wrong_until_a_rail_freezes_and_once_it_was_started_again(
    running: Run,
) -> None:
    with a_run(running.data) as second:
        assert second.said()["error"]["code"] == "run.runs_already"
        assert second.process.wait(30) == 1
    wait_for(lambda: running.doctor() == {})
    rail = running.child(RAIL)
    assert rail is not None
    os.kill(rail, signal.SIGSTOP)
    assert running.doctor() == {"doctor.rail": "fail"}
    os.kill(rail, signal.SIGKILL)
    wait_for(lambda: running.child(RAIL) not in {None, rail})
    wait_for(lambda: running.doctor() == {})
    again = ProcessFigures(is_up=True, starts=2)
    wait_for(lambda: told(running)["rail"] == again)
    assert told(running)["worker"] == ProcessFigures(is_up=True, starts=1)


def told(running: Run) -> dict[str, ProcessFigures]:
    figures = read_figures(running.data, RunFigures)
    return figures.processes if figures else {}


def test_a_folder_of_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "notes.txt").write_text("mine", "utf-8")
    with a_run(tmp_path / "docs") as refused:
        assert refused.said()["error"]["code"] == "installation.foreign_folder"
        assert refused.process.wait(30) == 1
    assert [path.name for path in (tmp_path / "docs").iterdir()] == ["notes.txt"]
    assert not default_key_file(tmp_path / "docs").exists()


def test_whoever_comes_second_to_a_new_folder_touches_nothing_in_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "keyset.sealed").write_bytes(b"of a set-up that is not at its end")
    with run_lock(data), a_run(data) as second:
        assert second.said()["error"]["code"] == "run.runs_already"
        assert second.process.wait(30) == 1
    assert (data / "keyset.sealed").read_bytes() == b"of a set-up that is not at its end"
    assert {path.name for path in data.iterdir()} == {"keyset.sealed", "run.lock"}
    assert not default_key_file(data).exists()


def test_a_folder_that_others_may_write_into_is_not_run(made: Path) -> None:
    mode = made.stat().st_mode
    made.chmod(0o777)
    try:
        with a_run(made) as refused:
            assert refused.said()["error"]["code"] == "installation.folder_open_to_others"
    finally:
        made.chmod(mode)


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_whoever_sets_up_is_told_of_the_key(tmp_path: Path, more: tuple[str, ...]) -> None:
    nowhere = {"COUNTERSIGN_PG_BINDIR": str(tmp_path)}  # So that it ends after the set-up.
    with reachable_folder() as folder:
        data = folder / "data"
        done = subprocess.run(
            [*COMMAND, "run", "--data", str(data), *more],
            env=os.environ | nowhere,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 1
    assert f"IMPORTANT: the key is {default_key_file(data)}." in done.stderr
    assert "IMPORTANT" not in done.stdout


def test_ready_says_which_key_and_whether_it_is_new(made: Path) -> None:
    with reachable_folder() as folder, a_run(folder / "new") as first:
        said = first.said()
        assert (said["set_up"], said["key"]) == (True, str(folder / "new.key"))
    with a_run(made) as again:
        said = again.said()
        assert (said["set_up"], said["key"]) == (False, str(default_key_file(made)))


def test_a_terminal_that_is_closed_stops_it_but_not_under_nohup(made: Path) -> None:
    with a_run(made) as running:
        assert running.said()["ready"]
        running.process.send_signal(signal.SIGHUP)
        assert running.process.wait(60) == 0
        assert json.loads(running.rest()) == {"stopped": True}
        running.assert_nothing_is_left()
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # A child begins with it.
    try:
        with a_run(made) as running:
            signal.signal(signal.SIGHUP, before)
            assert running.said()["ready"]
            running.process.send_signal(signal.SIGHUP)
            assert running.doctor() == {}
            running.stop()
    finally:
        signal.signal(signal.SIGHUP, before)


def test_nothing_of_it_outlives_a_killed_run_and_the_next_one_serves(made: Path) -> None:
    with a_run(made) as running:
        assert running.said()["ready"]
        left = [running.child(module) for module in (GATE, RAIL, WORKER)] + [running.intake()]
        assert None not in left
        os.kill(running.process.pid, signal.SIGKILL)
        running.process.wait(60)
        try:
            wait_for(lambda: not any(is_alive(pid) for pid in left if pid), seconds=15)
        except BaseException:
            for pid in (*left, running.database()):
                if pid and is_alive(pid):
                    os.kill(pid, signal.SIGKILL)
            raise
    with a_run(made) as again:
        assert again.said()["ready"]
        order(again, "next")
        again.stop()


def is_alive(pid: int) -> bool:
    """Not one that only waits for somebody to read how it ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


def test_a_gate_without_its_intake_says_so_and_ends_everything(running: Run) -> None:
    errors = running.data.parent / "errors"
    before = errors.read_text().count("gate.intake_lost")
    running.kill(running.intake)
    assert running.process.wait(60) == 1
    error = json.loads(running.rest())["error"]
    assert (error["code"], "status 1" in error["sentence"]) == ("run.gate_ended", True)
    assert errors.read_text().count("gate.intake_lost") == before + 1
    running.assert_nothing_is_left()


def test_without_its_head_file_it_says_what_one_can_do(made: Path) -> None:
    head = (made / "head").rename(made.parent / "head")
    try:
        with a_run(made) as refused:
            error = refused.said()["error"]
    finally:
        head.rename(made / "head")
    assert error["code"] == "gate.did_not_start"
    assert "countersign restore --from" in error["sentence"]
    assert ".." not in error["sentence"]
    assert "--accept-head" not in error["sentence"]
