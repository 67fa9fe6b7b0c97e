"""Pieces that the commands share: subcommands, amounts and accounts as text, gate clients."""

import argparse
from typing import Any

from countersign.entrypoints.installation import Installation, NotRunning, load_installation
from countersign.gate.client import GateClient, GateUnreachable
from countersign.gate.commands import Answer
from countersign.gate.requests import OPERATOR_SOCKET
from countersign.infra.settings import Settings
from countersign.kernel.account import Iban, OtherAccount, canonical
from countersign.kernel.money import Money

Subcommands = Any  # argparse keeps the type of what add_subparsers gives to itself.


def group(subcommands: Subcommands, name: str, help_text: str) -> Subcommands:
    """A command that only has subcommands."""
    parser = subcommands.add_parser(name, help=help_text, description=help_text)
    return parser.add_subparsers(title="commands", required=True, metavar="COMMAND")


def account_reference(text: str) -> str:
    """An account as people write it: an IBAN, or SCHEME:NUMBER, or :NUMBER without a scheme."""
    if ":" in text:
        scheme, _, identification = text.rpartition(":")
        return canonical(OtherAccount.parse(identification, scheme=scheme or None))
    return canonical(Iban.parse(text))


def whole_number(text: str) -> int:
    """The number of a transfer or command; for argparse."""
    return _between(text, 0, 2**62 - 1)


def count(text: str) -> int:
    """How many, at least one; for argparse."""
    return _between(text, 1, 100_000)


def money(text: str, currency: str) -> Money:
    return Money.parse(text, currency=currency)


def amount_text(units: int, currency: str) -> str:
    """An amount with separators and all decimals of its currency."""
    whole, dot, decimals = Money(minor_units=abs(units), currency=currency).text().partition(".")
    sign = "-" if units < 0 else ""
    return f"{sign}{int(whole):,}{dot}{decimals}"


def installation_of(settings: Settings) -> Installation:
    return load_installation(settings)


def operator(arguments: argparse.Namespace) -> GateClient:
    """The operator's connection to the running gate."""
    installation = load_installation(arguments.settings)
    if not (installation.sockets / OPERATOR_SOCKET).exists():
        raise NotRunning(folder=str(installation.data_dir))
    return GateClient(installation.sockets, OPERATOR_SOCKET, timeout_seconds=10)


def is_refused(answer: Answer) -> bool:
    """Whether an outcome is the code of a refusal rather than a status or ok."""
    return "." in answer.outcome


def _between(text: str, least: int, most: int) -> int:
    try:
        number = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number") from None
    if not least <= number <= most:
        raise argparse.ArgumentTypeError(f"{text} is not from {least} to {most}")
    return number


__all__ = [
    "GateUnreachable",
    "account_reference",
    "amount_text",
    "group",
    "installation_of",
    "is_refused",
    "money",
    "operator",
]
