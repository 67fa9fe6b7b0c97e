"""A gate as a child process: started with its wiring, waited for, stopped or killed."""

import contextlib
import selectors
import signal
import subprocess
import sys
from pathlib import Path

import msgspec

from countersign.entrypoints.gate.main import Wiring
from countersign.infra.clock import monotonic
from countersign.kernel.refusal import Kind, Refusal

START_TIMEOUT_SECONDS = 300.0
STOP_TIMEOUT_SECONDS = 60.0


class GateDidNotStart(Refusal):
    """The gate did not start: {why}."""

    code = "gate.did_not_start"
    kind = Kind.UNAVAILABLE
    chinese = "閘口未能啟動：{why}"


class Readiness(msgspec.Struct, frozen=True):
    """What a gate says once, when it serves or refuses to."""

    ready: bool
    code: str = ""
    sentence: str = ""
    term: int = 0
    replayed: int = 0  # Commands of the tail.
    loaded_ms: int = 0  # Loading, replay and comparison with the tables.


class GateProcess:
    """One gate process of this machine."""

    def __init__(self, wiring: Wiring, *, log_file: Path | None = None) -> None:
        self._wiring = wiring
        self._log_file = log_file  # Without one it writes to this process's stderr.
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise GateDidNotStart(why="it was not started")
        return self._process

    def launch(self) -> None:
        """Start it without waiting."""
        with contextlib.ExitStack() as stack:
            log = stack.enter_context(self._log_file.open("ab")) if self._log_file else None
            self._process = subprocess.Popen(
                [sys.executable, "-m", "countersign.entrypoints.gate.main"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                # Ctrl-C of a terminal is for the supervisor, which stops its children in order.
                start_new_session=True,
            )
        if self._process.stdin:
            self._process.stdin.write(msgspec.json.encode(self._wiring) + b"\n")
            self._process.stdin.close()

    def wait_ready(self, *, timeout_seconds: float = START_TIMEOUT_SECONDS) -> Readiness:
        """Wait for its word; raises GateDidNotStart with the gate's own reason."""
        line = self._first_line(timeout_seconds)
        if self.process.stdout:
            self.process.stdout.close()
        try:
            said = msgspec.json.decode(line, type=Readiness)
        except msgspec.MsgspecError:
            self.kill()
            raise GateDidNotStart(why="it ended without a word; see its log") from None
        if not said.ready:
            self.process.wait(STOP_TIMEOUT_SECONDS)
            raise GateDidNotStart(why=said.sentence)
        return said

    def start(self) -> Readiness:
        self.launch()
        return self.wait_ready()

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

    def _first_line(self, timeout_seconds: float) -> bytes:
        deadline = monotonic() + timeout_seconds
        out = self.process.stdout
        with selectors.DefaultSelector() as selector:
            if out is None:
                return b""
            selector.register(out, selectors.EVENT_READ)
            if not selector.select(max(0.0, deadline - monotonic())):
                return b""
            return out.readline()
