"""Runs one gate: `python -m countersign.entrypoints.gate.main`, its wiring as JSON on stdin.

Prints one JSON line when it serves. Ends with 0 when asked to or left by whoever started it, 3 when
it is fenced or finds its journal tampered with, 1 for anything else; what is not answered by then
is safe to send again.
"""

import asyncio
import contextlib
import gc
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import uvloop

from countersign.entrypoints.child import STOP_TIMEOUT_SECONDS, end_with_parent, say
from countersign.entrypoints.gate.checkpoints import Checkpoints
from countersign.entrypoints.gate.snapshots import Snapshots
from countersign.gate.engine import Engine
from countersign.gate.errors import Fenced
from countersign.gate.front import Front, IntakeEnd, Outlet
from countersign.gate.head import HeadFile
from countersign.gate.intake_process import start_intake
from countersign.gate.journal.postgres import PostgresJournal
from countersign.gate.known_accounts import KnownAccounts
from countersign.gate.preparation import Preparation
from countersign.gate.rows import Signer
from countersign.infra.clock import SystemClock, monotonic
from countersign.infra.logs import configure_logs, get_logger
from countersign.infra.settings import LogLevel
from countersign.kernel.refusal import Refusal
from countersign.vault.keyset import Keyset, load_keyset
from countersign.vault.protectors import protector_for
from countersign.vault.subjects import SubjectKeys

_log = get_logger(__name__)
EXIT_STOPPED = 0
EXIT_FAILED = 1
EXIT_FENCED = 3
_WAIT_SECONDS = 0.25
_JOIN_SECONDS = 20.0
_GRACE_SECONDS = 5.0
_DAY_MS = 86_400_000
_SUBJECT_KEYS_MAX = 30_000
# A shorter slice than usual, because the batcher must not wait 5 ms for the front's thread.
_SWITCH_SECONDS = 0.001


class Wiring(msgspec.Struct, frozen=True, kw_only=True):
    """What a gate is given by whoever starts it."""

    instance: bytes
    name: str
    data_dir: str
    dsn: str  # As the gate's database role.
    keyset_file: str
    key_file: str | None = None
    passphrase_file: str | None = None
    log_level: LogLevel = LogLevel.INFO
    snapshot_every: int = 100_000  # Commands.
    answer_timeout_seconds: float = 30.0


def main() -> int:
    """Run until told to stop."""
    wiring = msgspec.json.decode(sys.stdin.buffer.readline(), type=Wiring)
    configure_logs(wiring.log_level)
    try:
        protector = protector_for(
            Path(wiring.data_dir),
            key_file=wiring.key_file,
            passphrase_file=wiring.passphrase_file,
        )
        keyset = load_keyset(Path(wiring.keyset_file), protector)
        intake = start_intake(lambda: _preparation(wiring, keyset))
        end_with_parent()  # After the fork, because it starts a thread.
        return uvloop.run(_serve(wiring, keyset, intake[0]))
    except Refusal as refusal:
        _log.error("gate.refused_to_serve", code=refusal.code, why=refusal.sentence())
        say({"ready": False, "code": refusal.code, "sentence": refusal.sentence()})
        return EXIT_FENCED


def signer_of(keyset: Keyset, instance: bytes) -> Signer:
    return Signer(instance, keyset.signing_key("gate"))


async def _serve(wiring: Wiring, keyset: Keyset, intake: socket.socket) -> int:
    loop = asyncio.get_running_loop()
    parts = _parts(wiring, keyset)
    engine = parts.engine
    begun = monotonic()
    engine.start()
    loaded_ms = int((monotonic() - begun) * 1000)
    front = Front(engine)
    parts.outlet.front = front
    ending = _Ending(loop)
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, ending.ask, EXIT_STOPPED)
    await loop.create_connection(lambda: IntakeEnd(front, ending.intake_lost), sock=intake)
    gc.collect()
    gc.freeze()
    gc.disable()  # The state is large and has no cycles; a full collection would stop the batcher.
    threads = _started(parts, ending)
    with _open_folder(Path(wiring.data_dir) / "sockets") as sockets:
        await front.serve(sockets)
        say(
            {
                "ready": True,
                "term": engine.state.chain.term,
                "replayed": engine.statistics.replayed,
                "loaded_ms": loaded_ms,
            }
        )
        await ending.asked.wait()
        front.close()
    await _stop(parts, threads)
    return ending.status


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What its threads work on."""

    head: HeadFile
    journal: PostgresJournal
    outlet: Outlet
    engine: Engine
    snapshots: Snapshots
    checkpoints: Checkpoints


def _parts(wiring: Wiring, keyset: Keyset) -> _Parts:
    signer = signer_of(keyset, wiring.instance)
    head = HeadFile(Path(wiring.data_dir) / "head", wiring.instance)
    journal = PostgresJournal(wiring.dsn, answer_timeout_seconds=wiring.answer_timeout_seconds)
    outlet = Outlet()
    engine = Engine(
        journal=journal,
        signer=signer,
        head=head,
        clock=SystemClock(),
        deliver=outlet.deliver,
        alarm=lambda event, details: _log.error(event, **details),
    )
    return _Parts(
        head=head,
        journal=journal,
        outlet=outlet,
        engine=engine,
        snapshots=Snapshots(journal, signer, every=wiring.snapshot_every),
        checkpoints=Checkpoints(
            wiring.dsn,
            origin=wiring.name,
            private_key=keyset.signing_key("checkpoint"),
            durable=lambda: engine.durable,
            clock=SystemClock(),
        ),
    )


def _started(parts: _Parts, ending: "_Ending") -> list[threading.Thread]:
    """Its threads, the batcher first."""
    works = {"batcher": _batch, "house": _keep_house, "checkpoints": _publish}
    threads = [
        threading.Thread(target=work, args=(parts, ending), name=name, daemon=True)
        for name, work in works.items()
    ]
    for thread in threads:
        thread.start()
    return threads


async def _stop(parts: _Parts, threads: list[threading.Thread]) -> None:
    """End what was begun; nobody is listened to any more."""
    parts.engine.wake()
    await asyncio.to_thread(threads[0].join, _JOIN_SECONDS)
    parts.checkpoints.stop()  # After the batcher, so that the last batch is published too.
    for thread in threads:
        await asyncio.to_thread(thread.join, _JOIN_SECONDS)
    parts.head.close()
    parts.engine.close()


class _Ending:
    """Why and whether this gate ends; asked from any thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.asked = asyncio.Event()
        self.is_stopping = False
        self.status = EXIT_STOPPED

    def ask(self, status: int) -> None:
        if not self.is_stopping:
            self.is_stopping = True
            self.status = status
            threading.Thread(target=self._insist, name="ending", daemon=True).start()
        with contextlib.suppress(RuntimeError):  # The loop may be gone already.
            self._loop.call_soon_threadsafe(self.asked.set)

    def refused(self, refusal: Refusal) -> None:
        """What a thread may not go on after: another gate took over, or what is stored is wrong."""
        event = "gate.fenced" if isinstance(refusal, Fenced) else "gate.stopped"
        _log.error(event, code=refusal.code, why=refusal.sentence())
        self.ask(EXIT_FENCED)

    def intake_lost(self) -> None:
        """Without its intake it can accept nothing more."""
        _log.error("gate.intake_lost")
        self.ask(EXIT_FAILED)

    def _insist(self) -> None:
        """A gate that must not go on, or was left by its parent, ends whatever its threads do.

        Nothing that it has not answered is lost, and its peers wait for nobody.
        """
        is_asked = self.status == EXIT_STOPPED
        threading.Event().wait(STOP_TIMEOUT_SECONDS if is_asked else _GRACE_SECONDS)
        os._exit(self.status)


def _batch(parts: _Parts, ending: _Ending) -> None:
    """The batcher's thread."""
    engine, snapshots = parts.engine, parts.snapshots
    try:
        while not ending.is_stopping:
            if not engine.turn():
                engine.wait(_WAIT_SECONDS)
            snapshots.consider(engine)
        engine.drain()
        snapshots.finish()
    except Refusal as refusal:
        ending.refused(refusal)
    except BaseException as error:
        _log.failure("gate.batcher_failed", error)
        ending.ask(EXIT_FAILED)
        raise


def _keep_house(parts: _Parts, ending: _Ending) -> None:
    """Each second: the head file durable, tomorrow's partitions made, the gate not overtaken."""
    pause = threading.Event()
    try:
        while not ending.is_stopping:
            pause.wait(1.0)
            parts.head.sync()
            parts.journal.prepare_day(SystemClock().now_ms() // _DAY_MS + 1)
            parts.engine.check_place()
    except Refusal as refusal:
        ending.refused(refusal)


def _publish(parts: _Parts, ending: _Ending) -> None:
    try:
        parts.checkpoints.run()
    except Refusal as refusal:
        ending.refused(refusal)


def _preparation(wiring: Wiring, keyset: Keyset) -> Preparation:
    def connect() -> psycopg.Connection[Any]:
        return psycopg.connect(wiring.dsn, application_name="countersign intake")

    keys = SubjectKeys(connect, keyset, wiring.instance, cache_size_max=_SUBJECT_KEYS_MAX)
    return Preparation(keys, KnownAccounts(connect))


@contextlib.contextmanager
def _open_folder(folder: Path) -> Iterator[Path]:
    """The folder by a path that is short enough for socket addresses, however deep it lies."""
    folder.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield Path(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    sys.setswitchinterval(_SWITCH_SECONDS)
    sys.exit(main())
