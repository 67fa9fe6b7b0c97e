"""`countersign freeze|unfreeze ACCOUNT`."""

import argparse

import msgspec
import psycopg

from countersign.entrypoints.cli.parsing import (
    ACCOUNT_HELP,
    REASON_HELP,
    Subcommands,
    account_reference,
    add_command,
    is_refused,
)
from countersign.entrypoints.cli.requests import asked
from countersign.entrypoints.cli.terminal import Terminal
from countersign.entrypoints.installation import Installation, load_installation
from countersign.gate.commands import Kind
from countersign.gate.intake import ACCOUNT_INDEX
from countersign.gate.journal.standing import open_accounts
from countersign.gate.requests import FreezeRequest, UnfreezeRequest
from countersign.infra.database import Role
from countersign.vault.blind_index import blind_index


class LeftBefore(msgspec.Struct, array_like=True, frozen=True):
    """What had left before a freeze: how many transfers, and the first of them."""

    count: int
    numbers: list[int]

    def remark(self) -> str:
        if not self.count:
            return "nothing had left before"
        listed = ", ".join(map(str, self.numbers))
        more = self.count - len(self.numbers)
        return f"dispatched before the freeze: {listed}" + (f" and {more:,} more" if more else "")


def add(subcommands: Subcommands, common: argparse.ArgumentParser) -> None:
    for name, command, help_text in (
        ("freeze", freeze, "stop everything from and to an account, here or elsewhere"),
        ("unfreeze", unfreeze, "lift a freeze"),
    ):
        parser = add_command(subcommands, common, name, command, help_text)
        parser.add_argument("account", help=ACCOUNT_HELP)
        parser.add_argument("--reason", required=True, help=REASON_HELP)


def freeze(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """The answer says what had been dispatched before: it can only be asked back."""
    request = FreezeRequest(account_reference(arguments.account), arguments.reason)
    is_here = _is_here(load_installation(arguments.settings), request.account)
    answer = asked(arguments, Kind.FREEZE, request)
    if is_refused(answer):
        return terminal.refused_answer(answer)
    left = msgspec.msgpack.decode(answer.detail, type=LeftBefore)
    remark = left.remark()
    if not is_here:
        # As wanted for an account elsewhere; of a slip it is the only sign.
        remark += (
            "\nNo account here has this identification. If one was meant, check it, freeze that one"
            " and lift this freeze with `countersign unfreeze`."
        )
    value = {
        "frozen": True,
        "left_before": left.numbers,
        "left_before_count": left.count,
        "is_here": is_here,
    }
    return terminal.value(value, f"frozen; {remark}")


def unfreeze(arguments: argparse.Namespace, terminal: Terminal) -> int:
    request = UnfreezeRequest(account_reference(arguments.account), arguments.reason)
    answer = asked(arguments, Kind.UNFREEZE, request)
    if is_refused(answer):
        return terminal.refused_answer(answer)
    return terminal.value({"frozen": False}, "the freeze is lifted")


def _is_here(installation: Installation, account: str) -> bool:
    """Whether an account is open here under this identification."""
    index = blind_index(installation.keyset().blind_index.current, ACCOUNT_INDEX, account)
    with psycopg.connect(installation.dsn(Role.APP)) as connection:
        return bool(open_accounts(connection, [index]))
