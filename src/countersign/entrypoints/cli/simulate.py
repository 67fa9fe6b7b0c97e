"""`countersign simulate`: a city's customers, and attackers among them, at a running API."""

import argparse
import os
import secrets
from contextlib import closing, suppress

from countersign.entrypoints.cli.parsing import Subcommands, add_command, count
from countersign.entrypoints.cli.terminal import Terminal
from countersign.entrypoints.simulate.accounts import Accounts
from countersign.entrypoints.simulate.client import ApiClient
from countersign.entrypoints.simulate.errors import NoToken
from countersign.entrypoints.simulate.life import COMPANIES, PERSONS, story_of
from countersign.entrypoints.simulate.sending import Sender
from countersign.infra.clock import SystemClock
from countersign.simulator.story import ATTACKS

_RATE = 2


def add(subcommands: Subcommands, common: argparse.ArgumentParser) -> None:
    parser = add_command(
        subcommands,
        common,
        "simulate",
        simulate,
        "send the life of a simulated city to a running API",
        description="Opens accounts for simulated people and companies at a running instance and"
        " sends their orders, singly and in files, through the public API alone. The token of a"
        " credential that may do so comes from COUNTERSIGN_TOKEN.",
    )
    parser.add_argument("--url", default="http://127.0.0.1:8440", help="default: %(default)s")
    add_city(parser)
    parser.add_argument(
        "--count", type=count, default=1_000, help="transfers to send (default: %(default)s)"
    )
    parser.add_argument(
        "--attacks",
        nargs="?",
        action="extend",
        type=attack_names,
        const=tuple(ATTACKS),
        default=[],
        metavar="NAME,...",
        help=f"with attackers among them, of all names or of these: {', '.join(sorted(ATTACKS))}",
    )


def attack_names(text: str) -> tuple[str, ...]:
    """Names of attacks with commas between them; for argparse."""
    names = tuple(name.strip() for name in text.split(","))
    for name in names:
        if name not in ATTACKS:
            known = ", ".join(sorted(ATTACKS))
            raise argparse.ArgumentTypeError(f"{name!r} is no attack; there are {known}")
    return names


def add_city(parser: argparse.ArgumentParser) -> None:
    """Who lives there, and how fast."""
    parser.add_argument(
        "--seed", type=int, default=1, help="of the city and its life (default: %(default)s)"
    )
    parser.add_argument(
        "--rate", type=count, default=_RATE, help="transfers a second (default: %(default)s)"
    )
    parser.add_argument(
        "--companies", type=count, default=COMPANIES, help="who live there (default: %(default)s)"
    )
    parser.add_argument(
        "--persons", type=count, default=PERSONS, help="the same (default: %(default)s)"
    )


def simulate(arguments: argparse.Namespace, terminal: Terminal) -> int:
    token = os.environ.get("COUNTERSIGN_TOKEN")
    if not token:
        raise NoToken

    def client() -> ApiClient:
        return ApiClient(arguments.url, token)

    story = story_of(
        arguments.seed,
        companies=arguments.companies,
        persons=arguments.persons,
        attacks=frozenset(arguments.attacks),
    )
    accounts = Accounts(client, story.city.holders, seed=arguments.seed)
    with closing(client()) as connection:
        sender = Sender(connection, story, accounts, SystemClock(), start=secrets.token_hex(6))
        with suppress(KeyboardInterrupt):  # Enough: what was sent is told all the same.
            accounts.open_settlement()
            accounts.open_all(terminal.progress)
            sender.send(rate=arguments.rate, progress=terminal.progress, count=arguments.count)
    sent = sender.sent
    value = {
        "transfers": sent.transfers,
        "files": sent.files,
        "attacks": dict(sent.attacks),
        "statuses": dict(sent.statuses),
        "refusals": dict(sent.refusals),
        "repeated": connection.repeated,
    }
    return terminal.value(value, sent.summary)
