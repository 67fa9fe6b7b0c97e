"""Runs one simulated rail: `python -m countersign.entrypoints.rail.main`, wiring as JSON on stdin.

Prints one JSON line when it serves. Ends with 0 when asked to, 3 when it cannot use its store, 1
for anything else; what it accepted is known to the next one.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from countersign.entrypoints.child import end_with_parent, say
from countersign.entrypoints.rail.behaviour import Behaviour
from countersign.entrypoints.rail.book import Book
from countersign.entrypoints.rail.rail import Rail
from countersign.infra.clock import SystemClock
from countersign.infra.logs import configure_logs, get_logger
from countersign.infra.settings import LogLevel
from countersign.kernel.refusal import Refusal

EXIT_STOPPED = 0
EXIT_FAILED = 1
EXIT_REFUSED = 3
SOCKET_NAME = "rail.sock"
_BACKLOG = 16
_log = get_logger(__name__)


class Wiring(msgspec.Struct, frozen=True, kw_only=True):
    """What a simulated rail is given by whoever starts it."""

    folder: str  # Of its socket.
    store_file: str
    seed: int
    behaviour: Behaviour = Behaviour()
    socket_name: str = SOCKET_NAME
    schema_dir: str | None = None
    log_level: LogLevel = LogLevel.INFO


def main() -> int:
    """Run until told to stop."""
    wiring = msgspec.json.decode(sys.stdin.buffer.readline(), type=Wiring)
    configure_logs(wiring.log_level)
    end_with_parent()
    try:
        with contextlib.closing(Book(Path(wiring.store_file))) as book:
            return asyncio.run(_serve(wiring, book))
    except Refusal as refusal:
        _log.error("rail.refused_to_serve", code=refusal.code, why=refusal.sentence())
        say({"ready": False, "code": refusal.code, "sentence": refusal.sentence()})
        return EXIT_REFUSED


async def _serve(wiring: Wiring, book: Book) -> int:
    rail = Rail(
        book,
        behaviour=wiring.behaviour,
        seed=wiring.seed,
        clock=SystemClock(),
        schema_dir=Path(wiring.schema_dir) if wiring.schema_dir else None,
    )
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stopping.set)
    deciding = asyncio.create_task(rail.decide())
    deciding.add_done_callback(lambda _: stopping.set())
    with _bound(Path(wiring.folder), wiring.socket_name) as listening:
        server = await asyncio.start_unix_server(rail.connected, sock=listening)
        say({"ready": True, "known": book.count()})
        await stopping.wait()
        server.close()
    await rail.close()
    if deciding.done():
        return _failed(deciding)
    deciding.cancel()
    return EXIT_STOPPED


def _failed(deciding: asyncio.Task[None]) -> int:
    error = deciding.exception()
    if error is not None:
        _log.failure("rail.failed", error)
    return EXIT_FAILED


@contextlib.contextmanager
def _bound(folder: Path, name: str) -> Iterator[socket.socket]:
    """A socket for its owner alone, however deep the folder, in place of what stood there."""
    folder.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        path = Path(f"/proc/self/fd/{descriptor}/{name}")
        path.unlink(missing_ok=True)
        bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        bound.bind(str(path))
        path.chmod(0o600)
        bound.listen(_BACKLOG)
        yield bound
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    sys.exit(main())
