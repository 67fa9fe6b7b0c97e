"""An asked end goes the way of Ctrl-C, so that a command leaves no server and no part behind."""

import signal
import threading
from types import FrameType


class Ending:
    """Whether an end was asked for; made by the main thread, asked by any."""

    def __init__(self) -> None:
        """Take Ctrl-C, an end that is asked for and a terminal that hangs up for the same."""
        self._asked = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) != signal.SIG_IGN:  # As `nohup` asks for.
                signal.signal(number, self._on_signal)

    def heed(self) -> None:
        """Raise KeyboardInterrupt if an end was asked for; for threads, which no signal reaches."""
        if self._asked.is_set():
            raise KeyboardInterrupt

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._asked.set()
        raise KeyboardInterrupt
