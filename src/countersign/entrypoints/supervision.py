"""Keeping a child process alive: started again when it ends, less and less often.

For processes that others can do without for a while. The gate is not one of them: when it ends by
itself there is a reason, and whoever supervises the whole has to look at it. Nothing here waits.
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
    """One child process and its successors; `make` gives one that is not launched yet."""

    def __init__(self, name: str, make: Callable[[], ChildProcess[Readiness]]) -> None:
        self.name = name
        self.starts = 0
        self._make = make
        self._child: ChildProcess[Readiness] | None = None
        self._is_ready = False
        self.said: Readiness | None = None
        self._started = 0.0
        self._not_before = 0.0
        self._pause = _FIRST_PAUSE_SECONDS

    def begin(self) -> None:
        """Launch one, without waiting until it is ready."""
        child = self._make()
        child.launch()
        self.starts += 1
        self._child = child
        self._is_ready = False
        self._started = monotonic()

    def is_ready(self) -> bool:
        """Whether it has said that it works; raises what it says when it does not start."""
        if self._child is not None and not self._is_ready:
            self._is_ready = (said := self._child.hear(0)) is not None
            self.said = said
        return self._is_ready

    @property
    def is_up(self) -> bool:
        """Whether it has said that it works and has not been seen to end since."""
        return self._child is not None and self._is_ready

    def look_after(self) -> None:
        """Start it again if it has ended and it is time to; call this every now and then."""
        try:
            if self._child is None:
                if monotonic() >= self._not_before:
                    self.begin()
            elif self.is_ready() and (status := self._child.process.poll()) is not None:
                self._ended(status)
        except (Refusal, OSError) as error:
            _log.error("run.not_restarted", name=self.name, why=str(error))
            self._wait()

    def stop(self) -> None:
        if self._child is not None and self._is_ready:
            self._child.stop()
        elif self._child is not None:
            self._child.kill()  # It has not begun anything.

    def _ended(self, status: int) -> None:
        _log.error("run.ended", name=self.name, status=status)
        if monotonic() - self._started >= _STEADY_SECONDS:
            self._pause = _FIRST_PAUSE_SECONDS
        self._wait()

    def _wait(self) -> None:
        self._child = None
        self._is_ready = False
        self._not_before = monotonic() + self._pause
        self._pause = min(self._pause * 2, _LONGEST_PAUSE_SECONDS)
