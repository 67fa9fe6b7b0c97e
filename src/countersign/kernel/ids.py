"""Ids: 16-byte UUIDv7 (RFC 9562), made from the caller's clock.

Ids that one process makes sort in the order of making, also within one millisecond and when the
clock steps back by less than ten seconds; 62 random bits keep processes apart. The time inside an
id is a hint for sorting, never evidence of when something happened.
"""

import re
import secrets
import threading
from uuid import UUID

from countersign.kernel.invariant import invariant
from countersign.kernel.refusal import Kind, Refusal

ID_BYTES = 16


class MalformedId(Refusal):
    """The id is not a UUID of 36 lower-case characters; send it exactly as it was given to you."""

    code = "ids.malformed"
    kind = Kind.INVALID
    chinese = "識別碼不是 36 個小寫字元的 UUID；請原樣送回您收到的識別碼。"


def new_id(now_ms: int) -> bytes:
    """Make an id for this millisecond; `now_ms` is UTC milliseconds since 1970."""
    invariant(0 <= now_ms < 1 << _MS_BITS, "a UUIDv7 holds 48 bits of milliseconds since 1970")
    tick = _LAST_TICK.next_after(now_ms)
    ms, counter = divmod(tick, 1 << _COUNTER_BITS)
    head = ms << 16 | 0x7000 | counter
    tail = 0b10 << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
    return (head << 64 | tail).to_bytes(ID_BYTES, "big")


def id_text(id_bytes: bytes) -> str:
    """Write 16 bytes as canonical UUID text."""
    invariant(len(id_bytes) == ID_BYTES, "an id is 16 bytes")
    return str(UUID(bytes=id_bytes))


def parse_id(text: str) -> bytes:
    """Read canonical UUID text; any other spelling of it is refused."""
    if _CANONICAL.fullmatch(text) is None:
        raise MalformedId
    return bytes.fromhex(text.replace("-", ""))


def is_uetr(text: str) -> bool:
    """Whether a text is of the one form that ISO 20022 gives a UETR: a UUID of version 4."""
    return _UETR.fullmatch(text) is not None


_MS_BITS = 48
_COUNTER_BITS = 12
_RANDOM_BITS = 62
_STEP_BACK_MAX_MS = 10_000
_CANONICAL = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_UETR = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


class _LastTick:
    """The newest (millisecond, counter) pair in use, as one integer that only grows."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tick = -1

    def next_after(self, now_ms: int) -> int:
        # The counter starts at a random value in its lower half, which leaves over 2,000 ids for
        # the millisecond; past that it carries into the millisecond (RFC 9562, 6.2 method 1).
        fresh = now_ms << _COUNTER_BITS | secrets.randbits(_COUNTER_BITS - 1)
        with self._lock:
            # A clock that once ran far ahead must not mark every later id with that wrong time.
            is_far_ahead = self._tick - fresh > _STEP_BACK_MAX_MS << _COUNTER_BITS
            self._tick = fresh if is_far_ahead else max(self._tick + 1, fresh)
            return self._tick


_LAST_TICK = _LastTick()
