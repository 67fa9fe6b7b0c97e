"""Children of `countersign run`: waited for in pieces, started again, stopped without delay."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from signal import SIGSTOP

import msgspec
import pytest

from countersign.entrypoints.bench.bed import a_bed
from countersign.entrypoints.bench.traffic import Traffic
from countersign.entrypoints.child import ChildProcess, Readiness
from countersign.entrypoints.rail.errors import RailDidNotStart
from countersign.entrypoints.rail.main import Wiring
from countersign.entrypoints.rail.process import RailProcess
from countersign.entrypoints.run_lock import RunsAlready, run_lock, running_process
from countersign.entrypoints.running import StopAsked, unless_stopped
from countersign.entrypoints.supervision import Supervised
from countersign.gate.requests import WORKER_SOCKET
from countersign.infra.clock import SystemClock, monotonic
from countersign.rails.model import Patience

pytestmark = pytest.mark.timeout(60)


class _Nothing(msgspec.Struct):
    pass


def a_silent_child(*, start_seconds_max: float = 30.0) -> ChildProcess[Readiness]:
    return ChildProcess(
        "tests.entrypoints.silent",
        _Nothing(),
        says=Readiness,
        did_not_start=RailDidNotStart,
        start_seconds_max=start_seconds_max,
        log_file=None,
    )


@contextmanager
def within(seconds: float) -> Iterator[None]:
    begun = monotonic()
    yield
    assert monotonic() - begun < seconds


def test_a_child_that_says_nothing_holds_up_nobody() -> None:
    made: list[ChildProcess[Readiness]] = []

    def make() -> ChildProcess[Readiness]:
        made.append(a_silent_child())
        return made[-1]

    supervised = Supervised("silent", make)
    with within(5):
        supervised.begin()
        assert not supervised.is_ready()
        supervised.look_after()
        supervised.stop()
    assert len(made) == 1
    assert made[0].process.poll() is not None


def test_a_child_that_says_nothing_in_its_time_is_refused_and_ended() -> None:
    child = a_silent_child(start_seconds_max=0.5)
    child.launch()
    assert child.hear(0.01) is None
    with pytest.raises(RailDidNotStart):
        while child.hear(0.1) is None:
            pass
    assert child.process.poll() is not None


def test_a_child_that_ended_is_started_again_after_a_pause(tmp_path: Path) -> None:
    made: list[RailProcess] = []

    def make() -> RailProcess:
        store = tmp_path / "rail.db"
        wiring = Wiring(folder=str(tmp_path / "s"), store_file=str(store), seed=1)
        made.append(RailProcess(wiring, log_file=tmp_path / "log"))
        return made[-1]

    supervised = Supervised("rail", make)
    supervised.begin()
    wait_until_ready(supervised)
    made[0].kill()
    for _ in range(3):
        supervised.look_after()
    assert len(made) == 1, "it rests first"
    give_up = monotonic() + 20
    while len(made) < 2 and monotonic() < give_up:
        supervised.look_after()
    wait_until_ready(supervised)
    assert len(made) == 2
    with within(9):
        supervised.stop()
    assert made[1].process.returncode == 0


def wait_until_ready(supervised: Supervised) -> None:
    give_up = monotonic() + 20
    while not supervised.is_ready():
        assert monotonic() < give_up


def test_a_first_start_that_fails_is_said(tmp_path: Path) -> None:
    (tmp_path / "rail.db").write_bytes(b"no database at all" * 1000)
    wiring = Wiring(folder=str(tmp_path / "s"), store_file=str(tmp_path / "rail.db"), seed=1)
    supervised = Supervised("rail", lambda: RailProcess(wiring, log_file=tmp_path / "log"))
    supervised.begin()
    with pytest.raises(RailDidNotStart):
        wait_until_ready(supervised)


def test_a_worker_whose_gate_is_frozen_stops_soon() -> None:
    today = datetime.fromtimestamp(SystemClock().now_ms() / 1000, tz=UTC).date()
    with a_bed(name="frozen") as bed:
        gate = bed.gate()
        gate.start()
        bed.populate(2)
        with bed.channel_client() as client:
            traffic = Traffic(accounts=2, channel=bed.channel, seed=1, today=today)
            client.submit([traffic.item() for _ in range(20)])
        gate.process.send_signal(SIGSTOP)
        connected = connections()
        worker = bed.worker(patience=Patience())
        worker.start()
        give_up = monotonic() + 20
        while connections() <= connected:
            assert monotonic() < give_up, "it asks the gate, which does not even accept it"
        with within(6):
            assert worker.stop() == 0


def connections() -> int:
    """How many ends there are of sockets like the one where workers ask a gate."""
    lines = Path("/proc/net/unix").read_text("utf-8").splitlines()
    return sum(line.endswith(f"/{WORKER_SOCKET}") for line in lines)


def test_what_is_done_on_the_way_is_left_behind_at_a_stop() -> None:
    stopping = threading.Event()
    stopping.set()
    with within(5), pytest.raises(StopAsked):
        unless_stopped(lambda: threading.Event().wait(60), stopping)
    assert unless_stopped(lambda: 7, threading.Event()) == 7
    with pytest.raises(ZeroDivisionError):
        unless_stopped(lambda: 1 // 0, threading.Event())


def test_one_at_a_time_runs_an_installation(tmp_path: Path) -> None:
    assert running_process(tmp_path) is None
    with run_lock(tmp_path):
        mine = running_process(tmp_path)
        assert mine is not None
        with pytest.raises(RunsAlready) as refused, run_lock(tmp_path):
            pass
        assert refused.value.details["pid"] == mine
    assert running_process(tmp_path) is None, "the file alone says nothing"
    with run_lock(tmp_path):
        pass
