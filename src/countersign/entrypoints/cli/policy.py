"""`countersign policy show|check|set|words`."""

import argparse
from pathlib import Path

import msgspec
import psycopg

from countersign.entrypoints.cli.parsing import (
    Subcommands,
    add_command,
    group,
    is_refused,
    operator,
    whole_number,
)
from countersign.entrypoints.cli.terminal import Terminal
from countersign.entrypoints.installation import load_installation
from countersign.gate.commands import Kind, SetPolicy
from countersign.gate.facts import FACTS, VOCABULARY
from countersign.infra.database import Role
from countersign.kernel.refusal import Kind as RefusalKind
from countersign.kernel.refusal import Refusal
from countersign.rules.judge import Judge
from countersign.rules.model import decode_policy, encode_policy
from countersign.rules.queries import find_policy

_FILE_BYTES_MAX = 65_536
_FILE_HELP = "the policy as JSON, as `policy show` prints it"


class NoSuchPolicy(Refusal):
    """There is no such policy; `policy show` without a number shows the one in force."""

    code = "cli.no_such_policy"
    kind = RefusalKind.NOT_FOUND
    chinese = "沒有此策略；不帶編號的 `policy show` 會顯示目前生效的策略。"


class PolicyTooLarge(Refusal):
    """A policy has at most {bytes_max} bytes; shorten it."""

    code = "cli.policy_too_large"
    kind = RefusalKind.INVALID
    chinese = "策略最多 {bytes_max} 位元組；請縮短。"


def add(subcommands: Subcommands, common: argparse.ArgumentParser) -> None:
    commands = group(subcommands, "policy", "show, check and set rules and typologies")
    showing = add_command(commands, common, "show", show, "print a policy, which can be edited")
    showing.add_argument(
        "number", type=whole_number, nargs="?", help="its number (default: the one in force)"
    )
    checking = add_command(
        commands, common, "check", check, "say whether a policy can be used; change nothing"
    )
    checking.add_argument("file", help=_FILE_HELP)
    setting = add_command(commands, common, "set", set_policy, "judge by a policy from now on")
    setting.add_argument("file", help=_FILE_HELP)
    add_command(commands, common, "words", words, "list the words that rules may use")


def show(arguments: argparse.Namespace, terminal: Terminal) -> int:
    installation = load_installation(arguments.settings)
    with psycopg.connect(installation.dsn(Role.APP)) as connection:
        row = find_policy(connection, arguments.number)
    if row is None:
        raise NoSuchPolicy
    content = msgspec.json.decode(row.content)
    text = msgspec.json.format(row.content, indent=2).decode()
    return terminal.value({"number": row.number, "hash": row.hash.hex(), "policy": content}, text)


def check(arguments: argparse.Namespace, terminal: Terminal) -> int:
    judge = Judge(decode_policy(_content(arguments.file)), VOCABULARY)
    rules, typologies = judge.policy.rules, judge.policy.typologies
    return terminal.value(
        {"rules": len(rules), "typologies": len(typologies), "words": list(judge.names)},
        f"{arguments.file} can be used: {len(rules)} rules, {len(typologies)} typologies",
    )


def set_policy(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """In the canonical form, so that one content has one hash."""
    policy = decode_policy(_content(arguments.file))
    with operator(arguments) as gate:
        answer = gate.ask(Kind.SET_POLICY, SetPolicy(encode_policy(policy)))
    if is_refused(answer):
        return terminal.refused_answer(answer)
    number = msgspec.msgpack.decode(answer.detail)
    return terminal.value({"number": number}, f"policy {number} is in force")


def words(arguments: argparse.Namespace, terminal: Terminal) -> int:
    del arguments
    rows = [
        (name, fact.name.type.value, "yes" if fact.name.is_nullable else "", fact.english)
        for name, fact in FACTS.items()
    ]
    return terminal.table(("word", "type", "may be null", "what it says"), rows, "")


def _content(file: str) -> bytes:
    with Path(file).open("rb") as opened:
        content = opened.read(_FILE_BYTES_MAX + 1)
    if len(content) > _FILE_BYTES_MAX:
        raise PolicyTooLarge(bytes_max=_FILE_BYTES_MAX)
    return content
