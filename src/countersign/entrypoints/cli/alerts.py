"""`countersign alerts list|messages|acknowledge|close`."""

import argparse

import psycopg

from countersign.alerts.errors import UnknownAlert
from countersign.alerts.model import AlertStatus, Disposition
from countersign.alerts.queries import find_alert, newest_alerts
from countersign.entrypoints.cli.parsing import (
    REASON_HELP,
    Subcommands,
    add_command,
    count,
    group,
    is_refused,
    operator,
    whole_number,
)
from countersign.entrypoints.cli.terminal import Terminal
from countersign.entrypoints.installation import load_installation
from countersign.flows.list_questioned import questioned_of
from countersign.gate.commands import AcknowledgeAlert, Kind
from countersign.gate.requests import CloseAlertRequest
from countersign.infra.clock import moment
from countersign.infra.database import Role

_NUMBER_HELP = "the alert's number"


def add(subcommands: Subcommands, common: argparse.ArgumentParser) -> None:
    commands = group(subcommands, "alerts", "list, acknowledge and close what the rules raised")
    listing = add_command(
        commands, common, "list", list_alerts, "list the newest alerts, the newest first"
    )
    listing.add_argument(
        "--limit", type=count, default=50, help="how many at most (default: %(default)s)"
    )
    listing.add_argument("--all", action="store_true", help="closed ones too")
    messages = add_command(
        commands,
        common,
        "messages",
        list_messages,
        "list the rail's messages that an alert stands for, the newest first",
    )
    messages.add_argument("number", type=whole_number, help=_NUMBER_HELP)
    messages.add_argument(
        "--limit", type=count, default=50, help="how many at most (default: %(default)s)"
    )
    acknowledging = add_command(
        commands, common, "acknowledge", acknowledge, "say that you look into an alert"
    )
    acknowledging.add_argument("number", type=whole_number, help=_NUMBER_HELP)
    closing = add_command(commands, common, "close", close, "end an alert with what it came to")
    closing.add_argument("number", type=whole_number, help=_NUMBER_HELP)
    closing.add_argument(
        "--disposition",
        required=True,
        choices=list(Disposition),
        metavar="DISPOSITION",
        help=f"what it came to: {', '.join(Disposition)}",
    )
    closing.add_argument("--reason", required=True, help=REASON_HELP)


def list_alerts(arguments: argparse.Namespace, terminal: Terminal) -> int:
    installation = load_installation(arguments.settings)
    with psycopg.connect(installation.dsn(Role.APP)) as connection:
        alerts = newest_alerts(connection, limit=arguments.limit, with_closed=arguments.all)
        messages = [questioned_of(connection, alert, limit=0).messages for alert in alerts]
    rows = [
        (
            alert.number,
            alert.transfer,
            moment(alert.raised_ms),
            AlertStatus(alert.status).name.lower(),
            alert.typologies,
            alert.rules,
            alert.disposition,
            count,
        )
        for alert, count in zip(alerts, messages, strict=True)
    ]
    headings = (
        *("number", "transfer", "raised", "status", "typologies", "rules", "disposition"),
        "messages",
    )
    return terminal.table(headings, rows, "no alert is open")


def list_messages(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """When each came; the messages themselves are kept sealed."""
    installation = load_installation(arguments.settings)
    with psycopg.connect(installation.dsn(Role.APP)) as connection:
        alert = find_alert(connection, arguments.number)
        if alert is None:
            return terminal.refusal(UnknownAlert())
        found = questioned_of(connection, alert, limit=arguments.limit)
    rows = [
        (moment(one.received_ms), one.reason, one.number, one.content_hash.hex(), one.file_id.hex())
        for one in found.newest
    ]
    headings = ("received", "reason", "transfer", "content_hash", "file")
    return terminal.table(headings, rows, "no message of a rail stands behind this alert")


def acknowledge(arguments: argparse.Namespace, terminal: Terminal) -> int:
    with operator(arguments) as gate:
        answer = gate.ask(Kind.ACKNOWLEDGE_ALERT, AcknowledgeAlert(arguments.number))
    if is_refused(answer):
        return terminal.refused_answer(answer)
    text = f"alert {arguments.number} is acknowledged"
    return terminal.value({"alert": arguments.number, "status": "acknowledged"}, text)


def close(arguments: argparse.Namespace, terminal: Terminal) -> int:
    request = CloseAlertRequest(arguments.number, arguments.disposition, arguments.reason)
    with operator(arguments) as gate:
        answer = gate.ask(Kind.CLOSE_ALERT, request)
    if is_refused(answer):
        return terminal.refused_answer(answer)
    value = {"alert": arguments.number, "status": "closed", "disposition": arguments.disposition}
    return terminal.value(value, f"alert {arguments.number} is closed: {arguments.disposition}")
