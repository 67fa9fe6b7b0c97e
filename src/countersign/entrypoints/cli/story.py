"""One transfer as `transfers show` tells it to people, line by line."""

import textwrap
from collections.abc import Sequence
from typing import Any

import msgspec
import psycopg

from countersign.entrypoints.cli.parsing import with_separators
from countersign.entrypoints.cli.reasons import all_in_words, in_words
from countersign.entrypoints.cli.terminal import visible
from countersign.entrypoints.installation import Installation
from countersign.flows.list_looks import LOOKS_MAX, LookTold, looks_at
from countersign.flows.replay_decision import ReplayTold
from countersign.flows.tell_reasons import Explainer
from countersign.flows.tell_transfer import Party, RailTold, ReturnTold, TransferTold, tell_transfer
from countersign.gate.intake import Intake
from countersign.infra.database import Role
from countersign.vault.subjects import SubjectKeys

_LABEL_COLUMNS = 10
_TEXT_COLUMNS = 100


def told_story(installation: Installation, number: int) -> tuple[dict[str, Any], list[str]]:
    """A transfer's story with the looks at its parties, as data and as lines for people."""
    dsn = installation.dsn(Role.APP)
    with (
        psycopg.connect(dsn) as connection,
        SubjectKeys(
            lambda: psycopg.connect(dsn), installation.keyset(), installation.instance
        ) as keys,
    ):
        told = tell_transfer(connection, intake=Intake(keys), number=number)
        looks = looks_at(connection, number)
        lines = _lines(told, Explainer(connection, "en")) + _look_lines(looks)
        return msgspec.to_builtins(told) | {"looks": msgspec.to_builtins(looks)}, lines


def _lines(told: TransferTold, explainer: Explainer) -> list[str]:
    lines = [
        ("transfer", str(told.number)),
        ("status", told.status),
        ("amount", f"{with_separators(told.amount)} {told.currency}"),
        ("debtor", _party_text(told.debtor)),
        ("creditor", _party_text(told.creditor)),
        ("factor", f"{told.factor}, by credential {told.credential}"),
        ("ordered", f"{told.ordered}, to be carried out on {told.execution_date}"),
        ("decision", f"{told.action}, by policy {told.policy}"),
    ]
    words = explainer.words(told.policy)
    lines += [("", in_words(reason, words)) for reason in told.reasons]
    if told.replay:
        lines.append(("replayed", _replay_text(told.replay)))
    if told.hold:
        until = f"{told.hold.owner} looks at it; it expires at {told.hold.until}"
        lines.append(("hold", f"{until} (hold {told.hold.number})"))
        lines.append(("", all_in_words(told.hold.reasons, explainer.words(told.hold.policy))))
    if told.rail:
        lines += [("rail", _rail_text(told.rail)), ("", f"transaction {told.rail.transaction_id}")]
    if told.returned:
        lines.append(("returned", _return_text(told.returned, told.currency)))
    lines.append(("digest", told.digest))
    return [line for label, text in lines for line in _labelled(label, text)] + _event_lines(told)


def _replay_text(replay: ReplayTold) -> str:
    if replay.is_same:
        return f"policy {replay.policy} finds the same in what was recorded"
    found = ", ".join((*replay.reasons, *replay.alerts)) or "nothing"
    return f"DIFFERENT: policy {replay.policy} finds {found}; run `audit verify`"


def _party_text(party: Party | None) -> str:
    if party is None:
        return "erased"
    return f"{party.account}  {party.name}".rstrip()


def _rail_text(rail: RailTold) -> str:
    said = " ".join(part for part in (rail.status, rail.reason) if part)
    counts = f"attempts {rail.attempts}, questions {rail.questions}"
    return f"{rail.state} {said or 'nothing yet'} at {rail.changed}; {counts}"


def _return_text(returned: ReturnTold, currency: str) -> str:
    amount = f"{with_separators(returned.amount)} {currency} at {returned.time}"
    is_whole = not returned.kept.strip("0.")
    kept = "" if is_whole else f"; {with_separators(returned.kept)} {currency} was kept"
    return f"{amount} for {returned.reason}{kept} (return {returned.return_id})"


def _labelled(label: str, text: str) -> list[str]:
    lines = textwrap.wrap(visible(text), _TEXT_COLUMNS) or [""]
    return [f"{label if n == 0 else '':{_LABEL_COLUMNS}}{one}" for n, one in enumerate(lines)]


def _look_lines(looks: Sequence[LookTold]) -> list[str]:
    if not looks:
        return []
    more = f", the newest {LOOKS_MAX}" if len(looks) == LOOKS_MAX else ""
    head = f"looked at in clear (leaf, when, by whom{more}):"
    return [head, *(f"  {look.number}  {look.time}  {visible(look.by)}" for look in looks)]


def _event_lines(told: TransferTold) -> list[str]:
    return [
        "  ".join(("", e.time, f"{e.event:11}", f"{e.outcome:11}", visible(e.by)))
        + f"  {e.reason}".rstrip()
        for e in told.events
    ]
