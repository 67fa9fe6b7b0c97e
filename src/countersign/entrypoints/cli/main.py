"""`countersign`: one command, which Ctrl-C ends without a word at any time.

Loading a command takes half a second, so what it needs is imported inside of `main`.
"""

import contextlib
import io
import os
import signal
import sys
from collections.abc import Iterator, Sequence

_INTERRUPTED = 128 + signal.SIGINT


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code."""
    _bear_any_text()
    words = sys.argv[1:] if arguments is None else arguments
    try:
        with _ended_at_once():
            from countersign.entrypoints.cli.command_line import (  # noqa: PLC0415
                parsed_from,
                run_command,
            )

            parsed = parsed_from(words)
        return run_command(parsed)
    except KeyboardInterrupt:
        return _INTERRUPTED


@contextlib.contextmanager
def _ended_at_once() -> Iterator[None]:
    """End at Ctrl-C without unwinding: half-loaded modules make other errors of an interrupt."""
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:  # Ignored, as a shell asks for with `&`.
        yield
        return
    signal.signal(signal.SIGINT, lambda *_: os._exit(_INTERRUPTED))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _bear_any_text() -> None:
    """Escape what the encoding of the output has no letters for, as stderr does by itself."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(main())
