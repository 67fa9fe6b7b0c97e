"""`countersign freeze|unfreeze ACCOUNT`."""

import argparse

import msgspec

from countersign.entrypoints.cli.parsing import (
    ACCOUNT_HELP,
    REASON_HELP,
    Subcommands,
    account_reference,
    add_command,
    is_refused,
    operator,
)
from countersign.entrypoints.cli.terminal import Terminal
from countersign.gate.commands import Kind
from countersign.gate.requests import FreezeRequest, UnfreezeRequest


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
    with operator(arguments) as gate:
        answer = gate.ask(Kind.FREEZE, request)
    if is_refused(answer):
        return terminal.refused_answer(answer)
    left = msgspec.msgpack.decode(answer.detail, type=LeftBefore)
    value = {"frozen": True, "left_before": left.numbers, "left_before_count": left.count}
    return terminal.value(value, f"frozen; {left.remark()}")


def unfreeze(arguments: argparse.Namespace, terminal: Terminal) -> int:
    request = UnfreezeRequest(account_reference(arguments.account), arguments.reason)
    with operator(arguments) as gate:
        answer = gate.ask(Kind.UNFREEZE, request)
    if is_refused(answer):
        return terminal.refused_answer(answer)
    return terminal.value({"frozen": False}, "the freeze is lifted")
