"""`countersign accounts open|fund|correct|reverse|list`."""

import argparse

import msgspec
import psycopg

from countersign.accounts.model import AccountKind
from countersign.entrypoints.cli.parsing import (
    ACCOUNT_HELP,
    CURRENCY_HELP,
    REASON_HELP,
    Subcommands,
    account_reference,
    add_command,
    amount_text,
    count,
    group,
    is_refused,
    money,
    whole_number,
    with_separators,
)
from countersign.entrypoints.cli.requests import asked
from countersign.entrypoints.cli.terminal import Terminal, visible
from countersign.entrypoints.installation import load_installation
from countersign.flows.list_accounts import first_accounts
from countersign.gate.commands import Kind
from countersign.gate.requests import (
    CorrectRequest,
    FundRequest,
    OpenAccountRequest,
    ReverseRequest,
)
from countersign.infra.database import Role
from countersign.kernel.money import Money
from countersign.ledger.reversible import WINDOW_DAYS
from countersign.vault.blind_index import PARTY, blind_index
from countersign.vault.subjects import SubjectKeys

_HEADINGS = (
    *("number", "kind", "account", "holder", "currency"),
    *("balance", "held", "available", "state"),
)


def add(subcommands: Subcommands, common: argparse.ArgumentParser) -> None:
    commands = group(subcommands, "accounts", "open, fund, correct and list accounts")
    opening = add_command(commands, common, "open", open_account, "open an account")
    opening.add_argument("account", help=ACCOUNT_HELP)
    opening.add_argument("currency", help=CURRENCY_HELP)
    opening.add_argument("--holder", required=True, help="name of the holder; stored sealed")
    opening.add_argument(
        "--kind",
        choices=[kind.name.lower() for kind in AccountKind],
        default="customer",
        help="a settlement account is the rail's own, one a currency (default: %(default)s)",
    )
    opening.add_argument(
        "--party",
        default="",
        help="by what you know the holder, such as a customer number: accounts of one party belong"
        " together; only a keyed hash of it is kept",
    )
    opening.add_argument(
        "--overdraft",
        default="0",
        metavar="AMOUNT",
        help="how far it may go below zero (default: %(default)s)",
    )
    funding = add_command(commands, common, "fund", fund, "book money that came in")
    funding.add_argument("account", help=ACCOUNT_HELP)
    _add_booking(funding, "250000.00")
    _add_corrections(commands, common)
    listing = add_command(
        commands,
        common,
        "list",
        list_accounts,
        "list accounts with balances",
        description="List accounts with their balances. Held is promised to transfers that are not"
        " settled yet; available is what may still go out, an overdraft included, and is left empty"
        " where an account has no limit.",
    )
    listing.add_argument("--party", help="only the accounts of the party that you know by this")
    listing.add_argument(
        "--limit", type=count, default=100, help="how many at most (default: %(default)s)"
    )


def _add_corrections(commands: Subcommands, common: argparse.ArgumentParser) -> None:
    correcting = add_command(
        commands,
        common,
        "correct",
        correct,
        "move money from one account to another by hand",
        description="Correct the ledger: move an amount from one account to another. The amount has"
        " to be available on the account that gives; a freeze does not stop it.",
    )
    correcting.add_argument(
        "--from", dest="debit", required=True, metavar="ACCOUNT", help="the account that gives"
    )
    correcting.add_argument(
        "--to", dest="credit", required=True, metavar="ACCOUNT", help="the account that gets"
    )
    _add_booking(correcting, "12.50")
    reversing = add_command(
        commands,
        common,
        "reverse",
        reverse,
        "undo one `accounts fund` or `accounts correct`",
        description="Undo what one `accounts fund` or `accounts correct` booked in the last"
        f" {WINDOW_DAYS} days, once. Book back with `accounts correct` what is older; transfers are"
        " never reversed.",
    )
    reversing.add_argument("number", type=whole_number, help="the command number that it gave")
    reversing.add_argument("--reason", required=True, help=REASON_HELP)


def _add_booking(parser: argparse.ArgumentParser, example: str) -> None:
    parser.add_argument("amount", help=f"decimal amount, for example {example}")
    parser.add_argument("currency", help=CURRENCY_HELP)
    parser.add_argument("--reason", required=True, help=REASON_HELP)


def open_account(arguments: argparse.Namespace, terminal: Terminal) -> int:
    overdraft = _overdraft(arguments)
    request = OpenAccountRequest(
        AccountKind[arguments.kind.upper()],
        arguments.currency,
        account_reference(arguments.account),
        arguments.holder,
        overdraft,
        arguments.party,
    )
    answer = asked(arguments, Kind.OPEN_ACCOUNT, request)
    if is_refused(answer):
        return terminal.refused_answer(answer)
    number = msgspec.msgpack.decode(answer.detail)
    return terminal.value({"account": number}, f"account {number} is open")


def fund(arguments: argparse.Namespace, terminal: Terminal) -> int:
    amount = money(arguments.amount, arguments.currency)
    request = FundRequest(
        account_reference(arguments.account),
        amount.minor_units,
        amount.currency,
        arguments.reason,
    )
    return _booked(arguments, terminal, Kind.FUND, request, f"booked {_shown(amount)}")


def correct(arguments: argparse.Namespace, terminal: Terminal) -> int:
    amount = money(arguments.amount, arguments.currency)
    request = CorrectRequest(
        account_reference(arguments.debit),
        account_reference(arguments.credit),
        amount.minor_units,
        amount.currency,
        arguments.reason,
    )
    return _booked(arguments, terminal, Kind.CORRECT, request, f"moved {_shown(amount)}")


def reverse(arguments: argparse.Namespace, terminal: Terminal) -> int:
    request = ReverseRequest(arguments.number, arguments.reason)
    answer = asked(arguments, Kind.REVERSE, request)
    if is_refused(answer):
        return terminal.refused_answer(answer)
    text = f"command {arguments.number} is reversed (command {answer.number})"
    return terminal.value({"command": answer.number, "reversed": arguments.number}, text)


def list_accounts(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Holders and account numbers are masked."""
    installation = load_installation(arguments.settings)
    dsn = installation.dsn(Role.APP)
    keyset = installation.keyset()
    party = (
        None
        if arguments.party is None
        else blind_index(keyset.blind_index.current, PARTY, arguments.party)
    )
    shown = _as_it_is if terminal.is_json else with_separators
    with (
        psycopg.connect(dsn) as connection,
        SubjectKeys(lambda: psycopg.connect(dsn), keyset, installation.instance) as keys,
    ):
        found = first_accounts(connection, keys=keys, limit=arguments.limit, party=party)
    rows = [
        (
            *(one.number, one.kind, one.account, one.holder, one.currency),
            *(shown(one.balance), shown(one.held)),
            None if one.available is None else shown(one.available),
            "frozen" if one.is_frozen else "",
        )
        for one in found
    ]
    empty = "no account is open yet: `countersign accounts open`"
    if arguments.party is not None:
        empty = f"no account is of the party {visible(arguments.party)}"
    return terminal.table(_HEADINGS, rows, empty)


def _booked(
    arguments: argparse.Namespace,
    terminal: Terminal,
    kind: Kind,
    request: FundRequest | CorrectRequest,
    text: str,
) -> int:
    """Ask for an entry in the ledger and say its command number."""
    answer = asked(arguments, kind, request)
    if is_refused(answer):
        return terminal.refused_answer(answer)
    return terminal.value({"command": answer.number}, f"{text} (command {answer.number})")


def _shown(amount: Money) -> str:
    return f"{amount_text(amount.minor_units, amount.currency)} {amount.currency}"


def _as_it_is(amount: str) -> str:
    return amount


def _overdraft(arguments: argparse.Namespace) -> int:
    if arguments.overdraft.strip("0.") == "":
        return 0
    return money(arguments.overdraft, arguments.currency).minor_units
