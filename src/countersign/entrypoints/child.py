"""A part of the program as a child process: wired by JSON on stdin, ready by one line on stdout."""

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from countersign.infra.clock import monotonic
from countersign.kernel.refusal import Refusal

# What a process has not finished by then it may be killed over: nothing answered is lost by that.
STOP_TIMEOUT_SECONDS = 10.0
_ORPHAN_SECONDS = 0.5


class Readiness(msgspec.Struct, frozen=True):
    """What a process says once, when it serves or refuses to."""

    ready: bool
    code: str = ""
    sentence: str = ""


Said_co = TypeVar("Said_co", bound=Readiness, covariant=True)


class ChildProcess(Generic[Said_co]):
    """One process of this machine; `did_not_start` is the refusal that takes the reason `why`."""

    def __init__(
        self,
        module: str,
        wiring: msgspec.Struct,
        *,
        says: type[Said_co],
        did_not_start: type[Refusal],
        start_seconds_max: float,
        log_file: Path | None,
    ) -> None:
        self._module = module
        self._wiring = wiring
        self._says = says
        self._did_not_start = did_not_start
        self._start_seconds_max = start_seconds_max
        self._log_file = log_file  # Without one it writes to this process's stderr.
        self._process: subprocess.Popen[bytes] | None = None
        self._deadline = 0.0

    @property
    def process(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise self._did_not_start(why="it was not started")
        return self._process

    def start(self) -> Said_co:
        self.launch()
        return self.wait_ready()

    def launch(self) -> None:
        """Start it without waiting."""
        with contextlib.ExitStack() as stack:
            log = stack.enter_context(self._log_file.open("ab")) if self._log_file else None
            self._process = subprocess.Popen(
                # Its supervisor's number goes with it, see `end_with_parent`.
                [sys.executable, "-m", self._module, str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                # Ctrl-C of a terminal is for the supervisor, which stops its children in order.
                start_new_session=True,
            )
        if self._process.stdin:
            self._process.stdin.write(msgspec.json.encode(self._wiring) + b"\n")
            self._process.stdin.close()
        self._deadline = monotonic() + self._start_seconds_max

    def wait_ready(self) -> Said_co:
        """Wait for its word; raises `did_not_start` with the reason that it gives."""
        said = None
        while said is None:
            said = self.hear(self._start_seconds_max)
        return said

    def hear(self, seconds: float) -> Said_co | None:
        """Its word, if it comes within so long; raises `did_not_start` as `wait_ready` does."""
        line = self._first_line(seconds)
        if line is None and monotonic() < self._deadline:
            return None
        if self.process.stdout:
            self.process.stdout.close()
        try:
            said = msgspec.json.decode(line or b"", type=self._says)
        except msgspec.MsgspecError:
            self.kill()
            raise self._did_not_start(why="it ended without a word; see its log") from None
        if not said.ready:
            self._wait_or_kill()
            # Its full stop is the refusal's.
            raise self._did_not_start(why=said.sentence.removesuffix("."))
        return said

    def stop(self) -> int:
        """Let it finish what waits, then end; by force after a while."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        return self._wait_or_kill()

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()

    def _wait_or_kill(self) -> int:
        try:
            return self.process.wait(STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            return self.process.returncode

    def _first_line(self, seconds: float) -> bytes | None:
        """Empty when it ended without one, None when it has said nothing yet."""
        out = self.process.stdout
        if out is None or out.closed:
            return b""
        with selectors.DefaultSelector() as selector:
            selector.register(out, selectors.EVENT_READ)
            return out.readline() if selector.select(seconds) else None


def end_with_parent() -> None:
    """Ask this process to stop when whoever started it is gone; call it early.

    For processes that hold what their successor needs. It is looked at twice a second. The parent
    may be gone already, so its number is the one that it gave.
    """
    parent = int(sys.argv[1]) if len(sys.argv) > 1 else os.getppid()
    threading.Thread(target=_watch, args=(parent,), name="parent", daemon=True).start()


def say(message: object) -> None:
    """The one line on stdout."""
    sys.stdout.buffer.write(msgspec.json.encode(message) + b"\n")
    sys.stdout.buffer.flush()


def _watch(parent: int) -> None:
    pause = threading.Event()
    while os.getppid() == parent:
        pause.wait(_ORPHAN_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
