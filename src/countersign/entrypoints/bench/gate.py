"""The gate beside pgbench: both on one server with the same settings, in turns.

pgbench's TPC-B transaction is other work than an order, so the ratio is a yardstick for one machine
and not a claim. The gate runs as in production: own process, intake in a second one, digest,
sealing, windows, log and all rules on. Orders come in frames of a thousand through its socket; over
HTTP in batches of a thousand; over HTTP one by one from many connections; and at last through the
socket again with everything on, snapshots and checkpoints too, by a gate whose windows are full.
"""

import os
import re
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from countersign.entrypoints.bench.bed import Bed, a_bed
from countersign.entrypoints.bench.figures import Figure
from countersign.entrypoints.bench.posting import batch_post, posted_per_s, single_post
from countersign.entrypoints.bench.traffic import Traffic
from countersign.gate.requests import Item
from countersign.infra.clock import SystemClock
from countersign.infra.postgres.binaries import find_binaries

ACCOUNTS = 50_000
SECONDS = 8
FRAME = 1000
CLIENTS = 6
BATCH_CONNECTIONS = 4
SINGLE_CONNECTIONS = 256
SCALE = 50
ALONE = 400
_SETTINGS = {"shared_buffers": "2GB"}
# More than any run sends.
_ORDERS_A_RUN = 160_000
_POSTED_A_RUN = 80_000
_UNBOUND = 1_000_000  # No limit of the API's may be what is measured.
Progress = Callable[[str], None]


def run(*, pairs: int, seed: int, progress: Progress) -> list[Figure]:
    """Measure on a throw-away installation; nothing else should run meanwhile."""
    with a_bed(server_settings=_SETTINGS) as bed:
        return _measure(bed, pairs=pairs, seed=seed, progress=progress)


def _measure(bed: Bed, *, pairs: int, seed: int, progress: Progress) -> list[Figure]:
    progress("preparing pgbench and accounts")
    fsync = _fsync_per_s(bed)
    _prepare_pgbench(bed)
    gate = bed.gate(snapshot_every=10**9)
    gate.start()
    bed.populate(ACCOUNTS)
    today = datetime.fromtimestamp(SystemClock().now_ms() / 1000, tz=UTC).date()
    traffic = Traffic(accounts=ACCOUNTS, channel=100, seed=seed, today=today)
    port = bed.api(requests_per_second=_UNBOUND).start().port
    rates, cpu = _Rates(), []
    for number in range(1, pairs + 1):
        progress(f"pair {number} of {pairs}")
        frames, batches, singles = _frames(traffic), _batches(traffic), _singles(traffic)
        rates.add("pgbench", _pgbench(bed))
        rate, us = _gate_rate(bed, gate.process.pid, frames)
        rates.add("gate", rate)
        cpu.append(us)
        rates.add(
            "batch_post",
            posted_per_s(port, batches, connections=BATCH_CONNECTIONS, seconds=SECONDS),
        )
        rates.add(
            "single_post",
            posted_per_s(port, singles, connections=SINGLE_CONNECTIONS, seconds=SECONDS),
        )
    alone = _alone(bed, traffic)
    gate.kill()
    again = bed.gate()
    ready = again.start()
    full = _Rates()
    for number in range(1, pairs + 1):
        progress(f"everything on, pair {number} of {pairs}")
        frames = _frames(traffic)
        full.add("pgbench", _pgbench(bed))
        full.add("everything_on", _gate_rate(bed, again.process.pid, frames)[0])
    again.stop()
    return [
        Figure("fsync_per_s", round(fsync), "1/s"),
        Figure("pgbench_tps", rates.median("pgbench"), "1/s"),
        *rates.figures("gate", "batch_post", "single_post"),
        *full.figures("everything_on"),
        Figure("cpu_us_per_transfer", round(statistics.median(cpu), 1), "us"),
        Figure("one_transfer_p50_ms", round(statistics.median(alone) * 1000, 2), "ms"),
        Figure("recovery_per_s", round(ready.replayed / max(ready.loaded_ms, 1) * 1000), "1/s"),
    ]


class _Rates:
    """What was done a second in each pair, pgbench and others."""

    def __init__(self) -> None:
        self._of: dict[str, list[float]] = {}

    def add(self, name: str, per_second: float) -> None:
        self._of.setdefault(name, []).append(per_second)

    def median(self, name: str) -> int:
        return round(statistics.median(self._of[name]))

    def figures(self, *names: str) -> list[Figure]:
        """Each by itself, and beside the pgbench of its pair."""
        found, pgbench = [], f"pgbench -s {SCALE} -c 16 -j 2 -M prepared"
        for name in names:
            pairs = zip(self._of[name], self._of["pgbench"], strict=True)
            ratio = round(statistics.median(ours / peer for ours, peer in pairs), 2)
            found += [
                Figure(f"{name}_per_s", self.median(name), "1/s"),
                Figure(f"{name}_per_pgbench", ratio, "x", peer=pgbench),
            ]
        return found


def _frames(traffic: Traffic) -> list[list[Item]]:
    return [[traffic.item() for _ in range(FRAME)] for _ in range(_ORDERS_A_RUN // FRAME)]


def _batches(traffic: Traffic) -> list[bytes]:
    return [
        batch_post([traffic.keyed() for _ in range(FRAME)]) for _ in range(_POSTED_A_RUN // FRAME)
    ]


def _singles(traffic: Traffic) -> list[bytes]:
    keyed = (traffic.keyed() for _ in range(_POSTED_A_RUN))
    return [single_post(order, key) for key, order in keyed]


def _gate_rate(bed: Bed, gate_pid: int, frames: list[list[Item]]) -> tuple[float, float]:
    """(orders a second, microseconds of CPU an order) over one run."""
    lock = threading.Lock()
    done = 0
    end = time.monotonic() + SECONDS
    cpu_before = _cpu_seconds(bed, gate_pid)
    begun = time.monotonic()

    def send() -> None:
        nonlocal done
        with bed.channel_client() as client:
            while time.monotonic() < end:
                with lock:
                    frame = frames.pop() if frames else None
                if frame is None:
                    return
                client.submit(frame)
                with lock:
                    done += len(frame)

    threads = [threading.Thread(target=send) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.monotonic() - begun
    used = _cpu_seconds(bed, gate_pid) - cpu_before
    return done / elapsed, used / max(done, 1) * 1e6


def _alone(bed: Bed, traffic: Traffic) -> list[float]:
    """Seconds of one order after another, nothing else waiting."""
    taken = []
    with bed.channel_client() as client:
        for _ in range(ALONE):
            item = traffic.item()
            begun = time.perf_counter()
            client.submit([item])
            taken.append(time.perf_counter() - begun)
    return taken


def _prepare_pgbench(bed: Bed) -> None:
    with psycopg.connect(bed.cluster.superuser_dsn(), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE pgbench"))
    _run_pgbench(bed, "-i", "-s", str(SCALE), "-q")


def _pgbench(bed: Bed) -> float:
    said = _run_pgbench(bed, "-c", "16", "-j", "2", "-M", "prepared", "-T", str(SECONDS), "-n")
    found = re.search(r"tps = ([0-9.]+)", said)
    return float(found[1]) if found else 0.0


def _run_pgbench(bed: Bed, *arguments: str) -> str:
    dsn = conninfo_to_dict(bed.cluster.superuser_dsn("pgbench"))
    program = find_binaries(bed.installation.settings.pg_bindir).program("pgbench")
    environment = {
        **os.environ,
        "PGHOST": str(dsn["host"]),
        "PGPORT": str(dsn["port"]),
        "PGUSER": str(dsn["user"]),
        "PGPASSWORD": str(dsn["password"]),
        "PGDATABASE": "pgbench",
    }
    done = subprocess.run(
        [str(program), *arguments], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def _cpu_seconds(bed: Bed, gate_pid: int) -> float:
    """User and system time so far of the gate, its intake and every Postgres process."""
    postmaster = int((bed.cluster.folders.data / "postmaster.pid").read_text().split("\n")[0])
    ticks = 0
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            ticks += _ticks(folder, {gate_pid, postmaster})
    return ticks / os.sysconf("SC_CLK_TCK")


def _ticks(folder: Path, families: set[int]) -> int:
    try:
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    parent, own, children = int(fields[1]), fields[11:13], fields[13:15]
    is_head = int(folder.name) in families
    if not is_head and parent not in families:
        return 0
    # What ended since counts with its parent.
    return sum(map(int, own)) + (sum(map(int, children)) if is_head else 0)


def _fsync_per_s(bed: Bed) -> float:
    """How often this disk makes 8 kB durable in a second, one after another."""
    del bed
    count = 200
    with tempfile.NamedTemporaryFile(dir=tempfile.gettempdir()) as file:
        begun = time.perf_counter()
        for _ in range(count):
            os.pwrite(file.fileno(), b"\x00" * 8192, 0)
            os.fdatasync(file.fileno())
        return count / (time.perf_counter() - begun)
