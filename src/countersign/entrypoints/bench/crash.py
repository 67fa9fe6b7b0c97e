"""Kills a gate under load, again and again, and counts what was lost or done twice (I2, I9).

After every tenth kill one gate more is not killed but stopped; a new one starts, then the old one
wakes up and must find itself fenced. Clients send the same keys again until they are answered.
"""

import contextlib
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random  # noqa: TID251  # Seeded, and never near a secret.
from typing import Literal

import psycopg

from countersign.entrypoints.bench.bed import Bed, a_bed
from countersign.entrypoints.bench.figures import Figure
from countersign.entrypoints.bench.traffic import Traffic
from countersign.entrypoints.gate.main import EXIT_FENCED
from countersign.entrypoints.gate.process import GateProcess
from countersign.gate.client import FrameRefused, GateUnreachable
from countersign.gate.commands import Answer
from countersign.gate.requests import Item
from countersign.infra.clock import SystemClock
from countersign.infra.logs import get_logger

ACCOUNTS = 300
CLIENTS = 3
PAUSE_EVERY = 10
_FRAME_SIZES = (1, 1, 5, 60, 300)
_AGAIN_SHARE = 0.03
_WAKE_SECONDS = 20.0
_LIFE_SECONDS = (0.05, 0.9)

_log = get_logger(__name__)
Progress = Callable[[str], None]


@dataclass(slots=True)
class Findings:
    """What the clients saw, and what the database holds in the end."""

    acknowledged: int = 0
    resent: int = 0
    changed: int = 0
    unanswered: int = 0
    lost: int = 0
    doubled: int = 0
    unbalanced: int = 0
    kills: int = 0
    pauses: int = 0
    not_fenced: int = 0
    restart_seconds: list[float] = field(default_factory=list)

    def figures(self) -> list[Figure]:
        starts = sorted(self.restart_seconds)
        return [
            Figure("kills", self.kills, "count"),
            Figure("pauses", self.pauses, "count"),
            Figure("acknowledged", self.acknowledged, "orders"),
            Figure("lost", self.lost, "orders", target=0),
            Figure("doubled", self.doubled, "orders", target=0),
            Figure("unbalanced", self.unbalanced, "accounts", target=0),
            Figure("answers_changed", self.changed, "orders", target=0),
            Figure("not_fenced", self.not_fenced, "gates", target=0),
            Figure("unanswered", self.unanswered, "orders", target=0),
            Figure("restart_s_median", starts[len(starts) // 2] if starts else 0, "s"),
            Figure("restart_s_max", starts[-1] if starts else 0, "s"),
        ]


def run(*, kills: int, seed: int, progress: Progress) -> list[Figure]:
    """Do it on a throw-away installation."""
    with a_bed() as bed:
        return crash(bed, kills=kills, seed=seed, progress=progress).figures()


def crash(bed: Bed, *, kills: int, seed: int, progress: Progress) -> Findings:
    """Do it on a bed that is not populated yet."""
    random = Random(seed)  # noqa: S311
    findings = Findings()
    gate = bed.gate(snapshot_every=5_000)
    gate.start()
    bed.populate(ACCOUNTS)
    clients = [_Client(bed, seed * 100 + number) for number in range(CLIENTS)]
    with _sending(clients):
        for strike in strikes(kills):
            time.sleep(random.uniform(*_LIFE_SECONDS))
            if strike == "pause":
                gate = _pause(bed, gate, findings, random)
            else:
                gate = _kill(bed, gate, findings)
            progress(f"{findings.kills} of {kills} kills, {findings.pauses} pauses")
    gate.stop()
    _count(bed, clients, findings)
    return findings


def strikes(kills: int) -> Iterator[Literal["kill", "pause"]]:
    """What is done to the gate in turn: as many kills as asked for, a pause after every tenth."""
    for number in range(1, kills + 1):
        yield "kill"
        if number % PAUSE_EVERY == 0:
            yield "pause"


def _kill(bed: Bed, gate: GateProcess, findings: Findings) -> GateProcess:
    gate.kill()
    findings.kills += 1
    return _started(bed, findings)


def _pause(bed: Bed, gate: GateProcess, findings: Findings, random: Random) -> GateProcess:
    gate.process.send_signal(signal.SIGSTOP)
    fresh = _started(bed, findings)
    time.sleep(random.uniform(*_LIFE_SECONDS))
    gate.process.send_signal(signal.SIGCONT)
    findings.pauses += 1
    with contextlib.suppress(subprocess.TimeoutExpired):
        gate.process.wait(_WAKE_SECONDS)
    if gate.process.returncode != EXIT_FENCED:
        findings.not_fenced += 1
        gate.kill()
    return fresh


def _started(bed: Bed, findings: Findings) -> GateProcess:
    begun = time.monotonic()
    gate = bed.gate(snapshot_every=5_000)
    gate.start()
    findings.restart_seconds.append(time.monotonic() - begun)
    return gate


class _Client(threading.Thread):
    """Sends frames and remembers every answer; now and then it asks again what it knows."""

    def __init__(self, bed: Bed, seed: int) -> None:
        super().__init__(daemon=True)
        self._bed = bed
        self._random = Random(seed)  # noqa: S311
        today = datetime.fromtimestamp(SystemClock().now_ms() / 1000, tz=UTC).date()
        self._traffic = Traffic(accounts=ACCOUNTS, channel=100, seed=seed, today=today)
        self._old: list[Item] = []
        self.answers: dict[bytes, Answer] = {}
        self.unanswered: list[bytes] = []
        self.changed = 0
        self.resent = 0
        self.is_stopping = False

    def run(self) -> None:
        with self._bed.channel_client() as client:
            while not self.is_stopping:
                items = [self._traffic.item() for _ in range(self._random.choice(_FRAME_SIZES))]
                if self._old and self._random.random() < _AGAIN_SHARE:
                    again = {item.key: item for item in self._random.choices(self._old, k=20)}
                    items += again.values()
                    self.resent += len(again)
                try:
                    answers = client.submit(items)
                except (FrameRefused, GateUnreachable) as refusal:
                    _log.error("bench.unanswered", why=str(refusal))
                    self.unanswered += [item.key for item in items if item.key not in self.answers]
                    continue
                self._remember(items, answers)

    def _remember(self, items: list[Item], answers: list[Answer]) -> None:
        for item, answer in zip(items, answers, strict=True):
            if self.answers.setdefault(item.key, answer) != answer:
                self.changed += 1
        self._old = (self._old + items)[-2000:]


@contextlib.contextmanager
def _sending(clients: list[_Client]) -> Iterator[None]:
    for client in clients:
        client.start()
    try:
        yield
    finally:
        for client in clients:
            client.is_stopping = True
        for client in clients:
            client.join(180)


def _count(bed: Bed, clients: list[_Client], findings: Findings) -> None:
    """Hold what was acknowledged against what is there, with SQL of its own."""
    with psycopg.connect(bed.database.superuser_dsn()) as connection:
        rows = connection.execute(
            "SELECT key, number FROM transfers.transfer "
            "UNION ALL SELECT key, number FROM gate.command"
        ).fetchall()
        unbalanced = connection.execute(UNBALANCED).fetchone()
        chain_gaps = connection.execute(_CHAIN_GAPS).fetchone()
    numbers: dict[bytes, list[int]] = {}
    for key, number in rows:
        numbers.setdefault(bytes(key), []).append(number)
    findings.doubled = sum(len(found) - 1 for found in numbers.values())
    findings.unbalanced = (unbalanced[0] if unbalanced else 1) + (
        chain_gaps[0] if chain_gaps else 1
    )
    for client in clients:
        findings.acknowledged += len(client.answers)
        findings.changed += client.changed
        findings.resent += client.resent
        findings.unanswered += len(client.unanswered) + client.is_alive()
        findings.lost += sum(
            answer.number not in numbers.get(key, ()) for key, answer in client.answers.items()
        )


UNBALANCED = """
WITH moved AS (
  SELECT account, sum(amount) AS balance, sum(held) AS held FROM (
    SELECT debit_account AS account,
      CASE WHEN kind IN (2, 4, 5, 6) THEN -amount ELSE 0 END AS amount,
      CASE kind WHEN 1 THEN amount WHEN 2 THEN -amount WHEN 3 THEN -amount ELSE 0 END AS held
    FROM ledger.posting
    UNION ALL
    SELECT credit_account, CASE WHEN kind IN (2, 4, 5, 6) THEN amount ELSE 0 END, 0
    FROM ledger.posting
  ) AS sides GROUP BY account
)
SELECT count(*) FROM ledger.balance AS b LEFT JOIN moved AS m ON m.account = b.number
WHERE b.balance <> coalesce(m.balance, 0) OR b.held <> coalesce(m.held, 0)
"""
_CHAIN_GAPS = """
SELECT count(*) FROM gate.batch AS b WHERE seq > 1 AND NOT EXISTS (
  SELECT 1 FROM gate.batch AS p
  WHERE p.seq = b.prev_seq AND p.term = b.prev_term AND p.root = b.prev_root)
"""
