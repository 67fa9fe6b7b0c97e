"""`countersign run`: sets up what is missing, starts everything, stops it in order on Ctrl-C."""

import argparse
import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import NamedTuple

import msgspec

from countersign.entrypoints.cli.parsing import Subcommands, add_command
from countersign.entrypoints.cli.terminal import Terminal, visible_lines
from countersign.entrypoints.console.links import link_of, make_link, noted_address
from countersign.entrypoints.installation import (
    Installation,
    NotSetUp,
    key_of,
    load_installation,
    prepare_folder,
    set_up,
)
from countersign.entrypoints.rail.behaviour import Behaviour
from countersign.entrypoints.run_lock import run_lock
from countersign.entrypoints.running import KeptServer, Running, StopAsked, unless_stopped
from countersign.entrypoints.service_notice import READY, STOPPING, ServiceManager
from countersign.gate.client import GateClient
from countersign.gate.commands import Kind, SetPolicy
from countersign.gate.requests import OPERATOR_SOCKET, Query
from countersign.infra.clock import SystemClock
from countersign.infra.database import Database, prepare_database
from countersign.infra.migrations.runner import migrate
from countersign.infra.postgres.binaries import find_binaries
from countersign.infra.postgres.cluster import EmbeddedCluster
from countersign.infra.postgres.os_user import choose_os_user
from countersign.infra.postgres.server import Server, external_server
from countersign.infra.settings import Settings
from countersign.rules.default import DEFAULT_POLICY
from countersign.rules.model import encode_policy

_ODDS = ("reject", "lose_order", "lose_answer", "double_answer", "return", "return_less")
_DELAYS = ("delay_min_ms", "delay_max_ms")
_PLAIN_RAIL = Behaviour(delay_min_ms=200, delay_max_ms=1500)
_GENESIS_POLICY_KEY = b"genesis policy\x00\x00"
Join = Callable[[Installation, Running], None]


def add(subcommands: Subcommands, common: argparse.ArgumentParser) -> None:
    help_text = "start the database, gate, rail, worker and console; first set them up"
    description = (
        f"{help_text}. It says `ready` when all of them work and `stopped` when Ctrl-C, SIGTERM or"
        " a terminal that was closed has ended them; with --json,"
        ' {"ready": true, ...} and {"stopped": true}, a line each.'
    )
    parser = add_command(subcommands, common, "run", run, help_text, description=description)
    parser.add_argument(
        "--name", default=socket.gethostname(), help="the instance's name, given at set-up"
    )
    add_rail_faults(parser)


def add_rail_faults(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rail-faults",
        type=_behaviour,
        default=_PLAIN_RAIL,
        metavar="NAME=ODDS,...",
        help=f"let the simulated rail misbehave: {', '.join(_ODDS)} from 0 to 1,"
        f" {' and '.join(_DELAYS)} (for example reject=0.1,lose_answer=0.2)",
    )


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Run until a signal; a refusal says what ended it before."""
    return run_with(arguments, terminal, _nobody)


def run_with(arguments: argparse.Namespace, terminal: Terminal, join: Join) -> int:
    """The same with somebody more, who is made to join what is ready."""
    stopping = _stopping_on_signals()
    manager = ServiceManager()
    settings = arguments.settings
    if not settings.database_url and not settings.data_dir.exists():
        _require_reachable(settings)
    prepare_folder(settings.data_dir, name=arguments.name)
    with contextlib.suppress(StopAsked), run_lock(settings.data_dir):
        try:
            installation, is_new = load_installation(settings), False
        except NotSetUp:
            installation, is_new = set_up(settings, name=arguments.name), True
            _warn_of_key(installation)
        begin = _Beginning(installation, is_new=is_new, behaviour=arguments.rail_faults, join=join)
        _run(begin, terminal, stopping, manager)
    return terminal.value({"stopped": True}, "stopped")


def _nobody(installation: Installation, running: Running) -> None:
    del installation, running


def _require_reachable(settings: Settings) -> None:
    """Refuse a place that Postgres's user cannot reach before a folder and a key are made there."""
    os_user = choose_os_user(settings.pg_user)
    if os_user.is_separate:
        os_user.require_access(next(at for at in settings.data_dir.parents if at.is_dir()))


def _stopping_on_signals() -> threading.Event:
    stopping = threading.Event()
    wanted = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # As `nohup` asks for.
        wanted.append(signal.SIGHUP)
    for number in wanted:
        signal.signal(number, lambda *_: stopping.set())
    return stopping


class _Beginning(NamedTuple):
    """What is to run."""

    installation: Installation
    is_new: bool
    behaviour: Behaviour
    join: Join


def _run(
    begin: _Beginning, terminal: Terminal, stopping: threading.Event, manager: ServiceManager
) -> None:
    installation, is_new = begin.installation, begin.is_new
    making = "making the database, which takes a few seconds" if is_new else "starting the database"
    with _running_server(installation, stopping, terminal.step(making)) as (reached, kept):
        with terminal.step("preparing the database"):
            database = unless_stopped(lambda: _prepared(installation, reached), stopping)
        installation.note_reach(database)
        running = Running(
            installation, database, server=kept, behaviour=begin.behaviour, stopping=stopping
        )
        try:
            ready = running.start_gate()
            unless_stopped(lambda: _first_policy(installation), stopping)
            running.start_others()
            value = {
                "ready": True,
                "instance": installation.instance.hex(),
                "name": installation.name,
                "data": str(installation.data_dir),
                "key": str(key_of(installation.settings)),
                "set_up": is_new,
                "term": ready.term,
                "replayed": ready.replayed,
                "pid": os.getpid(),
                "api": f"http://{installation.settings.api_host}:{running.api_port}",
            }
            text = f"ready: {installation.name} in {installation.data_dir}\nAPI: {value['api']}"
            if address := noted_address(installation.data_dir):
                link = link_of(address, make_link(installation.data_dir, SystemClock()))
                value |= {"console": address, "console_link": link}
                text += f"\nconsole: {address}\nopen it once, within ten minutes: {link}"
            terminal.value(value, text)
            manager.tell(READY)
            begin.join(installation, running)
            running.look_after_all()
        finally:
            manager.tell(STOPPING)
            running.stop()


def _warn_of_key(installation: Installation) -> None:
    """On stderr, so that whoever reads the values with --json is warned as well."""
    said = (
        f"set up {installation.data_dir}\n"
        f"IMPORTANT: the key is {key_of(installation.settings)}. Without it nothing that is sealed"
        " can ever be\nread again, by anyone. Copy it to a safe place now, apart from the data and"
        " its backups."
    )
    print(visible_lines(said), file=sys.stderr, flush=True)


@contextlib.contextmanager
def _running_server(
    installation: Installation, stopping: threading.Event, starting: AbstractContextManager[None]
) -> Iterator[tuple[Server, KeptServer | None]]:
    """The database server, and how to keep it alive where it is the embedded one."""
    settings = installation.settings
    if settings.database_url:
        yield external_server(settings.database_url), None
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
    kept = KeptServer(cluster, stopping)
    with starting:
        kept.start()
    try:
        yield cluster.server(), kept
    finally:
        kept.stop()


def _prepared(installation: Installation, server: Server) -> Database:
    database = prepare_database(server, secrets_folder=installation.data_dir / "secrets")
    migrate(database)
    return database


def _behaviour(text: str) -> Behaviour:
    """The rail's behaviour from "name=value,name=value"."""
    values: dict[str, float] = {}
    for pair in text.split(","):
        name, _, value = (part.strip() for part in pair.partition("="))
        if name not in (*_ODDS, *_DELAYS):
            known = ", ".join((*_ODDS, *_DELAYS))
            raise argparse.ArgumentTypeError(f"{name} is no fault of the rail; known are {known}")
        try:
            values[name] = int(value) if name in _DELAYS else float(value)
            msgspec.convert({name: values[name]}, Behaviour)
        except (ValueError, msgspec.ValidationError):
            wanted = "a whole number of milliseconds, a day at most"
            wanted = wanted if name in _DELAYS else "a number from 0 (never) to 1 (always)"
            raise argparse.ArgumentTypeError(f"{name} needs {wanted}, not {value}") from None
    return msgspec.convert(values, Behaviour)


def _first_policy(installation: Installation) -> None:
    """An instance that never had a policy gets the default one, as a command like any other."""
    with GateClient(installation.sockets, OPERATOR_SOCKET) as gate:
        from_memory = gate.ask(Query.STATUS, None)
        if b"\xa6policy\x00" in from_memory.detail:
            gate.ask(
                Kind.SET_POLICY, SetPolicy(encode_policy(DEFAULT_POLICY)), key=_GENESIS_POLICY_KEY
            )
