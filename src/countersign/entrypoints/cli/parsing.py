"""Pieces that the commands share: parsers with an example, amounts and accounts, gate clients."""

import argparse
import textwrap
from collections.abc import Callable
from typing import Any, NoReturn

from countersign.entrypoints.cli.examples import EXAMPLES
from countersign.entrypoints.cli.terminal import Terminal, visible
from countersign.entrypoints.installation import Installation, NotRunning, load_installation
from countersign.gate.client import GateClient, GateUnreachable
from countersign.gate.commands import HOLD_HOURS_MAX, Answer
from countersign.gate.requests import OPERATOR_SOCKET
from countersign.kernel.account import Iban, OtherAccount, canonical
from countersign.kernel.money import Money

PROGRAM = "countersign"
Subcommands = Any  # argparse keeps the type of what add_subparsers gives to itself.
Command = Callable[[argparse.Namespace, Terminal], int]
ACCOUNT_HELP = "an IBAN, or SCHEME:NUMBER, or :NUMBER"
CURRENCY_HELP = "ISO 4217 code, for example EUR"
REASON_HELP = "why; stored sealed"
_HELP_COLUMNS = 80


class CommandParser(argparse.ArgumentParser):
    """A parser whose help ends with the example of its command."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        example = EXAMPLES.get(str(options.get("prog")).removeprefix(PROGRAM).strip())
        if example:
            options["epilog"] = f"example:\n  {PROGRAM} {example}"
        options["description"] = textwrap.fill(options.get("description") or "", _HELP_COLUMNS)
        options["formatter_class"] = argparse.RawDescriptionHelpFormatter
        super().__init__(*arguments, **options)

    def error(self, message: str) -> NoReturn:
        super().error(visible(message))  # It quotes what was typed, or pasted.


def group(subcommands: Subcommands, name: str, help_text: str) -> Subcommands:
    """A command that only has subcommands."""
    parser = subcommands.add_parser(name, help=help_text, description=help_text)
    return parser.add_subparsers(title="commands", required=True, metavar="COMMAND")


def add_command(
    subcommands: Subcommands,
    common: argparse.ArgumentParser,
    name: str,
    command: Command,
    help_text: str,
    *,
    description: str = "",
) -> argparse.ArgumentParser:
    """A command that does something."""
    parser: argparse.ArgumentParser = subcommands.add_parser(
        name, parents=[common], help=help_text, description=description or help_text
    )
    parser.set_defaults(command=command)
    return parser


def account_reference(text: str) -> str:
    """An account as people write it: an IBAN, or SCHEME:NUMBER, or :NUMBER without a scheme."""
    if ":" in text:
        scheme, _, identification = text.rpartition(":")
        return canonical(OtherAccount.parse(identification, scheme=scheme or None))
    return canonical(Iban.parse(text))


def whole_number(text: str) -> int:
    """The number of a transfer or command; for argparse."""
    return between(text, 0, 2**62 - 1)


def count(text: str) -> int:
    """How many, at least one; for argparse."""
    return between(text, 1, 100_000)


def hours(text: str) -> int:
    """How long a hold may last, 90 days at most; for argparse."""
    return between(text, 1, HOLD_HOURS_MAX)


def money(text: str, currency: str) -> Money:
    return Money.parse(text, currency=currency)


def plain_amount(units: int, currency: str) -> str:
    """An amount with all decimals of its currency, as programs and our own commands take it."""
    return Money(minor_units=units, currency=currency).text()


def with_separators(plain: str) -> str:
    """The same for people."""
    whole, dot, decimals = plain.removeprefix("-").partition(".")
    return f"{'-' if plain.startswith('-') else ''}{int(whole):,}{dot}{decimals}"


def amount_text(units: int, currency: str) -> str:
    """An amount with separators and all decimals of its currency, for people."""
    return with_separators(plain_amount(units, currency))


def operator(arguments: argparse.Namespace) -> GateClient:
    """The operator's connection to the running gate."""
    installation = load_installation(arguments.settings)
    return connected(installation, OPERATOR_SOCKET, timeout_seconds=10)


def connected(
    installation: Installation, socket_name: str, *, token: str = "", timeout_seconds: float
) -> GateClient:
    """A connection that is there; where nothing runs it is refused at once."""
    client = GateClient(
        installation.sockets, socket_name, token=token, timeout_seconds=timeout_seconds
    )
    try:
        client.connect()
    except GateUnreachable:
        raise NotRunning(folder=str(installation.data_dir)) from None
    return client


def is_refused(answer: Answer) -> bool:
    """Whether an outcome is the code of a refusal rather than a status or ok."""
    return "." in answer.outcome


def between(text: str, least: int, most: int) -> int:
    """A whole number within bounds; for argparse."""
    try:
        number = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number") from None
    if not least <= number <= most:
        raise argparse.ArgumentTypeError(f"{text} is not from {least} to {most}")
    return number
