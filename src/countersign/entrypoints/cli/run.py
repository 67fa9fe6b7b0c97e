"""`countersign run`: sets up what is missing, starts everything, stops it in order on Ctrl-C."""

import argparse
import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator

import msgspec

from countersign.entrypoints.child import ChildProcess, Readiness
from countersign.entrypoints.cli.parsing import Subcommands
from countersign.entrypoints.cli.terminal import DONE, REFUSED, Terminal
from countersign.entrypoints.gate.process import GateProcess
from countersign.entrypoints.installation import (
    Installation,
    NotSetUp,
    default_key_file,
    load_installation,
    set_up,
)
from countersign.entrypoints.processes import gate_of, rail_of, worker_of
from countersign.entrypoints.rail.behaviour import Behaviour
from countersign.entrypoints.rail.process import RailProcess
from countersign.entrypoints.supervision import Supervised
from countersign.gate.client import GateClient
from countersign.gate.commands import Kind, SetPolicy
from countersign.gate.requests import OPERATOR_SOCKET, Query
from countersign.infra.database import Database, prepare_database
from countersign.infra.migrations.runner import migrate
from countersign.infra.postgres.binaries import find_binaries
from countersign.infra.postgres.cluster import EmbeddedCluster
from countersign.infra.postgres.os_user import choose_os_user
from countersign.infra.postgres.server import external_server
from countersign.rails.model import Patience
from countersign.rules.model import DEFAULT_POLICY, encode_policy

_PLAIN_RAIL = Behaviour(delay_min_ms=200, delay_max_ms=1500)
_GENESIS_POLICY_KEY = b"genesis policy\x00\x00"


def add(subcommands: Subcommands, common: argparse.ArgumentParser) -> None:
    help_text = "start the database, gate, rail and worker; the first time, set them up"
    parser = subcommands.add_parser("run", parents=[common], help=help_text, description=help_text)
    parser.add_argument(
        "--name", default=socket.gethostname(), help="the instance's name, given at set-up"
    )
    parser.add_argument(
        "--rail-faults",
        type=_behaviour,
        default=_PLAIN_RAIL,
        metavar="NAME=ODDS,...",
        help="let the simulated rail misbehave: reject, lose_order, lose_answer and double_answer"
        " from 0 to 1, delay_min_ms and delay_max_ms (for example reject=0.1,lose_answer=0.2)",
    )
    parser.set_defaults(command=run)


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Run until a signal; ends with 1 when the gate ended by itself."""
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    installation = _installation(arguments, terminal)
    with _database(installation) as database:
        installation.note_reach(database)
        gate = gate_of(installation, database)
        ready = gate.start()
        others = [
            Supervised("rail", lambda: _started(_rail(installation, arguments.rail_faults))),
            Supervised(
                "worker", lambda: _started(worker_of(installation, database, patience=Patience()))
            ),
        ]
        try:
            _first_policy(installation)
            for other in others:
                other.begin()
            value = {
                "ready": True,
                "instance": installation.instance.hex(),
                "name": installation.name,
                "data": str(installation.data_dir),
                "term": ready.term,
                "replayed": ready.replayed,
                "pid": os.getpid(),
            }
            terminal.value(value, f"ready: {installation.name} in {installation.data_dir}")
            status = _until_stopped(gate, others, stopping)
        finally:
            for other in reversed(others):
                other.stop()
            gate.stop()
    return status


def _until_stopped(gate: GateProcess, others: list[Supervised], stopping: threading.Event) -> int:
    while not stopping.wait(0.2):
        if gate.process.poll() is not None:
            return REFUSED
        for other in others:
            other.look_after()
    return DONE


def _installation(arguments: argparse.Namespace, terminal: Terminal) -> Installation:
    settings = arguments.settings
    try:
        return load_installation(settings)
    except NotSetUp:
        installation = set_up(settings, name=arguments.name)
    key = settings.passphrase_file or settings.key_file or default_key_file(settings.data_dir)
    terminal.say(
        f"set up {installation.data_dir}\n"
        f"IMPORTANT: the key is {key}. Without it nothing that is sealed can ever be read again,\n"
        "by anyone. Copy it to a safe place now, apart from the data and its backups."
    )
    return installation


@contextlib.contextmanager
def _database(installation: Installation) -> Iterator[Database]:
    settings = installation.settings
    secrets = installation.data_dir / "secrets"
    if settings.database_url:
        database = prepare_database(external_server(settings.database_url), secrets_folder=secrets)
        migrate(database)
        yield database
        return
    cluster = EmbeddedCluster(
        installation.data_dir,
        binaries=find_binaries(settings.pg_bindir),
        os_user=choose_os_user(settings.pg_user),
    )
    if not cluster.os_user.is_separate:
        print(
            "note: Postgres runs as the same user as the gate, so whoever is superuser of the"
            " database could reach the gate's keys; start as root or use an external server.",
            file=sys.stderr,
        )
    with cluster:
        database = prepare_database(cluster.server(), secrets_folder=cluster.folders.secrets)
        migrate(database)
        yield database


def _started(child: ChildProcess[Readiness]) -> ChildProcess[Readiness]:
    child.start()
    return child


def _rail(installation: Installation, behaviour: Behaviour) -> RailProcess:
    return rail_of(installation, behaviour, seed=int.from_bytes(installation.instance[:4], "big"))


def _behaviour(text: str) -> Behaviour:
    """The rail's behaviour from "name=value,name=value"."""
    values: dict[str, float] = {}
    for pair in text.split(","):
        name, _, value = pair.partition("=")
        try:
            values[name.strip()] = float(value) if "." in value else int(value)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{pair} is not NAME=NUMBER") from None
    try:
        return msgspec.convert(values, Behaviour)
    except msgspec.ValidationError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _first_policy(installation: Installation) -> None:
    """An instance that never had a policy gets the default one, as a command like any other."""
    with GateClient(installation.sockets, OPERATOR_SOCKET) as gate:
        from_memory = gate.ask(Query.STATUS, None)
        if b"\xa6policy\x00" in from_memory.detail:
            gate.ask(
                Kind.SET_POLICY, SetPolicy(encode_policy(DEFAULT_POLICY)), key=_GENESIS_POLICY_KEY
            )
