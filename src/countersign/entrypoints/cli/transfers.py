"""`countersign transfers list|show|reveal|release|reject|cancel|hold`."""

import argparse

import psycopg

from countersign.access.model import OPERATOR
from countersign.entrypoints.cli.parsing import (
    REASON_HELP,
    Subcommands,
    add_command,
    count,
    group,
    hours,
    is_refused,
    operator,
    whole_number,
    with_separators,
)
from countersign.entrypoints.cli.requests import asked, require_readable
from countersign.entrypoints.cli.story import told_story
from countersign.entrypoints.cli.terminal import Terminal, visible
from countersign.entrypoints.installation import load_installation
from countersign.flows.list_transfers import newest_transfers
from countersign.flows.reject_reasons import REJECT_CODES, reject_code
from countersign.flows.reveal_parties import Look, require_transfer, reveal_parties
from countersign.gate.commands import Kind
from countersign.gate.intake import Intake
from countersign.gate.queries import read_standing
from countersign.gate.requests import (
    CancelRequest,
    HoldRequest,
    Query,
    RejectRequest,
    ReleaseRequest,
    RevealRequest,
)
from countersign.infra.clock import SystemClock
from countersign.infra.database import Role
from countersign.transfers.model import Status
from countersign.vault.subjects import SubjectKeys

_STATUSES = [status.name.lower() for status in Status]


def add(subcommands: Subcommands, common: argparse.ArgumentParser) -> None:
    commands = group(subcommands, "transfers", "list, show and decide about transfers")
    _add_reading(commands, common)
    _add_deciding(commands, common)


def _add_reading(commands: Subcommands, common: argparse.ArgumentParser) -> None:
    listing = add_command(
        commands, common, "list", list_transfers, "list the newest transfers, the newest first"
    )
    listing.add_argument(
        "--limit", type=count, default=50, help="how many at most (default: %(default)s)"
    )
    listing.add_argument(
        "--status",
        choices=_STATUSES,
        metavar="STATUS",
        help=f"only those that are in this status now: {', '.join(_STATUSES)}",
    )
    showing = add_command(
        commands,
        common,
        "show",
        show,
        "show one transfer with its story; names and accounts are masked",
    )
    showing.add_argument("number", type=whole_number, help="the transfer's number")
    revealing = add_command(
        commands,
        common,
        "reveal",
        reveal,
        "show who pays whom in clear; the look and its reason are kept in the log",
    )
    revealing.add_argument("number", type=whole_number, help="the transfer's number")
    revealing.add_argument("--reason", required=True, help=REASON_HELP)


def _add_deciding(commands: Subcommands, common: argparse.ArgumentParser) -> None:
    releasing = add_command(commands, common, "release", release, "let a held transfer go")
    releasing.add_argument("number", type=whole_number, help="the transfer's number")
    releasing.add_argument("--reason", required=True, help=REASON_HELP)
    releasing.add_argument(
        "--hold",
        type=whole_number,
        help="the hold that you looked at, as `show` numbers it: refused if another holds it by now"
        " (default: the one that holds it now)",
    )
    for kind, help_text in (
        (Kind.REJECT, "refuse a transfer that was not dispatched"),
        (Kind.CANCEL, "take back a transfer that was not dispatched"),
        (Kind.HOLD, "stop a transfer that was not dispatched"),
    ):
        parser = add_command(commands, common, kind.name.lower(), decide, help_text)
        parser.add_argument("number", type=whole_number, help="the transfer's number")
        parser.add_argument("--reason", required=True, help=REASON_HELP)
        if kind == Kind.REJECT:
            known = ", ".join(REJECT_CODES)
            help_code = f"the ISO 20022 reason to report (default: %(default)s), one of {known}"
            parser.add_argument("--code", default="CUST", help=help_code)
        if kind == Kind.HOLD:
            parser.add_argument(
                "--owner",
                default="duty_officer",
                help="the role or queue that looks at it, in small letters (default: %(default)s)",
            )
            parser.add_argument(
                "--hours", type=hours, default=72, help="until it expires (default: %(default)s)"
            )
        parser.set_defaults(kind=kind)


def list_transfers(arguments: argparse.Namespace, terminal: Terminal) -> int:
    wanted = Status[arguments.status.upper()] if arguments.status else None
    dsn = load_installation(arguments.settings).dsn(Role.APP)
    with psycopg.connect(dsn) as connection:
        found = newest_transfers(connection, limit=arguments.limit, status=wanted)
    rows = [
        (
            one.number,
            one.ordered,
            one.amount if terminal.is_json else with_separators(one.amount),
            one.currency,
            one.status,
            ",".join(one.reasons),
        )
        for one in found
    ]
    headings = ("number", "ordered", "amount", "currency", "status", "reasons")
    empty = "no transfer yet: `countersign ingest FILE`"
    return terminal.table(
        headings, rows, f"no transfer is {arguments.status}" if arguments.status else empty
    )


def show(arguments: argparse.Namespace, terminal: Terminal) -> int:
    value, lines = told_story(load_installation(arguments.settings), arguments.number)
    return terminal.value(value, "\n".join(lines))


def reveal(arguments: argparse.Namespace, terminal: Terminal) -> int:
    number = arguments.number
    request = RevealRequest(number, arguments.reason)
    require_readable(request)
    installation = load_installation(arguments.settings)
    dsn = installation.dsn(Role.APP)
    with (
        psycopg.connect(dsn) as connection,
        SubjectKeys(
            lambda: psycopg.connect(dsn), installation.keyset(), installation.instance
        ) as keys,
    ):
        require_transfer(connection, number)
        answer = asked(arguments, Kind.REVEAL, request)
        if is_refused(answer):
            return terminal.refused_answer(answer)
        look = Look(number, answer.number, OPERATOR)
        now_ms = SystemClock().now_ms()
        revealed = reveal_parties(connection, intake=Intake(keys), look=look, now_ms=now_ms)
    sides = {"debtor": revealed.debtor, "creditor": revealed.creditor}
    value = {
        "transfer": number,
        "command": answer.number,
        **{name: party._asdict() if party else None for name, party in sides.items()},
    }
    lines = [
        f"{name:10}{visible(f'{party.account}  {party.name}'.rstrip()) if party else 'erased'}"
        for name, party in sides.items()
    ]
    lines.append(f"This look is leaf {answer.number} of the audit log.")
    return terminal.value(value, "\n".join(lines))


def release(arguments: argparse.Namespace, terminal: Terminal) -> int:
    number = arguments.number
    with operator(arguments) as gate:
        found = gate.ask(Query.TRANSFER, number)
        standing = read_standing(found)
        hold = standing.hold if standing and arguments.hold is None else arguments.hold or 0
        request = ReleaseRequest(number, hold, arguments.reason)
        require_readable(request)
        answer = gate.ask(Kind.RELEASE, request)
    if is_refused(answer):
        return terminal.refused_answer(answer)
    covered = found.reasons.split(",")
    is_frozen = standing is not None and standing.is_frozen
    value = {
        "transfer": number,
        "status": answer.outcome,
        "command": answer.number,
        "covered": covered,
        "is_frozen": is_frozen,
    }
    text = f"transfer {number} is released; this covers {', '.join(covered)}"
    if is_frozen:
        text += (
            "\nBut a side of it is frozen, so it is held again when it is due for dispatch:"
            " `countersign unfreeze` the account first, then release it again."
        )
    return terminal.value(value, text)


def decide(arguments: argparse.Namespace, terminal: Terminal) -> int:
    number, reason = arguments.number, arguments.reason
    request: CancelRequest | RejectRequest | HoldRequest
    match arguments.kind:
        case Kind.REJECT:
            request = RejectRequest(number, reject_code(arguments.code), reason)
        case Kind.HOLD:
            request = HoldRequest(number, arguments.owner, arguments.hours, reason)
        case _:
            request = CancelRequest(number, reason)
    answer = asked(arguments, arguments.kind, request)
    if is_refused(answer):
        return terminal.refused_answer(answer)
    value = {"transfer": number, "status": answer.outcome, "command": answer.number}
    return terminal.value(value, f"transfer {number} is {answer.outcome}")
