"""What one gate process counts of itself since it started: for whoever watches it, never stored.

Belongs to the batcher's thread. Costs a batch a few microseconds.
"""

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field

import msgspec

from countersign.gate.batch import Decided
from countersign.infra.clock import monotonic

_MICROSECONDS = 1_000_000
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
_DURATIONS_US = (
    500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000,
    1_000_000, 2_000_000, 5_000_000,
)  # fmt: skip


class Distribution(msgspec.Struct):
    """How many values lie up to each bound and above the one before; the last have no bound."""

    bounds: tuple[int, ...]
    counts: list[int]
    total: int = 0

    def add(self, value: int) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All of it at one moment."""

    queued: int
    batches: int
    commands: int
    duplicates: int
    reloads: int
    unknown_outcomes: int
    faults: int
    snapshot_size: int  # Commands in the newest snapshot; the rest is replayed at a start.
    outcomes: list[tuple[int, str, int]]  # Kind, outcome, how many.
    batch_sizes: Distribution  # Commands.
    batch_us: Distribution  # From when its decision began until it was durable.
    commit_us: Distribution  # From when it was sent to the database until it was durable.


def _of_durations() -> Distribution:
    return Distribution(_DURATIONS_US, [0] * (len(_DURATIONS_US) + 1))


@dataclass(slots=True)
class Statistics:
    batches: int = 0
    commands: int = 0
    duplicates: int = 0
    reloads: int = 0
    unknown_outcomes: int = 0
    faults: int = 0
    replayed: int = 0
    snapshot_size: int = 0
    outcomes: Counter[tuple[int, str]] = field(default_factory=Counter)
    batch_sizes: Distribution = field(
        default_factory=lambda: Distribution(_SIZES, [0] * (len(_SIZES) + 1))
    )
    batch_us: Distribution = field(default_factory=_of_durations)
    commit_us: Distribution = field(default_factory=_of_durations)
    _begun_us: int = 0
    _in_flight_us: int = 0  # When the batch in flight was begun, while the next may be.
    _sent_us: int = 0

    def begun(self) -> None:
        """A batch is begun to be decided."""
        self._begun_us = _now_us()

    def sent(self) -> None:
        """It is on its way to the database."""
        self._in_flight_us = self._begun_us
        self._sent_us = _now_us()

    def done(self, decided: Decided) -> None:
        """The batch in flight is durable."""
        now_us = _now_us()
        self.batches += 1
        self.commands += len(decided.submissions)
        self.batch_sizes.add(len(decided.submissions))
        self.batch_us.add(now_us - self._in_flight_us)
        self.commit_us.add(now_us - self._sent_us)
        pairs = zip(decided.submissions, decided.answers, strict=True)
        self.outcomes.update((int(s.command.kind), answer.outcome) for s, answer in pairs)

    def report(self, *, queued: int) -> Report:
        return Report(
            queued=queued,
            batches=self.batches,
            commands=self.commands,
            duplicates=self.duplicates,
            reloads=self.reloads,
            unknown_outcomes=self.unknown_outcomes,
            faults=self.faults,
            snapshot_size=self.snapshot_size,
            outcomes=[(*pair, count) for pair, count in sorted(self.outcomes.items())],
            batch_sizes=self.batch_sizes,
            batch_us=self.batch_us,
            commit_us=self.commit_us,
        )


def _now_us() -> int:
    return int(monotonic() * _MICROSECONDS)
