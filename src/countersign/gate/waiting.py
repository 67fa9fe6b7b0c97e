"""What waits to be decided: the queue, the keys that are on their way, groups to be done again.

Rules: 1. Everything that waits is counted, and too much is refused with a time to try again. 2. A
key is on its way in one submission only; later ones with the same key wait for its answer.
"""

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from countersign.gate.commands import Submission
from countersign.gate.errors import Overloaded
from countersign.gate.journal.protocol import RequestKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of the queue and of a batch."""

    batch_max: int = 512
    waiting_max: int = 8192
    busy_at: int = 64  # From so many on, the next batch is taken before this one is durable.
    ticks_max: int = 64
    retry_ms: int = 200


class Waiting:
    """Filled from any thread by `submit`; everything else belongs to the batcher's thread."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._queue: deque[Submission] = deque()
        self._arrived = threading.Event()
        self._on_their_way: dict[RequestKey, list[Submission]] = {}
        self._twins = 0  # Submissions that wait for the answer of another one with their key.
        self._again: deque[list[Submission]] = deque()

    @property
    def is_empty(self) -> bool:
        return not (self._queue or self._again)

    @property
    def queued(self) -> int:
        """How many wait for a batch."""
        return len(self._queue) + sum(map(len, self._again))

    @property
    def is_busy(self) -> bool:
        """Whether enough waits to take the next batch before the last one is durable."""
        return len(self._queue) >= self._limits.busy_at

    @property
    def has_groups(self) -> bool:
        """Whether something has to be done again, so that memory may run ahead of the journal."""
        return bool(self._again)

    def submit(self, submission: Submission) -> None:
        """Take one in, or raise Overloaded."""
        if len(self._queue) + len(self._on_their_way) + self._twins >= self._limits.waiting_max:
            raise Overloaded(retry_ms=self._limits.retry_ms)
        self._queue.append(submission)
        self._arrived.set()

    def sleep(self, timeout_seconds: float) -> None:
        """Wait until something arrives or the time is over."""
        self._arrived.wait(timeout_seconds)
        self._arrived.clear()

    def wake(self) -> None:
        self._arrived.set()

    def is_on_its_way(self, key: RequestKey) -> bool:
        return key in self._on_their_way

    def next_group(self) -> list[Submission] | None:
        """A group to be done again, if there is one."""
        return self._again.popleft() if self._again else None

    def take(self, own: Iterable[Submission]) -> list[Submission]:
        """A batch of the gate's own commands and of what waits, each key once."""
        group: list[Submission] = []
        for submission in own:
            self._on_their_way[submission.credential, submission.key] = []
            group.append(submission)
        while self._queue and len(group) < self._limits.batch_max:
            submission = self._queue.popleft()
            key = (submission.credential, submission.key)
            twins = self._on_their_way.get(key)
            if twins is None:
                self._on_their_way[key] = []
                group.append(submission)
            else:
                twins.append(submission)
                self._twins += 1
        return group

    def put_back(self, *groups: list[Submission]) -> None:
        """Do these again before anything else, in this order, each as a batch of its own."""
        self._again.extendleft(group for group in reversed(groups) if group)

    def answered(self, submission: Submission) -> list[Submission]:
        """Whoever waits for the answer of this one; its key is on its way no more."""
        twins = self._on_their_way.pop((submission.credential, submission.key), [])
        self._twins -= len(twins)
        return twins
