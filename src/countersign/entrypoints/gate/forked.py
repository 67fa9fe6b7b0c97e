"""A function run by a forked child, on memory as it is at the fork; its bytes come back by a pipe.

The child keeps nothing else open: whoever waits on a socket of this process must see it close when
the process ends, whatever the child is doing. It has a time to finish, then it is killed.
"""

import contextlib
import os
import resource
import signal
import threading
from collections.abc import Callable

_FIRST_DESCRIPTOR = 3  # After the three standard ones.


class Forked:
    """One child at work."""

    def __init__(self, make: Callable[[], bytes]) -> None:
        reader, writer = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            _work(make, writer)
        os.close(writer)
        self._reader = reader

    def result(self, *, timeout_seconds: float) -> bytes | None:
        """What the child made; None if it failed or was too slow. Ask once."""
        late = threading.Timer(timeout_seconds, self._kill)
        late.daemon = True
        late.start()
        with os.fdopen(self._reader, "rb") as pipe:
            content = pipe.read()
        _, status = os.waitpid(self._pid, 0)
        late.cancel()
        return None if status else content

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)


def _work(make: Callable[[], bytes], writer: int) -> None:
    """The child's whole life; never returns."""
    status = 1
    try:
        os.dup2(writer, _FIRST_DESCRIPTOR)
        limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        os.closerange(_FIRST_DESCRIPTOR + 1, limit)
        content = make()
        with os.fdopen(_FIRST_DESCRIPTOR, "wb") as pipe:
            pipe.write(content)
        status = 0
    finally:
        os._exit(status)
