"""What can go wrong around one gate: its journal, its head file, and where each may be struck.

Rule: a fault is raised only where and as the real journal can raise it, or it proves nothing.
"""

from collections.abc import Callable

from tests.support.gate import INSTANCE, MemoryHead, a_private_key

from countersign.gate.batch import Decided
from countersign.gate.head import Head
from countersign.gate.journal.memory import Disk, MemoryJournal
from countersign.gate.journal.protocol import CommitRefused, RequestKey
from countersign.gate.rows import Signer


class Crash(BaseException):
    """The process is gone, in the middle of whatever it did."""


BROKEN = "broken"
UNKNOWN = "unknown"
REFUSED = "refused"
HINDERED = "hindered"  # The server's own trouble: no space, no right.
CRASH = "crash"
RIVAL = "rival"  # This gate stands still; another one starts and serves; this one goes on.
CLOCK = "clock"  # The clock jumps in between.

_ANYWHERE = (CRASH, RIVAL, CLOCK)
POINTS: dict[str, tuple[str, ...]] = {
    "open": (BROKEN, *_ANYWHERE),
    "take_over": (BROKEN, *_ANYWHERE),
    "look_up": (BROKEN, *_ANYWHERE),
    "rows": (BROKEN, *_ANYWHERE),
    "send": (BROKEN, UNKNOWN, REFUSED, *_ANYWHERE),
    "before_commit": (BROKEN, UNKNOWN, UNKNOWN, REFUSED, HINDERED, *_ANYWHERE),
    # Once it is committed nobody may say that it is certainly not.
    "after_commit": (BROKEN, UNKNOWN, UNKNOWN, *_ANYWHERE),
    "settle": (BROKEN, *_ANYWHERE),
    "snapshot": (BROKEN, *_ANYWHERE),
    "before_head": _ANYWHERE,
    "after_head": _ANYWHERE,
}


class RememberingSigner(Signer):
    """Checks each signature once: worlds load the same batches over and over."""

    def __init__(self) -> None:
        super().__init__(INSTANCE, a_private_key())
        self._good: set[tuple[bytes, bytes]] = set()

    def check(self, signature: bytes, message: bytes, what: str) -> None:
        if (signature, message) not in self._good:
            super().check(signature, message, what)
            self._good.add((signature, message))


# Points that a gate seldom comes by are struck more often.
RARE = {"open", "take_over", "settle", "snapshot"}

Strike = Callable[[str], None]


class SimulatedJournal(MemoryJournal):
    """A journal in memory that knows its newest batch and never commits a poisoned command."""

    def __init__(self, disk: Disk, strike: Strike, poisoned: set[RequestKey]) -> None:
        super().__init__(disk, strike)
        self.newest: Decided | None = None
        self.poisoned_commits = 0
        self._poisoned = poisoned

    def commit_start(self, decided: Decided) -> None:
        self.newest = decided
        super().commit_start(decided)

    def commit_finish(self) -> None:
        sent = self._sent
        if sent and any(
            not s.is_faulty and (s.credential, s.key) in self._poisoned for s in sent.submissions
        ):
            self._sent = None
            self.poisoned_commits += 1
            raise CommitRefused("a poisoned command", is_taken=False)
        super().commit_finish()


class SimulatedHead(MemoryHead):
    """One gate's view of the head file: two slots by parity, and only a newer head is kept."""

    def __init__(self, slots: list[Head], strike: Strike) -> None:
        super().__init__()
        self._slots = slots
        self._strike = strike

    def read(self) -> Head:
        return max(self._slots)

    def write(self, head: Head) -> None:
        self._strike("before_head")
        if head.seq >= self.read().seq:
            self._slots[head.seq % 2] = head
        self._strike("after_head")


def new_slots() -> list[Head]:
    empty = Head(0, 0, b"\x00" * 32, b"\x00" * 32)
    return [empty, empty]
