"""One transfer as `transfers show` tells it: what it is, who pays whom, and what became of it.

Names and account numbers are masked here, always; `proof export --disclose` gives them in clear.
"""

import textwrap
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import psycopg

from countersign.access.queries import actors
from countersign.entrypoints.cli.parsing import plain_amount, with_separators
from countersign.entrypoints.cli.reasons import all_in_words, in_words, reasons_of
from countersign.entrypoints.cli.terminal import moment, visible
from countersign.entrypoints.installation import Installation
from countersign.gate.checks import factor_of
from countersign.gate.commands import Kind, RailStatus, Reject, decode
from countersign.gate.context import read_redecision
from countersign.gate.intake import Intake, SealedOrder
from countersign.gate.journal.reading import Event, Story, read_story
from countersign.gate.rows import CommandRow
from countersign.infra.database import Role
from countersign.kernel.digest import OpenSide
from countersign.rails import queries as rails
from countersign.rails.model import Sending
from countersign.rules.queries import newest_sentences
from countersign.transfers.model import Action, HoldRow, Status
from countersign.transfers.order import ORDER_TABLE
from countersign.transfers.queries import hold_of
from countersign.vault.errors import SubjectErased
from countersign.vault.masking import mask_account, mask_name
from countersign.vault.subjects import SubjectKeys

_EPOCH = date(1970, 1, 1)
_LABEL_COLUMNS = 10
_TEXT_COLUMNS = 100


def told_story(installation: Installation, number: int) -> tuple[dict[str, Any], list[str]]:
    """A transfer's story as data and as lines for people."""
    dsn = installation.dsn(Role.APP)
    with (
        psycopg.connect(dsn) as connection,
        SubjectKeys(
            lambda: psycopg.connect(dsn), installation.keyset(), installation.instance
        ) as keys,
    ):
        story = read_story(connection, number)
        hold = hold_of(connection, number)
        sending = rails.sendings(connection, [number]).get(number)
        sentences = newest_sentences(connection)
        by = actors(connection, (event.row.credential for event in story.events))
        value = _order(story) | _parties(Intake(keys), story)
    value["hold"] = _hold(hold, story) if hold else None
    value["rail"] = _rail(sending) if sending else None
    value["events"] = [
        _event(event) | {"by": by[event.row.credential].name} for event in story.events
    ]
    return value, _lines(value, sentences)


def _order(story: Story) -> dict[str, Any]:
    row = story.transfer
    return {
        "number": row.number,
        "status": story.status.name.lower(),
        "amount": plain_amount(row.amount, row.currency),
        "currency": row.currency,
        "ordered": moment(story.events[0].batch_ms),
        "execution_date": (_EPOCH + timedelta(days=row.execution_day)).isoformat(),
        "action": Action(row.action).name.lower(),
        "reasons": reasons_of(row.reasons),
        "policy": row.policy,
        "factor": factor_of(row.evidence, row.credential),
        "credential": row.credential,
        "digest": row.digest.hex(),
    }


def _parties(intake: Intake, story: Story) -> dict[str, Any]:
    """Both sides, masked; an erased one is said to be erased."""
    row = story.transfer
    sealed = SealedOrder(
        row.digest, story.debtor_index, row.creditor_index, row.debtor_side, row.creditor_side
    )
    try:
        sides = intake.open_sides(sealed)
    except SubjectErased:
        return {"debtor": None, "creditor": None}
    return {
        name: _party(name, side, part) if isinstance(part, OpenSide) else None
        for side, (name, part) in enumerate(zip(ORDER_TABLE.sides, sides, strict=True))
    }


def _party(name: str, side: int, part: OpenSide) -> dict[str, str]:
    names = [field.name for field in ORDER_TABLE.fields if field.side == side]
    fields = dict(zip(names, part.values, strict=True))
    account = str(fields[f"{name}_account"]).rpartition(":")[2]
    return {
        "name": mask_name(str(fields[f"{name}_name"] or "")),
        "account": mask_account(account),
    }


def _hold(hold: HoldRow, story: Story) -> dict[str, Any]:
    # Whatever leaves it held is what holds it: the order itself, a person, or its dispatch.
    holding = [event.row.number for event in story.events if _event(event)["outcome"] == "held"]
    return {
        "number": max(holding, default=0),
        "owner": hold.owner,
        "until": moment(hold.until_ms),
        "reasons": reasons_of(hold.reasons),
    }


def _rail(sending: Sending) -> dict[str, Any]:
    return {
        "transaction_id": sending.transaction_id,
        "uetr": sending.uetr,
        "state": sending.state.name.lower(),
        "status": sending.status,
        "reason": sending.reason,
        "attempts": sending.attempt,
        "questions": sending.asked,
        "changed": moment(sending.changed_ms),
    }


def _event(event: Event) -> dict[str, Any]:
    row = event.row
    told = {"number": row.number, "time": moment(event.batch_ms)}
    if not isinstance(row, CommandRow):
        return told | {
            "event": "order",
            "outcome": Status(row.status).name.lower(),
            "reason": "",
        }
    return told | {
        "event": Kind(row.kind).name.lower(),
        "outcome": row.outcome,
        "reason": _reason_code(row),
    }


def _reason_code(row: CommandRow) -> str:
    """The ISO reason that came with a command, or what a dispatch was held for."""
    if row.kind == Kind.DISPATCH:
        found = read_redecision(row.detail)
        return found.reasons if found else ""
    if row.kind not in {Kind.REJECT, Kind.RAIL_STATUS}:
        return ""
    command = decode(row.kind, row.body)
    return command.reason_code if isinstance(command, Reject | RailStatus) else ""


def _lines(value: dict[str, Any], sentences: Mapping[str, str]) -> list[str]:
    told = [
        ("transfer", str(value["number"])),
        ("status", value["status"]),
        ("amount", f"{with_separators(value['amount'])} {value['currency']}"),
        ("debtor", _party_text(value["debtor"])),
        ("creditor", _party_text(value["creditor"])),
        ("factor", f"{value['factor']}, by credential {value['credential']}"),
        ("ordered", f"{value['ordered']}, to be carried out on {value['execution_date']}"),
        ("decision", f"{value['action']}, by policy {value['policy']}"),
    ]
    told += [("", in_words(reason, sentences)) for reason in value["reasons"]]
    hold, rail = value["hold"], value["rail"]
    if hold:
        until = f"{hold['owner']} looks at it; it expires at {hold['until']}"
        told.append(("hold", f"{until} (hold {hold['number']})"))
        told.append(("", all_in_words(hold["reasons"], sentences)))
    if rail:
        told += [("rail", _rail_text(rail)), ("", f"transaction {rail['transaction_id']}")]
    told.append(("digest", value["digest"]))
    return [line for label, text in told for line in _labelled(label, text)] + _event_lines(value)


def _party_text(party: dict[str, str] | None) -> str:
    if party is None:
        return "erased"
    return f"{party['account']}  {party['name']}".rstrip()


def _rail_text(rail: dict[str, Any]) -> str:
    said = " ".join(part for part in (rail["status"], rail["reason"]) if part)
    counts = f"attempts {rail['attempts']}, questions {rail['questions']}"
    return f"{rail['state']} {said or 'nothing yet'} at {rail['changed']}; {counts}"


def _labelled(label: str, text: str) -> list[str]:
    lines = textwrap.wrap(visible(text), _TEXT_COLUMNS) or [""]
    return [f"{label if n == 0 else '':{_LABEL_COLUMNS}}{one}" for n, one in enumerate(lines)]


def _event_lines(value: dict[str, Any]) -> list[str]:
    return [
        "  ".join(("", e["time"], f"{e['event']:11}", f"{e['outcome']:11}", visible(e["by"])))
        + f"  {e['reason']}".rstrip()
        for e in value["events"]
    ]
