"""`countersign accounts open|fund|list`."""

import argparse

import msgspec
import psycopg

from countersign.accounts.model import AccountKind
from countersign.entrypoints.cli.parsing import (
    Subcommands,
    account_reference,
    amount_text,
    group,
    is_refused,
    money,
    operator,
)
from countersign.entrypoints.cli.terminal import Terminal
from countersign.entrypoints.holders import open_holder
from countersign.entrypoints.installation import load_installation
from countersign.gate.commands import Kind
from countersign.gate.requests import FundRequest, OpenAccountRequest
from countersign.infra.database import Role
from countersign.vault.masking import mask_account, mask_name
from countersign.vault.subjects import SubjectKeys

_LIST = """
SELECT a.number, a.kind, a.currency, a.index, a.holder, b.balance, b.held,
  EXISTS (SELECT 1 FROM accounts.freeze AS f WHERE f.index = a.index) AS is_frozen
FROM accounts.account AS a JOIN ledger.balance AS b ON b.number = a.number
ORDER BY a.number LIMIT %s
"""


def add(subcommands: Subcommands, common: argparse.ArgumentParser) -> None:
    commands = group(subcommands, "accounts", "open, fund and list accounts")
    opening = commands.add_parser("open", parents=[common], help="open an account")
    opening.add_argument("account", help="IBAN, or SCHEME:NUMBER, or :NUMBER")
    opening.add_argument("currency", help="ISO 4217 code, for example EUR")
    opening.add_argument("--holder", required=True, help="name of the holder; stored sealed")
    opening.add_argument(
        "--kind",
        choices=[kind.name.lower() for kind in AccountKind],
        default="customer",
        help="a settlement account is the rail's own, one a currency (default: customer)",
    )
    opening.add_argument(
        "--overdraft", default="0", metavar="AMOUNT", help="how far it may go below zero"
    )
    opening.set_defaults(command=open_account)
    funding = commands.add_parser("fund", parents=[common], help="book money that came in")
    funding.add_argument("account")
    funding.add_argument("amount", help="decimal amount, for example 250000.00")
    funding.add_argument("currency")
    funding.add_argument("--reason", required=True, help="why; stored sealed")
    funding.set_defaults(command=fund)
    listing = commands.add_parser("list", parents=[common], help="list accounts with balances")
    listing.add_argument("--limit", type=int, default=100)
    listing.set_defaults(command=list_accounts)


def open_account(arguments: argparse.Namespace, terminal: Terminal) -> int:
    overdraft = _overdraft(arguments)
    request = OpenAccountRequest(
        AccountKind[arguments.kind.upper()],
        arguments.currency,
        account_reference(arguments.account),
        arguments.holder,
        overdraft,
    )
    with operator(arguments) as gate:
        answer = gate.ask(Kind.OPEN_ACCOUNT, request)
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
    with operator(arguments) as gate:
        answer = gate.ask(Kind.FUND, request)
    if is_refused(answer):
        return terminal.refused_answer(answer)
    text = f"booked {amount_text(amount.minor_units, amount.currency)} {amount.currency}"
    return terminal.value({"command": answer.number}, f"{text} (command {answer.number})")


def list_accounts(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Holders and account numbers are masked."""
    installation = load_installation(arguments.settings)
    dsn = installation.dsn(Role.APP)
    rows = []
    with (
        psycopg.connect(dsn) as connection,
        SubjectKeys(
            lambda: psycopg.connect(dsn), installation.keyset(), installation.instance
        ) as keys,
    ):
        found = connection.execute(_LIST, [arguments.limit])
        for number, kind, currency, index, holder, balance, held, is_frozen in found:
            name, reference = open_holder(keys, index=bytes(index), sealed=bytes(holder))
            rows.append(
                (
                    number,
                    AccountKind(kind).name.lower(),
                    mask_account(reference.rpartition(":")[2]),
                    mask_name(name),
                    currency,
                    amount_text(balance, currency),
                    amount_text(held, currency),
                    "frozen" if is_frozen else "",
                )
            )
    headings = ("number", "kind", "account", "holder", "currency", "balance", "held", "state")
    return terminal.table(headings, rows, "no account is open yet: `countersign accounts open`")


def _overdraft(arguments: argparse.Namespace) -> int:
    if arguments.overdraft.strip("0.") == "":
        return 0
    return money(arguments.overdraft, arguments.currency).minor_units
