"""Who runs an installation: one `countersign run` at a time, by a lock that dies with it.

The lock says that somebody runs, and the file who; without the lock the file says nothing.
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from countersign.infra.clock import monotonic
from countersign.kernel.refusal import Kind, Refusal

FILE_NAME = "run.lock"


class RunsAlready(Refusal):
    """Process {pid} runs {folder} already; stop it first, or choose another folder with --data."""

    code = "run.runs_already"
    kind = Kind.CONFLICT
    chinese = "程序 {pid} 已在執行 {folder}；請先停止它，或以 --data 選擇其他資料夾。"


@contextlib.contextmanager
def run_lock(data_dir: Path) -> Iterator[None]:
    """Be the one that runs it, as long as the context lasts."""
    descriptor = os.open(data_dir / FILE_NAME, os.O_RDWR | os.O_CREAT | _FLAGS, 0o600)
    try:
        if not _locked(descriptor):
            raise RunsAlready(folder=str(data_dir), pid=_pid_in(descriptor))
        os.ftruncate(descriptor, 0)
        os.write(descriptor, b"%d" % os.getpid())
        yield
    finally:
        os.close(descriptor)


def running_process(data_dir: Path) -> int | None:
    """The number of the process that runs it, if one does."""
    try:
        descriptor = os.open(data_dir / FILE_NAME, os.O_RDONLY | _FLAGS)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _pid_in(descriptor)
    finally:
        os.close(descriptor)
    return None


def _locked(descriptor: int) -> bool:
    """Try for a moment, in which somebody may only have asked whether it is locked."""
    give_up = monotonic() + _ASKING_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if monotonic() > give_up:
                return False
            time.sleep(_POLL_SECONDS)
        else:
            return True


def _pid_in(descriptor: int) -> int:
    text = os.pread(descriptor, 20, 0)
    return int(text) if text.isdigit() else 0


# Not through a link, or whoever put one there has us empty a file of their choice; and a pipe in
# its place keeps nobody waiting.
_FLAGS = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_ASKING_SECONDS = 1.0
_POLL_SECONDS = 0.02
