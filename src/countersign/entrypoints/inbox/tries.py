"""How often a taken file was tried, in a hidden file beside it: a crash forgets nothing.

1. A file is registered and kept once, under one id, as long as it is the same bytes.
2. After a failure it waits, twice as long each time up to a minute.
3. A failure that is the file's own, TRIES_MAX times in a row and always the same, ends the tries.
4. What any other file would meet as well (gate, database, disk, credential) only waits. A try that
   ended with its process counts as the file's own, unless the process was asked to end.
"""

import contextlib
import errno
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec
import psycopg

from countersign.entrypoints.receiving import CannotWriteReport, opened
from countersign.gate.client import FrameRefused
from countersign.infra.clock import Clock
from countersign.kernel.refusal import Kind, Refusal

TRIES_MAX: Final = 10
_FIRST_WAIT_MS = 2_000
_LONGEST_WAIT_MS = 60_000
_TIME_MS_MAX = 253_402_300_799_000  # The end of the year 9999, which can still be told.
_PIECE_BYTES = 1 << 20
# Of the disk or of the moment, whatever the file.
_PASSING = frozenset(
    {
        errno.EDQUOT,
        errno.EIO,
        errno.EMFILE,
        errno.ENFILE,
        errno.ENOMEM,
        errno.ENOSPC,
        errno.EROFS,
        errno.EWOULDBLOCK,
    }
)


class Tries(msgspec.Struct, frozen=True, kw_only=True):
    """Of one taken file."""

    file_id: bytes  # In the register.
    since_ms: int  # When it was tried first.
    digest: bytes = b""  # SHA-256 of what was kept under that id.
    failures: int = 0
    code: str = ""  # Of the last failure.
    times: int = 0  # That code in a row, where it is the file's own.
    is_open: bool = False  # A try has begun and has not ended.

    def begun(self) -> "Tries":
        return msgspec.structs.replace(self, is_open=True)

    def failed(self, code: str, *, is_of_file: bool) -> "Tries":
        times = self.times + 1 if code == self.code else 1
        return msgspec.structs.replace(
            self,
            failures=self.failures + 1,
            code=code,
            times=times if is_of_file else 0,
            is_open=False,
        )

    @property
    def is_over(self) -> bool:
        """Whether another try would come to the same."""
        return self.times >= TRIES_MAX


class Pauses:
    """Which files and senders wait, longer after each failure in a row."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since: dict[Path, tuple[int, int]] = {}  # When, and how long.

    def begin(self, path: Path) -> None:
        _, before_ms = self._since.get(path, (0, 0))
        wait_ms = min(before_ms * 2 or _FIRST_WAIT_MS, _LONGEST_WAIT_MS)
        self._since[path] = self._clock.now_ms(), wait_ms

    def is_on(self, path: Path) -> bool:
        since_ms, wait_ms = self._since.get(path, (0, 0))
        # A clock that was set back must not stop anything for days.
        return 0 <= self._clock.now_ms() - since_ms < wait_ms

    def end(self, path: Path) -> None:
        self._since.pop(path, None)


def is_of_file(error: Exception) -> bool:
    """Whether a failure is the file's own, so that another file may do better."""
    if isinstance(error, CannotWriteReport):
        cause = error.__cause__
        return not (isinstance(cause, OSError) and cause.errno in _PASSING)
    if isinstance(error, Refusal):
        return error.kind != Kind.UNAVAILABLE
    if isinstance(error, FrameRefused):
        return not error.code.startswith("access.")
    return isinstance(error, psycopg.DataError | psycopg.IntegrityError)


def digest_of(file: Path) -> bytes:
    """SHA-256 of the file's content; raises UnreadableFile."""
    content = sha256()
    with opened(file) as stream:
        while piece := stream.read(_PIECE_BYTES):
            content.update(piece)
    return content.digest()


def read_tries(file: Path) -> Tries | None:
    """What was written of a file, if anything was."""
    try:
        tries = msgspec.json.decode(_beside(file).read_bytes(), type=Tries)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None
    return tries if 0 <= tries.since_ms <= _TIME_MS_MAX else None


def write_tries(file: Path, tries: Tries) -> None:
    part = _beside(file).with_suffix(".new")
    part.write_bytes(msgspec.json.encode(tries))
    part.replace(_beside(file))


def forget_tries(file: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        _beside(file).unlink()


def _beside(file: Path) -> Path:
    # A name as long as any may be leaves no room for an ending.
    name = sha256(file.name.encode("utf-8", "surrogateescape")).hexdigest()[:32]
    return file.with_name(f".{name}.tries")
