"""`countersign credential create|revoke|list`: the tokens by which channels order."""

import argparse
import contextlib
import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager

import msgspec

from countersign.access.errors import UnknownCredential
from countersign.access.model import GRANTABLE, NEVER, Permission, network, verifier_of
from countersign.entrypoints.cli.parsing import (
    Subcommands,
    add_command,
    between,
    group,
    is_refused,
    operator,
    whole_number,
)
from countersign.entrypoints.cli.requests import asked, require_readable
from countersign.entrypoints.cli.terminal import Terminal
from countersign.entrypoints.installation import load_installation
from countersign.entrypoints.saved_tokens import kept_token
from countersign.gate.commands import ADDRESSES_MAX, Kind, SetCredential
from countersign.gate.requests import Query
from countersign.infra.clock import SystemClock, moment
from countersign.kernel.refusal import Kind as RefusalKind
from countersign.kernel.refusal import Refusal

_NO_VERIFIER = b"\x00" * 32
_NUMBER_MAX = 2**31 - 1  # More than the gate ever gives.
_DAY_MS = 86_400_000
_DAYS_MAX = 3_660
_TO_GIVE = sorted(GRANTABLE)


class UnknownNumber(Refusal):
    """No credential that can be revoked has the number {number}; see `credential list`.

    The gate's own parts keep theirs, and one that is revoked stays so.
    """

    code = "credentials.unknown_number"
    kind = RefusalKind.NOT_FOUND
    chinese = (
        "沒有編號為 {number} 且可撤銷的憑證；請以 `credential list` 查看。"
        "系統本身各部分的憑證不能撤銷，已撤銷者不會恢復。"
    )


def add(subcommands: Subcommands, common: argparse.ArgumentParser) -> None:
    commands = group(subcommands, "credential", "create, revoke and list channel credentials")
    creating = add_command(
        commands,
        common,
        "create",
        create,
        "create a credential; its token is shown once",
        description="Create a credential; its token is shown once. A file that was ordered is known"
        " again under its own credential only: the same file under another one orders again.",
    )
    creating.add_argument("name", help="for example the name of the ERP system")
    creating.add_argument(
        "--allow",
        type=_permissions,
        default=[Permission.TRANSFERS_ORDER],
        metavar="AREA:VERB,...",
        help=f"what it may do (default: {Permission.TRANSFERS_ORDER}); {', '.join(_TO_GIVE)}",
    )
    creating.add_argument(
        "--days",
        type=_days,
        metavar="DAYS",
        help="until it expires (default: it does not)",
    )
    creating.add_argument(
        "--from",
        dest="addresses",
        type=_networks,
        default=[],
        metavar="NETWORK,...",
        help="the IP addresses or networks that the API takes it from (default: all);"
        " the sockets in the data folder have no address and are not bound by this",
    )
    creating.add_argument(
        "--save", action="store_true", help="keep the token in the data folder, for `ingest` here"
    )
    revoking = add_command(
        commands,
        common,
        "revoke",
        revoke,
        "revoke a credential for good",
        description="Revoke a credential for good. There is no new token for it but a new"
        " credential, under which a file that was ordered with the old one orders again.",
    )
    revoking.add_argument(
        "number", type=whole_number, help="the credential's number, as `credential list` shows it"
    )
    add_command(commands, common, "list", list_credentials, "list all credentials, without tokens")


def create(arguments: argparse.Namespace, terminal: Terminal) -> int:
    token = "cst_" + secrets.token_urlsafe(32)
    command = SetCredential(
        number=0,
        name=arguments.name,
        verifier=verifier_of(token),
        permissions=arguments.allow,
        is_active=True,
        expires_ms=SystemClock().now_ms() + arguments.days * _DAY_MS if arguments.days else NEVER,
        addresses=arguments.addresses,
    )
    require_readable(command)
    # Written before the gate is asked: a token that cannot be kept is never one that opens.
    with operator(arguments) as gate, _kept(arguments, token) as keep:
        answer = gate.ask(Kind.SET_CREDENTIAL, command)
        if is_refused(answer):
            return terminal.refused_answer(answer)
        keep()
    number = msgspec.msgpack.decode(answer.detail)
    text = f"credential {number} ({arguments.name})\ntoken, shown only now: {token}"
    return terminal.value({"credential": number, "token": token}, text)


def revoke(arguments: argparse.Namespace, terminal: Terminal) -> int:
    number = arguments.number
    if number > _NUMBER_MAX:
        raise UnknownNumber(number=number)
    command = SetCredential(
        number=number, name="-", verifier=_NO_VERIFIER, permissions=[], is_active=False
    )
    answer = asked(arguments, Kind.SET_CREDENTIAL, command)
    if answer.outcome == UnknownCredential.code:
        # The gate says this of a token as well, and there is none here.
        raise UnknownNumber(number=number)
    if is_refused(answer):
        return terminal.refused_answer(answer)
    return terminal.value({"credential": arguments.number}, "revoked; it opens nothing any more")


def list_credentials(arguments: argparse.Namespace, terminal: Terminal) -> int:
    now_ms = SystemClock().now_ms()
    with operator(arguments) as gate:
        answer = gate.ask(Query.CREDENTIALS, None)
    rows = [
        (
            *(number, name, _state(is_active=is_active, expires_ms=expires_ms, now_ms=now_ms)),
            "" if expires_ms == NEVER else moment(expires_ms),
            *(" ".join(addresses), " ".join(permissions)),
        )
        for number, name, permissions, is_active, expires_ms, addresses in msgspec.msgpack.decode(
            answer.detail
        )
    ]
    headings = ("number", "name", "state", "expires", "from", "permissions")
    return terminal.table(headings, rows, "no credential")


def _state(*, is_active: bool, expires_ms: int, now_ms: int) -> str:
    if not is_active:
        return "revoked"
    return "expired" if expires_ms != NEVER and expires_ms <= now_ms else "active"


def _permissions(text: str) -> list[Permission]:
    """What a credential is given; for argparse."""
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in _TO_GIVE:
            known = ", ".join(_TO_GIVE)
            raise argparse.ArgumentTypeError(f"{name} cannot be given; what can is {known}")
    return [Permission(name) for name in dict.fromkeys(names)]


def _networks(text: str) -> list[str]:
    """Networks by CIDR, each in its one spelling; for argparse."""
    try:
        found = sorted({network(one.strip()) for one in text.split(",")})
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if len(found) > ADDRESSES_MAX:
        raise argparse.ArgumentTypeError(f"at most {ADDRESSES_MAX} networks")
    return found


def _days(text: str) -> int:
    return between(text, 1, _DAYS_MAX)


def _kept(
    arguments: argparse.Namespace, token: str
) -> AbstractContextManager[Callable[[], object]]:
    """Where a token is to be saved: what gives the file its name once the token opens something."""
    if not arguments.save:
        return contextlib.nullcontext(lambda: None)
    return kept_token(load_installation(arguments.settings), arguments.name, token)
