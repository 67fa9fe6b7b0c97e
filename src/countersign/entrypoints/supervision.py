"""Keeping a child process alive: started again when it ends, less and less often.

For processes that others can do without for a while. The gate is not one of them: when it ends by
itself there is a reason, and whoever supervises the whole has to look at it.
"""

from collections.abc import Callable

from countersign.entrypoints.child import ChildProcess, Readiness
from countersign.infra.clock import monotonic
from countersign.infra.logs import get_logger
from countersign.kernel.refusal import Refusal

_log = get_logger(__name__)
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 30.0
_STEADY_SECONDS = 60.0  # Who ran so long is started at once again.


class Supervised:
    """One child process and its successors."""

    def __init__(self, name: str, start: Callable[[], ChildProcess[Readiness]]) -> None:
        self._name = name
        self._start = start
        self._child: ChildProcess[Readiness] | None = None
        self._started = 0.0
        self._not_before = 0.0
        self._pause = _FIRST_PAUSE_SECONDS

    def begin(self) -> None:
        """Start it for the first time; raises what it says when it does not start."""
        self._child = self._start()
        self._started = monotonic()

    def look_after(self) -> None:
        """Start it again if it has ended and it is time to; call this every now and then."""
        if self._child is not None:
            status = self._child.process.poll()
            if status is None:
                return
            self._ended(status)
        if monotonic() >= self._not_before:
            try:
                self.begin()
            except (Refusal, OSError) as error:
                _log.error("run.not_restarted", name=self._name, why=str(error))
                self._wait()

    def stop(self) -> None:
        if self._child is not None:
            self._child.stop()

    def _ended(self, status: int) -> None:
        _log.error("run.ended", name=self._name, status=status)
        self._child = None
        if monotonic() - self._started >= _STEADY_SECONDS:
            self._pause = _FIRST_PAUSE_SECONDS
        self._wait()

    def _wait(self) -> None:
        self._not_before = monotonic() + self._pause
        self._pause = min(self._pause * 2, _LONGEST_PAUSE_SECONDS)
