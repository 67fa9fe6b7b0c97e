"""Runs one inbox: `python -m countersign.entrypoints.inbox.main`, its wiring as JSON on stdin.

Prints one JSON line when it works. Ends with 0 soon after it was asked to; whatever it was doing
is done again by its successor.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec

from countersign.entrypoints.child import end_with_parent, say
from countersign.entrypoints.figures import InboxFigures, write_figures
from countersign.entrypoints.inbox.errors import FileSetAside
from countersign.entrypoints.inbox.inbox import Inbox
from countersign.entrypoints.receiving import Archive
from countersign.gate.client import GateClient
from countersign.gate.requests import CHANNEL_SOCKET, Query
from countersign.infra.clock import SystemClock
from countersign.infra.logs import configure_logs, get_logger
from countersign.infra.settings import LogLevel
from countersign.kernel.refusal import Refusal
from countersign.vault.keyset import load_keyset
from countersign.vault.protectors import protector_for

EXIT_STOPPED = 0
EXIT_REFUSED = 3
_TURN_SECONDS = 1.0
_GATE_SECONDS = 120.0
_GRACE_SECONDS = 2.0
_log = get_logger(__name__)


class Wiring(msgspec.Struct, frozen=True, kw_only=True):
    """What an inbox is given by whoever starts it."""

    instance: bytes
    data_dir: str
    dsn: str  # As the app's database role.
    keyset_file: str
    watch_dir: str
    key_file: str | None = None
    passphrase_file: str | None = None
    schema_dir: str | None = None
    log_level: LogLevel = LogLevel.INFO


def main() -> int:
    """Run until told to stop."""
    wiring = msgspec.json.decode(sys.stdin.buffer.readline(), type=Wiring)
    configure_logs(wiring.log_level)
    end_with_parent()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    try:
        inbox = _inbox(wiring)
    except Refusal as refusal:
        _log.error("inbox.refused_to_work", code=refusal.code, why=refusal.sentence())
        say({"ready": False, "code": refusal.code, "sentence": refusal.sentence()})
        return EXIT_REFUSED
    threading.Thread(target=_insist, args=(stopping, inbox), name="ending", daemon=True).start()
    data_dir = Path(wiring.data_dir)
    told = InboxFigures(0, 0)
    write_figures(data_dir, told)
    say({"ready": True})
    while not stopping.wait(_TURN_SECONDS):
        has_more = True
        while has_more and not stopping.is_set():
            has_more = inbox.turn() > 0
            if (figures := inbox.figures()) != told:
                told = figures
                write_figures(data_dir, told)
    return EXIT_STOPPED


def _insist(stopping: threading.Event, inbox: Inbox) -> None:
    """End whatever it is in the middle of: it may all be done again."""
    stopping.wait()
    threading.Event().wait(_GRACE_SECONDS)
    inbox.excuse()
    os._exit(EXIT_STOPPED)


def _inbox(wiring: Wiring) -> Inbox:
    data_dir = Path(wiring.data_dir)
    protector = protector_for(
        data_dir, key_file=wiring.key_file, passphrase_file=wiring.passphrase_file
    )
    keyset = load_keyset(Path(wiring.keyset_file), protector)
    return Inbox(
        Path(wiring.watch_dir),
        tokens=data_dir / "tokens",
        archive=Archive(dsn=wiring.dsn, keyset=keyset, instance=wiring.instance),
        gate_of=lambda token: _gate(data_dir / "sockets", token),
        schema_dir=Path(wiring.schema_dir) if wiring.schema_dir else None,
        clock=SystemClock(),
        tell=lambda name, refusal: _log.error(
            "inbox.set_aside" if isinstance(refusal, FileSetAside) else "inbox.waits",
            sender=name,
            code=refusal.code,
            why=refusal.sentence(),
        ),
    )


@contextlib.contextmanager
def _gate(sockets: Path, token: str) -> Iterator[GateClient]:
    with GateClient(sockets, CHANNEL_SOCKET, token=token, timeout_seconds=_GATE_SECONDS) as gate:
        gate.ask(Query.OWN_CREDENTIAL, None)  # Nothing is kept of what a stranger brings.
        yield gate


if __name__ == "__main__":
    sys.exit(main())
