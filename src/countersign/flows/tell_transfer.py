"""One transfer as people and programs are told of it: what it is, who pays whom, what became of it.

Names and account numbers are masked here, always; a proof discloses what is named to be disclosed.
"""

from datetime import date, timedelta
from typing import Any

import msgspec
import psycopg

from countersign.access.queries import actors
from countersign.flows.replay_decision import ReplayTold, replay_decision
from countersign.gate.checks import factor_of
from countersign.gate.commands import Kind, RailStatus, Reject, Return, decode
from countersign.gate.context import read_redecision
from countersign.gate.intake import Intake, SealedOrder
from countersign.gate.journal.reading import Event, Story, read_story
from countersign.gate.rows import CommandRow
from countersign.infra.clock import moment
from countersign.kernel.money import Money
from countersign.rails import queries as rails
from countersign.rails.model import Sending
from countersign.transfers.model import Action, HoldRow, Status, TransferRow
from countersign.transfers.order import CREDITOR_SIDE, DEBTOR_SIDE
from countersign.transfers.parties import OrderParty, party_of
from countersign.transfers.queries import hold_of
from countersign.vault.errors import SubjectErased
from countersign.vault.masking import mask_account, mask_name

_EPOCH = date(1970, 1, 1)


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """One side, masked."""

    name: str
    account: str


class HoldTold(msgspec.Struct, frozen=True, kw_only=True):
    number: int  # The command that holds it, which a release has to name.
    owner: str
    until: str
    reasons: list[str]
    policy: int  # That found them: of the order, or of its dispatch.


class RailTold(msgspec.Struct, frozen=True, kw_only=True):
    transaction_id: str
    uetr: str
    state: str
    status: str
    reason: str
    attempts: int
    questions: int
    changed: str


class ReturnTold(msgspec.Struct, frozen=True, kw_only=True):
    """What came back of it; amounts are decimals in its currency."""

    return_id: str
    amount: str
    kept: str  # What did not come back: somebody took it on the way.
    reason: str
    time: str


class EventTold(msgspec.Struct, frozen=True, kw_only=True):
    number: int  # The index of its leaf in the audit log.
    time: str
    event: str
    outcome: str
    reason: str
    by: str


class TransferTold(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer with its story; times are RFC 3339, the amount is a decimal in its currency."""

    number: int
    status: str
    amount: str
    currency: str
    ordered: str
    execution_date: str
    action: str
    reasons: list[str]
    policy: int
    factor: str
    credential: int
    digest: str
    debtor: Party | None  # None once it is erased.
    creditor: Party | None
    hold: HoldTold | None
    rail: RailTold | None
    returned: ReturnTold | None
    events: list[EventTold]
    replay: ReplayTold | None = None  # None where nothing was recorded to judge by.


def tell_transfer(
    connection: psycopg.Connection[Any], *, intake: Intake, number: int
) -> TransferTold:
    """The transfer of this number; raises NoSuchTransfer."""
    story = read_story(connection, number)
    row = story.transfer
    hold = hold_of(connection, number)
    sending = rails.sendings(connection, [number]).get(number)
    by = actors(connection, (event.row.credential for event in story.events))
    debtor, creditor = _parties(intake, story)
    return TransferTold(
        number=row.number,
        status=story.status.name.lower(),
        amount=Money(minor_units=row.amount, currency=row.currency).text(),
        currency=row.currency,
        ordered=moment(story.events[0].batch_ms),
        execution_date=(_EPOCH + timedelta(days=row.execution_day)).isoformat(),
        action=Action(row.action).name.lower(),
        reasons=codes_in(row.reasons),
        policy=row.policy,
        factor=factor_of(row.evidence, row.credential),
        credential=row.credential,
        digest=row.digest.hex(),
        debtor=debtor,
        creditor=creditor,
        hold=_hold(hold, story) if hold else None,
        rail=_rail(sending) if sending else None,
        returned=_returned(story),
        events=[_event(event, by[event.row.credential].name) for event in story.events],
        replay=replay_decision(connection, row),
    )


def codes_in(text: str) -> list[str]:
    """The codes in a row's reasons."""
    return [code for code in text.split(",") if code]


def pairs_in(text: str) -> list[tuple[str, str]]:
    """The names with their values of a row's "a=1,b=2"."""
    return [(name, value) for name, _, value in (one.partition("=") for one in codes_in(text))]


def _parties(intake: Intake, story: Story) -> tuple[Party | None, Party | None]:
    row = story.transfer
    sealed = SealedOrder(
        row.digest, story.debtor_index, row.creditor_index, row.debtor_side, row.creditor_side
    )
    try:
        debtor, creditor = intake.open_sides(sealed)
    except SubjectErased:
        return None, None
    return (
        _masked(party_of(DEBTOR_SIDE, debtor)),
        _masked(party_of(CREDITOR_SIDE, creditor)),
    )


def _masked(party: OrderParty | None) -> Party | None:
    if party is None:
        return None
    return Party(name=mask_name(party.name), account=mask_account(party.account))


def _hold(hold: HoldRow, story: Story) -> HoldTold:
    # Whatever leaves it held is what holds it: the order itself, a person, or its dispatch.
    holding = [event.row for event in story.events if _outcome(event) == "held"]
    last = max(holding, key=lambda row: row.number, default=story.transfer)
    return HoldTold(
        number=last.number if holding else 0,
        owner=hold.owner,
        until=moment(hold.until_ms),
        reasons=codes_in(hold.reasons),
        policy=policy_of(last) or story.transfer.policy,
    )


def _rail(sending: Sending) -> RailTold:
    return RailTold(
        transaction_id=sending.transaction_id,
        uetr=sending.uetr,
        state=sending.state.name.lower(),
        status=sending.status,
        reason=sending.reason,
        attempts=sending.attempt,
        questions=sending.asked,
        changed=moment(sending.changed_ms),
    )


def _returned(story: Story) -> ReturnTold | None:
    row = story.transfer
    for event in story.events:
        command = _return_in(event)
        if command is None:
            continue
        amount, kept = (
            Money(minor_units=units, currency=row.currency).text()
            for units in (command.amount, row.amount - command.amount)
        )
        return ReturnTold(
            return_id=command.return_id,
            amount=amount,
            kept=kept,
            reason=command.reason_code,
            time=moment(event.batch_ms),
        )
    return None


def _return_in(event: Event) -> Return | None:
    row = event.row
    if not isinstance(row, CommandRow) or row.kind != Kind.RETURN or row.outcome != "returned":
        return None
    command = decode(row.kind, row.body)
    return command if isinstance(command, Return) else None


def _event(event: Event, by: str) -> EventTold:
    row = event.row
    return EventTold(
        number=row.number,
        time=moment(event.batch_ms),
        event=Kind(row.kind).name.lower() if isinstance(row, CommandRow) else "order",
        outcome=_outcome(event),
        reason=_reason_code(row) if isinstance(row, CommandRow) else "",
        by=by,
    )


def _outcome(event: Event) -> str:
    row = event.row
    return row.outcome if isinstance(row, CommandRow) else Status(row.status).name.lower()


def policy_of(row: TransferRow | CommandRow) -> int | None:
    """The policy that this row's decision was made by; None of a command that none decided."""
    if isinstance(row, TransferRow):
        return row.policy
    found = read_redecision(row.detail) if row.kind == Kind.DISPATCH else None
    return found.policy if found else None


def _reason_code(row: CommandRow) -> str:
    """The ISO reason that came with a command, or what a dispatch was held for."""
    if row.kind == Kind.DISPATCH:
        found = read_redecision(row.detail)
        return found.reasons if found else ""
    if row.kind not in {Kind.REJECT, Kind.RAIL_STATUS, Kind.RETURN}:
        return ""
    command = decode(row.kind, row.body)
    return command.reason_code if isinstance(command, Reject | RailStatus | Return) else ""
