"""Runs one worker: `python -m countersign.entrypoints.worker.main`, its wiring as JSON on stdin.

Prints one JSON line when it works. Of several workers of one database one works and the others
wait. Ends with 0 soon after it was asked to; whatever happens, all that it was doing may be done
again.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import psycopg

from countersign.entrypoints.child import end_with_parent, say
from countersign.entrypoints.worker.line import RailLine
from countersign.flows.dispatch_transfers import Dispatcher, LineDown
from countersign.flows.take_returns import Arrived, Returns, may_be_return, read_arrived
from countersign.gate.client import FrameRefused, GateClient, GateUnreachable
from countersign.gate.intake import Intake
from countersign.gate.journal.bridge import Connection
from countersign.gate.requests import WORKER_SOCKET
from countersign.infra.clock import SystemClock
from countersign.infra.iso20022.own_thread import in_own_thread
from countersign.infra.logs import configure_logs, get_logger
from countersign.infra.settings import LogLevel
from countersign.kernel.refusal import Refusal
from countersign.rails.messages import RailStatusReport
from countersign.rails.model import Patience
from countersign.rails.pacs002 import read_status
from countersign.vault.files import SealedFiles
from countersign.vault.keyset import Keyset, load_keyset
from countersign.vault.protectors import protector_for
from countersign.vault.subjects import SubjectKeys

EXIT_STOPPED = 0
EXIT_REFUSED = 3
_IDLE_SECONDS = 0.1
_PAUSE_SECONDS = 1.0
_GATE_SECONDS = 10.0
_GRACE_SECONDS = 2.0
_SUBJECT_KEYS_MAX = 10_000
_FORGET_SECONDS = 1.0
_log = get_logger(__name__)


class Wiring(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker is given by whoever starts it."""

    instance: bytes
    data_dir: str
    dsn: str  # As the app's database role.
    keyset_file: str
    key_file: str | None = None
    passphrase_file: str | None = None
    rail_socket: str
    schema_dir: str | None = None
    patience: Patience = Patience()
    log_level: LogLevel = LogLevel.INFO


def main() -> int:
    """Run until told to stop."""
    wiring = msgspec.json.decode(sys.stdin.buffer.readline(), type=Wiring)
    configure_logs(wiring.log_level)
    end_with_parent()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    threading.Thread(target=_insist, args=(stopping,), name="ending", daemon=True).start()
    try:
        protector = protector_for(
            Path(wiring.data_dir),
            key_file=wiring.key_file,
            passphrase_file=wiring.passphrase_file,
        )
        keyset = load_keyset(Path(wiring.keyset_file), protector)
    except Refusal as refusal:
        _log.error("worker.refused_to_work", code=refusal.code, why=refusal.sentence())
        say({"ready": False, "code": refusal.code, "sentence": refusal.sentence()})
        return EXIT_REFUSED
    _run(wiring, keyset, stopping)
    return EXIT_STOPPED


def _insist(stopping: threading.Event) -> None:
    """End whatever it is waiting for: a gate or a database that is away answers nobody."""
    stopping.wait()
    threading.Event().wait(_GRACE_SECONDS)
    os._exit(EXIT_STOPPED)


def _run(wiring: Wiring, keyset: Keyset, stopping: threading.Event) -> None:
    line = RailLine(Path(wiring.rail_socket))
    gate = GateClient(
        Path(wiring.data_dir) / "sockets", WORKER_SOCKET, timeout_seconds=_GATE_SECONDS
    )
    with (
        SubjectKeys(
            lambda: psycopg.connect(wiring.dsn, application_name="countersign worker keys"),
            keyset,
            wiring.instance,
            cache_size_max=_SUBJECT_KEYS_MAX,
        ) as keys,
        contextlib.closing(line),
        gate,
    ):
        say({"ready": True})
        intake = Intake(keys)
        while not stopping.is_set():
            try:
                with _sole(wiring.dsn, stopping) as connection:
                    dispatcher = Dispatcher(
                        connection,
                        gate=gate,
                        line=line,
                        intake=intake,
                        clock=SystemClock(),
                        patience=wiring.patience,
                    )
                    returns = Returns(
                        connection,
                        gate=gate,
                        line=line,
                        intake=intake,
                        files=SealedFiles(keys),
                        clock=SystemClock(),
                        schema_dir=_schema_dir(wiring),
                    )
                    work = _Work(dispatcher, returns, line, keys, _schema_dir(wiring))
                    work.go_on(stopping)
            except psycopg.Error as error:
                _log.failure("worker.database_away", error)
                stopping.wait(_PAUSE_SECONDS)


class _Work(NamedTuple):
    """What one worker works with while it is the one at work."""

    dispatcher: Dispatcher
    returns: Returns
    line: RailLine
    keys: SubjectKeys
    schema_dir: Path | None

    def go_on(self, stopping: threading.Event) -> None:
        while not stopping.is_set():
            self.line.open()
            self.keys.forget_erased(every_seconds=_FORGET_SECONDS)
            try:
                self._turn()
            except LineDown:
                continue
            except (GateUnreachable, FrameRefused) as error:
                # What was reported and not booked is asked about again.
                _log.error("worker.gate_away", why=str(error))
                stopping.wait(_PAUSE_SECONDS)

    def _turn(self) -> None:
        dispatcher = self.dispatcher
        done = dispatcher.dispatch_due() + dispatcher.send_prepared() + dispatcher.ask_overdue()
        messages = self.line.receive(0 if done else _IDLE_SECONDS)
        found = _read(messages, self.schema_dir)
        # A report is asked for again if something fails here; a return is not.
        for arrived in found.returns:
            self.returns.keep(arrived)
        for report in found.reports:
            dispatcher.take_report(report)
        self.returns.book_due()


class _Found(NamedTuple):
    reports: list[RailStatusReport]
    returns: list[Arrived]


def _read(messages: list[bytes], schema_dir: Path | None) -> _Found:
    """What can be read of what came in."""
    found = _Found([], [])

    def read_all() -> None:
        for message in messages:
            try:
                found.reports.append(read_status(message, schema_dir=schema_dir))
            except Refusal as refusal:
                arrived = None
                if may_be_return(refusal):
                    arrived = read_arrived(message, schema_dir=schema_dir)
                if arrived is not None:
                    found.returns.append(arrived)
                if arrived is None or arrived.returned is None:
                    _log.error("rail.unreadable", code=refusal.code)

    if messages:
        in_own_thread(read_all)
    return found


@contextlib.contextmanager
def _sole(dsn: str, stopping: threading.Event) -> Iterator[Connection]:
    """A connection that is the one at work; others wait until its backend is gone."""
    with psycopg.connect(dsn, autocommit=True, application_name="countersign worker") as connection:
        while not stopping.is_set():
            row = connection.execute(_TRY_LOCK).fetchone()
            if row and row[0]:
                break
            stopping.wait(_PAUSE_SECONDS)
        yield connection


def _schema_dir(wiring: Wiring) -> Path | None:
    return Path(wiring.schema_dir) if wiring.schema_dir else None


_TRY_LOCK = "SELECT pg_try_advisory_lock(hashtextextended('countersign.worker', 0))"

if __name__ == "__main__":
    sys.exit(main())
