"""Which frames go to the intake, and when: bounded in bytes, an operator's before the channels'.

Rules: 1. The channels have one lane, operator and worker another; neither fills the other's. 2. A
frame counts with its bytes until all of it is answered; too much is refused with a time to try
again. 3. Of channels little is in the intake at a time and the rest waits here, so that a freeze
waits for one small batch and never for all that was sent before it.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from countersign.gate.errors import Overloaded

FRAMES_MAX = 256  # Of a lane, until they are prepared.
BYTES_MAX = 32 * 1024 * 1024  # Of a lane, until they are answered.
CHANNEL_BYTES_AT_ONCE = 2 * 1024 * 1024  # In the intake; or one frame, which may be larger.
RETRY_MS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one frame weighs, and in which lane."""

    byte_count: int
    is_channels: bool


@dataclass(slots=True)
class _Lane:
    frames: int = 0
    byte_count: int = 0


class Lanes:
    """The way from the sockets to the intake. Belongs to the front's thread."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        """`write` gives bytes to the intake."""
        self._write = write
        self._lanes = {True: _Lane(), False: _Lane()}
        self._held_back: deque[bytes] = deque()
        self._channel_bytes_in_intake = 0

    def send(self, asked: bytes, *, is_channels: bool) -> Load:
        """Have a frame prepared; raises Overloaded when too much of its lane is on its way."""
        lane = self._lanes[is_channels]
        if lane.frames >= FRAMES_MAX or lane.byte_count + len(asked) > BYTES_MAX:
            raise Overloaded(retry_ms=RETRY_MS)
        lane.frames += 1
        lane.byte_count += len(asked)
        if is_channels:
            self._held_back.append(asked)
            self._go_on()
        else:
            self._write(asked)
        return Load(byte_count=len(asked), is_channels=is_channels)

    def prepared(self, load: Load) -> None:
        """The intake is done with a frame."""
        self._lanes[load.is_channels].frames -= 1
        if load.is_channels:
            self._channel_bytes_in_intake -= load.byte_count
            self._go_on()

    def answered(self, load: Load) -> None:
        """All of a frame is answered."""
        self._lanes[load.is_channels].byte_count -= load.byte_count

    def _go_on(self) -> None:
        while self._held_back:
            more = self._channel_bytes_in_intake + len(self._held_back[0])
            if self._channel_bytes_in_intake and more > CHANNEL_BYTES_AT_ONCE:
                return
            self._channel_bytes_in_intake = more
            self._write(self._held_back.popleft())
