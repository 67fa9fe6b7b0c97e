"""Runs one API: `python -m countersign.entrypoints.api.main`, its wiring as JSON on stdin.

Prints one JSON line with its port when it answers. Ends with 0 soon after it was asked to: whatever
it was asked under a key can be asked again.
"""

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import psycopg
import uvicorn
import uvloop

from countersign.audit.checkpoint import Verifier
from countersign.entrypoints.api.app import make_app
from countersign.entrypoints.api.counting import Counts
from countersign.entrypoints.api.desk import Desk
from countersign.entrypoints.api.doorkeeper import Doorkeeper
from countersign.entrypoints.api.files import FILES_AT_ONCE
from countersign.entrypoints.api.pulse import Pulse
from countersign.entrypoints.api.streams import Streams
from countersign.entrypoints.api.watching import Watch
from countersign.entrypoints.child import Readiness, end_with_parent, say
from countersign.entrypoints.receiving import Archive
from countersign.entrypoints.web.listening import bound_socket, server_config
from countersign.entrypoints.web.reading import Reader
from countersign.gate.intake import Intake
from countersign.gate.link import GateLink
from countersign.gate.requests import API_SOCKET
from countersign.infra.clock import SystemClock
from countersign.infra.logs import configure_logs, get_logger
from countersign.infra.settings import LogLevel
from countersign.kernel.refusal import Refusal
from countersign.vault.keyset import Keyset, load_keyset
from countersign.vault.protectors import protector_for
from countersign.vault.subjects import SubjectKeys

EXIT_STOPPED = 0
EXIT_REFUSED = 3
CONNECTIONS_MAX = 1_024
PORT_SETTING = "COUNTERSIGN_API_PORT"
_SUBJECT_KEYS_MAX = 10_000
_READERS = 4
_HEALTH_SECONDS = 2
_FORGET_SECONDS = 1.0
_log = get_logger(__name__)


class Wiring(msgspec.Struct, frozen=True, kw_only=True):
    """What an API is given by whoever starts it."""

    instance: bytes
    name: str
    data_dir: str
    dsn: str  # As the app's database role.
    keyset_file: str
    key_file: str | None = None
    passphrase_file: str | None = None
    schema_dir: str | None = None
    host: str = "127.0.0.1"
    port: int = 0
    requests_per_second: int = 5_000  # Of one credential; each order of a batch counts.
    log_level: LogLevel = LogLevel.INFO


class ApiReadiness(Readiness, frozen=True):
    port: int = 0


class _Server(uvicorn.Server):
    """Leaves signals to us, and says where it listens as soon as it answers."""

    port = 0

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.ask_to_stop)
        yield

    def ask_to_stop(self) -> None:
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        say({"ready": True, "port": self.port})


def main() -> int:
    """Run until told to stop."""
    wiring = msgspec.json.decode(sys.stdin.buffer.readline(), type=Wiring)
    configure_logs(wiring.log_level)
    end_with_parent()
    try:
        protector = protector_for(
            Path(wiring.data_dir),
            key_file=wiring.key_file,
            passphrase_file=wiring.passphrase_file,
        )
        keyset = load_keyset(Path(wiring.keyset_file), protector)
        listening = bound_socket(wiring.host, wiring.port, setting=PORT_SETTING)
    except Refusal as refusal:
        _log.error("api.refused_to_work", code=refusal.code, why=refusal.sentence())
        say({"ready": False, "code": refusal.code, "sentence": refusal.sentence()})
        return EXIT_REFUSED
    with listening:
        uvloop.run(_serve(wiring, keyset, listening))
    return EXIT_STOPPED


async def _serve(wiring: Wiring, keyset: Keyset, listening: socket.socket) -> None:
    sockets = Path(wiring.data_dir) / "sockets"
    gate = GateLink(sockets, API_SOCKET)
    public = keyset.signing_key("checkpoint").public_key().public_bytes_raw()
    with (
        Reader(wiring.dsn, name="countersign api", connections=_READERS) as reader,
        # Of its own, so that strangers who ask how it is take no reader from anybody.
        Reader(
            wiring.dsn,
            name="countersign api health",
            connections=1,
            statement_seconds=_HEALTH_SECONDS,
        ) as health_reader,
        # Not waited for: a read that is left behind has changed nothing.
        contextlib.closing(_Threads(_READERS)) as threads,
        contextlib.closing(_Threads(1)) as health_thread,
        SubjectKeys(
            lambda: psycopg.connect(wiring.dsn, application_name="countersign api keys"),
            keyset,
            wiring.instance,
            cache_size_max=_SUBJECT_KEYS_MAX,
        ) as keys,
        contextlib.closing(gate),
    ):
        desk = Desk(
            gate=gate,
            doorkeeper=Doorkeeper(gate, SystemClock(), per_second=wiring.requests_per_second),
            reader=reader,
            threads=threads,
            keys=keys,
            intake=Intake(keys),
            log=Verifier(name=wiring.name, public_key=public),
            clock=SystemClock(),
            sockets=sockets,
            archive=Archive(dsn=wiring.dsn, keyset=keyset, instance=wiring.instance),
            schema_dir=Path(wiring.schema_dir) if wiring.schema_dir else None,
            files=asyncio.Semaphore(FILES_AT_ONCE),
            pulse=Pulse(gate, health_reader, health_thread),
            watch=Watch(gate, health_reader, health_thread, SystemClock()),
            data_dir=Path(wiring.data_dir),
            counts=Counts(),
            streams=Streams(),
        )
        server = _Server(server_config(make_app(desk), connections_max=CONNECTIONS_MAX))
        server.port = listening.getsockname()[1]
        forgetting = asyncio.create_task(_forget_erased(keys))
        await server.serve(sockets=[listening])
        forgetting.cancel()


class _Threads(ThreadPoolExecutor):
    def close(self) -> None:
        self.shutdown(wait=False, cancel_futures=True)


async def _forget_erased(keys: SubjectKeys) -> None:
    """Drop the keys of whoever was erased elsewhere."""
    while True:
        await asyncio.sleep(_FORGET_SECONDS)
        try:
            await asyncio.to_thread(keys.forget_erased, every_seconds=_FORGET_SECONDS)
        except psycopg.Error as error:
            _log.failure("api.keys_away", error)


if __name__ == "__main__":
    sys.exit(main())
