"""A whole house for a test: a gate, a rail and a worker, of which each can be killed."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import psycopg

from countersign.entrypoints.bench.bed import Bed
from countersign.entrypoints.bench.traffic import Traffic
from countersign.entrypoints.gate.process import GateProcess
from countersign.entrypoints.rail.behaviour import Behaviour
from countersign.entrypoints.rail.process import RailProcess
from countersign.entrypoints.worker.process import WorkerProcess
from countersign.infra.clock import SystemClock, monotonic
from countersign.rails.model import Patience

ACCOUNTS = 30
PATIENCE = Patience(first_ms=300, longest_ms=1_500)
WAIT_SECONDS = 120.0


class House:
    """A gate, a rail and a worker, of which each can be killed and started again."""

    def __init__(self, bed: Bed, behaviour: Behaviour) -> None:
        self.bed = bed
        self.behaviour = behaviour
        self.gate: GateProcess = bed.gate()
        self.gate.start()
        bed.populate(ACCOUNTS)
        self.rail = self.a_rail()
        self.worker = self.a_worker()
        today = datetime.fromtimestamp(SystemClock().now_ms() / 1000, tz=UTC).date()
        self.traffic = Traffic(accounts=ACCOUNTS, channel=100, seed=5, today=today)
        self.database = psycopg.connect(bed.database.superuser_dsn(), autocommit=True)

    def a_rail(self) -> RailProcess:
        rail = self.bed.rail(self.behaviour)
        rail.start()
        return rail

    def a_worker(self) -> WorkerProcess:
        worker = self.bed.worker(patience=PATIENCE)
        worker.start()
        return worker

    def strike(self, what: str) -> None:
        if what == "worker":
            self.worker.kill()
            self.worker = self.a_worker()
        elif what == "rail":
            self.rail.kill()
            self.rail = self.a_rail()
        else:
            self.gate.kill()
            self.gate = self.bed.gate()
            self.gate.start()

    def count(self, query: str, *parameters: object) -> int:
        row = self.database.execute(query.encode(), parameters or None).fetchone()
        return int(row[0]) if row else 0

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        pause, deadline = threading.Event(), monotonic() + WAIT_SECONDS
        while not is_so():
            assert monotonic() < deadline, self.database.execute(STANDING).fetchall()
            pause.wait(0.02)

    def wait_for_answers(self, more: int) -> None:
        wanted = self.count(ANSWERED) + more
        self.wait_until(lambda: self.is_quiet() or self.count(ANSWERED) >= wanted)

    def is_quiet(self) -> bool:
        return not self.count(OPEN)

    def outcomes(self) -> dict[int, list[str]]:
        """What the rail's word made of each transfer, every time it was booked."""
        rows = self.database.execute(
            "SELECT transfer, outcome FROM gate.command WHERE kind = 16 AND transfer > 0"
        ).fetchall()
        found: dict[int, list[str]] = {}
        for number, outcome in rows:
            found.setdefault(number, []).append(outcome)
        return found


OPEN = """
SELECT (SELECT count(*) FROM gate.outbox) + (SELECT count(*) FROM rails.sending WHERE state < 3)
  + (SELECT count(*) FROM rails.payment_return WHERE state = 1)
"""
ANSWERED = "SELECT count(*) FROM rails.sending WHERE state = 3"
STANDING = "SELECT state, status, attempt, asked, count(*) FROM rails.sending GROUP BY 1, 2, 3, 4"
