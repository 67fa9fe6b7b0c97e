"""`countersign transfers list|show|release|reject|cancel|hold`."""

import argparse
from datetime import UTC, datetime

import psycopg

from countersign.entrypoints.cli.parsing import (
    Subcommands,
    amount_text,
    count,
    group,
    is_refused,
    operator,
    whole_number,
)
from countersign.entrypoints.cli.terminal import Terminal
from countersign.entrypoints.installation import load_installation
from countersign.gate.commands import Kind
from countersign.gate.journal.reading import read_story
from countersign.gate.requests import CancelRequest, HoldRequest, RejectRequest, ReleaseRequest
from countersign.gate.rows import CommandRow
from countersign.infra.database import Role
from countersign.rails import queries
from countersign.transfers.model import Action, Status

_LIST = """
SELECT t.number, t.amount, t.currency, t.reasons, b.batch_ms,
  coalesce(upper(c.outcome), CAST(t.status AS text)) AS status
FROM (SELECT * FROM transfers.transfer ORDER BY day DESC, number DESC LIMIT %(limit)s) AS t
LEFT JOIN LATERAL (
  SELECT outcome FROM gate.command
  WHERE transfer = t.number AND transfer > 0 AND position('.' IN outcome) = 0
  ORDER BY number DESC LIMIT 1
) AS c ON true
CROSS JOIN LATERAL (
  SELECT batch_ms FROM gate.batch WHERE first_number <= t.number ORDER BY seq DESC LIMIT 1
) AS b
ORDER BY t.number DESC
"""


def add(subcommands: Subcommands, common: argparse.ArgumentParser) -> None:
    commands = group(subcommands, "transfers", "list, show and decide about transfers")
    listing = commands.add_parser("list", parents=[common], help="the newest transfers")
    listing.add_argument("--limit", type=count, default=50)
    listing.add_argument("--status", choices=[status.name.lower() for status in Status])
    listing.set_defaults(command=list_transfers)
    showing = commands.add_parser("show", parents=[common], help="one transfer with its story")
    showing.add_argument("number", type=whole_number)
    showing.set_defaults(command=show)
    for name, kind, help_text in (
        ("release", Kind.RELEASE, "let a held transfer go"),
        ("reject", Kind.REJECT, "refuse a transfer that was not dispatched"),
        ("cancel", Kind.CANCEL, "take back a transfer that was not dispatched"),
        ("hold", Kind.HOLD, "stop a transfer that was not dispatched"),
    ):
        parser = commands.add_parser(name, parents=[common], help=help_text)
        parser.add_argument("number", type=whole_number)
        parser.add_argument("--reason", required=True, help="why; stored sealed")
        if kind == Kind.REJECT:
            parser.add_argument("--code", default="CUST", help="ISO 20022 reason (default: CUST)")
        if kind == Kind.HOLD:
            parser.add_argument("--owner", default="duty_officer")
            parser.add_argument("--hours", type=count, default=72)
        parser.set_defaults(command=decide, kind=kind)


def list_transfers(arguments: argparse.Namespace, terminal: Terminal) -> int:
    dsn = load_installation(arguments.settings).dsn(Role.APP)
    with psycopg.connect(dsn) as connection:
        found = connection.execute(_LIST, {"limit": arguments.limit}).fetchall()
    rows = [
        (
            number,
            _time(batch_ms),
            amount_text(amount, currency),
            currency,
            _status(status),
            reasons,
        )
        for number, amount, currency, reasons, batch_ms, status in found
    ]
    if arguments.status:
        rows = [row for row in rows if row[4] == arguments.status]
    headings = ("number", "ordered", "amount", "currency", "status", "reasons")
    return terminal.table(headings, rows, "no transfer yet: `countersign ingest FILE`")


def show(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Parties stay sealed here; `proof export --disclose` opens what is needed."""
    dsn = load_installation(arguments.settings).dsn(Role.APP)
    with psycopg.connect(dsn) as connection:
        story = read_story(connection, arguments.number)
        sending = queries.sendings(connection, [arguments.number]).get(arguments.number)
    order = story.transfer
    events = [
        {
            "number": event.row.number,
            "time": _time(event.batch_ms),
            "event": Kind(event.row.kind).name.lower()
            if isinstance(event.row, CommandRow)
            else "order",
            "outcome": event.row.outcome
            if isinstance(event.row, CommandRow)
            else Status(event.row.status).name.lower(),
        }
        for event in story.events
    ]
    value: dict[str, object] = {
        "number": order.number,
        "status": story.status.name.lower(),
        "action": Action(order.action).name.lower(),
        "amount": amount_text(order.amount, order.currency),
        "currency": order.currency,
        "reasons": [reason for reason in order.reasons.split(",") if reason],
        "policy": order.policy,
        "digest": order.digest.hex(),
    }
    if sending:
        value["rail"] = {
            "transaction_id": sending.transaction_id,
            "uetr": sending.uetr,
            "state": sending.state.name.lower(),
            "status": sending.status,
            "reason": sending.reason,
            "attempts": sending.attempt,
            "questions": sending.asked,
        }
    value["events"] = events
    lines = [f"{name:9} {text}" for name, text in value.items() if name not in {"events", "rail"}]
    if sending:
        lines.append(f"rail      {sending.state.name.lower()} {sending.status} {sending.reason}")
    lines += [f"  {e['time']}  {e['event']:12} {e['outcome']}" for e in events]
    return terminal.value(value, "\n".join(lines))


def decide(arguments: argparse.Namespace, terminal: Terminal) -> int:
    number, reason = arguments.number, arguments.reason
    request: CancelRequest | ReleaseRequest | RejectRequest | HoldRequest
    match arguments.kind:
        case Kind.RELEASE:
            request = ReleaseRequest(number, reason)
        case Kind.REJECT:
            request = RejectRequest(number, arguments.code, reason)
        case Kind.HOLD:
            request = HoldRequest(number, arguments.owner, arguments.hours, reason)
        case _:
            request = CancelRequest(number, reason)
    with operator(arguments) as gate:
        answer = gate.ask(arguments.kind, request)
    if is_refused(answer):
        return terminal.refused_answer(answer)
    value = {"transfer": number, "status": answer.outcome, "command": answer.number}
    return terminal.value(value, f"transfer {number} is {answer.outcome}")


def _status(text: str) -> str:
    return (Status(int(text)) if text.isdigit() else Status[text]).name.lower()


def _time(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1000, tz=UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
