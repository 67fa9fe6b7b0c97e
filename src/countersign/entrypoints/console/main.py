"""Runs one console: `python -m countersign.entrypoints.console.main`, its wiring as JSON on stdin.

Prints one JSON line with its port when it answers. Ends with 0 soon after it was asked to: whatever
it was asked under a key can be asked again.
"""

import os
import signal
import socket
import sys
from pathlib import Path

import msgspec
import psycopg
import uvicorn

from countersign.audit.checkpoint import Verifier
from countersign.entrypoints.child import end_with_parent, say
from countersign.entrypoints.console.app import make_app
from countersign.entrypoints.console.links import note_address
from countersign.entrypoints.console.site import Site
from countersign.entrypoints.console.wiring import Wiring
from countersign.entrypoints.web.listening import bound_socket, server_config
from countersign.entrypoints.web.reading import Reader
from countersign.gate.intake import Intake
from countersign.infra.clock import SystemClock
from countersign.infra.logs import configure_logs, get_logger
from countersign.kernel.refusal import Refusal
from countersign.vault.keyset import Keyset, load_keyset
from countersign.vault.protectors import protector_for
from countersign.vault.subjects import SubjectKeys

HOST = "127.0.0.1"  # This machine's own address alone.
CONNECTIONS_MAX = 48
PORT_SETTING = "COUNTERSIGN_CONSOLE_PORT"
EXIT_STOPPED = 0
EXIT_REFUSED = 3
_SUBJECT_KEYS_MAX = 10_000
_READERS = 4
_log = get_logger(__name__)


class _Server(uvicorn.Server):
    """Says where it listens as soon as it answers."""

    port = 0

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        say({"ready": True, "port": self.port})


def main() -> int:
    """Run until told to stop."""
    wiring = msgspec.json.decode(sys.stdin.buffer.readline(), type=Wiring)
    configure_logs(wiring.log_level)
    # Whoever looks at the whole installation finds it as the commands do.
    os.environ["COUNTERSIGN_DATA"] = wiring.data_dir
    end_with_parent()
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn puts its own in their place, and raises what it caught once more at its end.
        signal.signal(number, lambda *_: None)
    try:
        protector = protector_for(
            Path(wiring.data_dir),
            key_file=wiring.key_file,
            passphrase_file=wiring.passphrase_file,
        )
        keyset = load_keyset(Path(wiring.keyset_file), protector)
        listening = bound_socket(HOST, wiring.port, setting=PORT_SETTING)
    except Refusal as refusal:
        _log.error("console.refused_to_work", code=refusal.code, why=refusal.sentence())
        say({"ready": False, "code": refusal.code, "sentence": refusal.sentence()})
        return EXIT_REFUSED
    with listening:
        _serve(wiring, keyset, listening)
    return EXIT_STOPPED


def _serve(wiring: Wiring, keyset: Keyset, listening: socket.socket) -> None:
    port = listening.getsockname()[1]
    data_dir = Path(wiring.data_dir)
    note_address(data_dir, f"http://{HOST}:{port}")
    public = keyset.signing_key("checkpoint").public_key().public_bytes_raw()
    with (
        Reader(wiring.dsn, name="countersign console", connections=_READERS) as reader,
        SubjectKeys(
            lambda: psycopg.connect(wiring.dsn, application_name="countersign console keys"),
            keyset,
            wiring.instance,
            cache_size_max=_SUBJECT_KEYS_MAX,
        ) as keys,
    ):
        site = Site(
            name=wiring.name,
            environment=wiring.environment,
            instance=wiring.instance,
            data_dir=data_dir,
            hosts=frozenset(wiring.hosts),
            reader=reader,
            intake=Intake(keys),
            keys=keys,
            log=Verifier(name=wiring.name, public_key=public),
            gate_key=keyset.signing_key("gate").public_key(),
            clock=SystemClock(),
        )
        server = _Server(
            server_config(make_app(site), connections_max=CONNECTIONS_MAX, loop="asyncio")
        )
        server.port = port
        server.run(sockets=[listening])


if __name__ == "__main__":
    sys.exit(main())
