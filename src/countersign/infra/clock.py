"""The only module that reads the time; everything else is handed a Clock or a number.

`now_ms` is wall-clock UTC in milliseconds, for what is recorded. `monotonic` is for waiting and
measuring: it never jumps and means nothing outside this process.
"""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01T00:00:00Z."""
        ...


class SystemClock:
    """The clock of this machine."""

    __slots__ = ()

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000


def moment(milliseconds: int) -> str:
    """A time as people and programs read it: RFC 3339, UTC, in milliseconds."""
    at = datetime.fromtimestamp(milliseconds / 1000, tz=UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def monotonic() -> float:
    """Seconds since an arbitrary moment."""
    return time.monotonic()
