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

STOP_TIMEOUT_SECONDS = 60.0
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

    def wait_ready(self) -> Said_co:
        """Wait for its word; raises `did_not_start` with the reason that it gives."""
        line = self._first_line()
        if self.process.stdout:
            self.process.stdout.close()
        try:
            said = msgspec.json.decode(line, type=self._says)
        except msgspec.MsgspecError:
            self.kill()
            raise self._did_not_start(why="it ended without a word; see its log") from None
        if not said.ready:
            self.process.wait(STOP_TIMEOUT_SECONDS)
            raise self._did_not_start(why=said.sentence)
        return said

    def stop(self) -> int:
        """Let it finish what waits, then end; by force after a while."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            return self.process.returncode

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()

    def _first_line(self) -> bytes:
        deadline = monotonic() + self._start_seconds_max
        out = self.process.stdout
        with selectors.DefaultSelector() as selector:
            if out is None:
                return b""
            selector.register(out, selectors.EVENT_READ)
            if not selector.select(max(0.0, deadline - monotonic())):
                return b""
            return out.readline()


def end_with_parent() -> None:
    """Ask this process to stop when whoever started it is gone; call it first thing.

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
