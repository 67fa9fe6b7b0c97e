"""The life of an order in the gate: ordered, held, released, dispatched, settled, or ended before.

The money follows the status: a pending posting from the order on, post when it is settled, void
when it ends before. A transfer between two accounts of this house settles here, without a rail.
"""

import heapq
from typing import NamedTuple

import msgspec

from countersign.accounts.errors import (
    CurrencyOfAccount,
    UnknownAccount,
)
from countersign.accounts.model import AccountKind
from countersign.features.model import Sides
from countersign.gate import alerting, checks
from countersign.gate.changes import DISPATCH_DUE
from countersign.gate.commands import (
    Answer,
    Cancel,
    Dispatch,
    Hold,
    PlaceOrder,
    RailStatus,
    Reject,
    Release,
    Submission,
    Tick,
)
from countersign.gate.context import Batch, Redecision, check_amount
from countersign.gate.facts import OrderMoment, read_facts
from countersign.gate.state import RETURN_WINDOW_MS, OpenTransfer, State
from countersign.ledger.errors import InsufficientFunds
from countersign.ledger.model import Posting, PostingKind
from countersign.rules.judge import Facts
from countersign.rules.model import Policy
from countersign.transfers.errors import (
    DateOutOfRange,
    DigestDiffers,
    IllegalMove,
    NotDue,
    OtherHold,
    SameAccount,
    UnknownVerdict,
)
from countersign.transfers.model import Action, Decision, HoldRow, Status, TransferRow, move

DAY_MS = 86_400_000
AHEAD_DAYS_MAX = 400
DUTY_OFFICER = "duty_officer"
BY_OPERATOR = "operator"


def on_order(batch: Batch, submission: Submission, order: PlaceOrder) -> Answer:
    """Decide one order and reserve its money, in one step."""
    state = batch.state
    policy = state.policy_in_force()
    sides = _sides(batch, order, policy)
    counted = _counted(order, sides)
    facts = _facts(batch, order, sides, counted)
    transfer = _transfer(batch, submission, order, sides, facts)
    decision = checks.decide_action(_context(state, transfer))
    status = _STATUS_AFTER[decision.action]
    kind = PostingKind.PENDING
    is_book = state.accounts.kinds[sides.counter] != AccountKind.SETTLEMENT
    if status == Status.RELEASED and is_book and order.execution_day <= batch.day:
        kind, status = PostingKind.DIRECT, Status.SETTLED
    if status != Status.REJECTED and not _reserve(batch, kind, transfer):
        reasons = (*decision.reasons, InsufficientFunds.code)
        decision, status = decision._replace(action=Action.BLOCK, reasons=reasons), Status.REJECTED
    state.features.observe(counted, order.amount, batch.batch_ms)
    if status != Status.REJECTED:
        _post_for(batch, kind, transfer)
    said = ",".join(decision.reasons)
    if status == Status.HELD:
        state.open[transfer.number] = transfer
        _hold(batch, transfer, DUTY_OFFICER, said, policy.hold_hours)
    elif status == Status.RELEASED:
        state.open[transfer.number] = transfer
        _due_for_dispatch(batch, transfer)
    if decision.alerts:
        alerting.raise_alert(batch, transfer, decision)
    row = _row(submission, order, transfer, sides, decision)
    batch.changes.transfers.append(row._replace(status=int(status)))
    return Answer(batch.number, status.name.lower(), said, order.digest)


def on_cancel(batch: Batch, submission: Submission, command: Cancel) -> Answer:
    return _end(batch, submission, command.transfer, Status.CANCELLED)


def on_reject(batch: Batch, submission: Submission, command: Reject) -> Answer:
    return _end(batch, submission, command.transfer, Status.REJECTED)


def on_tick(batch: Batch, submission: Submission, command: Tick) -> Answer:
    """The hold has run out and nobody released it: the order expires, the money stays."""
    transfer = batch.state.transfer(command.transfer)
    is_this_hold = transfer.status == Status.HELD and transfer.until_ms == command.due_ms
    if not is_this_hold or command.due_ms > batch.batch_ms:
        raise NotDue
    return _end(batch, submission, command.transfer, Status.EXPIRED)


def on_hold(batch: Batch, submission: Submission, command: Hold) -> Answer:
    transfer = batch.state.transfer(command.transfer)
    move(transfer.status, Status.HELD)
    _hold(batch, transfer, command.owner, BY_OPERATOR, command.hours)
    return batch.record(submission, outcome="held", transfer=transfer)


def on_release(batch: Batch, submission: Submission, command: Release) -> Answer:
    """Let a held transfer go, which covers what it was held for; dispatch decides again."""
    transfer = batch.state.transfer(command.transfer)
    move(transfer.status, Status.RELEASED)
    if command.hold != transfer.held_by:
        raise OtherHold(number=transfer.number, hold=transfer.held_by)
    transfer.status = Status.RELEASED
    fresh = (code for code in transfer.reasons.split(",") if code not in transfer.covered)
    transfer.covered = (*transfer.covered, *fresh)
    batch.changes.holds[transfer.number] = None
    _due_for_dispatch(batch, transfer)
    return batch.record(submission, outcome="released", transfer=transfer)


def on_dispatch(batch: Batch, submission: Submission, command: Dispatch) -> Answer:
    """Decide again, with what holds now; only then may the rail send (I3, I8)."""
    state = batch.state
    transfer = state.transfer(command.transfer)
    move(transfer.status, Status.DISPATCHED)
    if transfer.execution_day > batch.day:
        raise NotDue
    decision = checks.decide_again(_context(state, transfer), covered=transfer.covered)
    reasons = ",".join(decision.reasons)
    alerts = alerting.fresh(transfer, decision)
    detail = _encode(Redecision(decision.policy, reasons, ",".join(alerts.alerts)))
    if alerts.alerts:
        alerting.raise_alert(batch, transfer, alerts)
    if decision.reasons:
        _hold(batch, transfer, DUTY_OFFICER, reasons, state.policy_in_force().hold_hours)
        return batch.record(submission, outcome="held", detail=detail, transfer=transfer)
    if state.accounts.kinds[transfer.counter] == AccountKind.SETTLEMENT:
        transfer.status = Status.DISPATCHED
        transfer.evidence = b""  # Never decided again; it waits long for a return.
        return batch.record(submission, outcome="dispatched", detail=detail, transfer=transfer)
    _settle(batch, transfer)
    del state.open[transfer.number]
    return batch.record(submission, outcome="settled", detail=detail, transfer=transfer)


def on_rail_status(batch: Batch, submission: Submission, command: RailStatus) -> Answer:
    """Book what the rail answered, once, and only for the very order that was sent (I2)."""
    transfer = batch.state.transfer(command.transfer)
    if command.digest != transfer.digest:
        raise DigestDiffers
    if command.verdict not in _VERDICTS:
        raise UnknownVerdict
    needed, target = _VERDICTS[command.verdict]
    if transfer.status != needed:
        raise IllegalMove(current=transfer.status.name.lower(), target=target.name.lower())
    if target == Status.SETTLED:
        _settle(batch, transfer)
        due_ms = batch.batch_ms + RETURN_WINDOW_MS
        heapq.heappush(batch.state.return_timers, (due_ms, transfer.number))
    else:
        _void(batch, transfer)
    batch.state.set_status(transfer, target)
    return batch.record(submission, outcome=target.name.lower(), transfer=transfer)


def due_for_dispatch(released_ms: int, execution_day: int) -> int:
    """When a released transfer may leave: at once, but not before its day."""
    return max(released_ms, execution_day * DAY_MS)


# What the rail may say, of a transfer in which status, and what it then becomes.
_VERDICTS = {
    "settled": (Status.DISPATCHED, Status.SETTLED),
    "rejected": (Status.DISPATCHED, Status.REJECTED),
}


class _Sides(NamedTuple):
    debtor: int
    creditor: int  # 0: not of this house.
    counter: int  # Who is credited: the creditor, or the settlement account.


def _sides(batch: Batch, order: PlaceOrder, policy: Policy) -> _Sides:
    """The accounts of an order; refuses what can never be carried out."""
    accounts = batch.state.accounts
    debtor = accounts.number_of.get(order.debtor_index, 0)
    if accounts.kinds[debtor] != AccountKind.CUSTOMER:
        raise UnknownAccount
    check_amount(order.amount)
    if accounts.currencies[debtor] != order.currency:
        raise CurrencyOfAccount
    if order.creditor_index == order.debtor_index:
        raise SameAccount
    if not batch.day - policy.past_days_max <= order.execution_day <= batch.day + AHEAD_DAYS_MAX:
        raise DateOutOfRange
    creditor = accounts.number_of.get(order.creditor_index, 0)
    return _Sides(debtor, creditor, accounts.counter_of(creditor, order.currency))


def _transfer(
    batch: Batch, submission: Submission, order: PlaceOrder, sides: _Sides, facts: Facts
) -> OpenTransfer:
    """The order as a transfer: what is open of it, and all that is read when it is dispatched."""
    return OpenTransfer(
        batch.number,
        order.digest,
        Status.RELEASED,
        sides.debtor,
        sides.counter,
        order.creditor_index,
        order.amount,
        order.currency,
        order.execution_day,
        batch.day,
        submission.credential,
        order.evidence,
        facts,
    )


def _row(
    submission: Submission,
    order: PlaceOrder,
    transfer: OpenTransfer,
    sides: _Sides,
    decision: Decision,
) -> TransferRow:
    """What the journal keeps of it."""
    return TransferRow(
        transfer.number,
        submission.credential,
        submission.key,
        submission.mac,
        order.digest,
        sides.debtor,
        sides.creditor,
        order.creditor_index,
        order.amount,
        order.currency,
        order.execution_day,
        int(decision.action),
        int(transfer.status),
        ",".join(decision.reasons),
        ",".join(decision.alerts),
        decision.policy,
        order.evidence,
        _encode(transfer.facts.values),
        order.debtor_side,
        order.creditor_side,
    )


def _context(state: State, transfer: OpenTransfer) -> checks.Context:
    return checks.Context(
        state,
        transfer.credential,
        transfer.evidence,
        state.accounts.indexes[transfer.debtor],
        transfer.creditor_index,
        transfer.currency,
        transfer.counter,
        transfer.facts,
    )


_STATUS_AFTER = {
    Action.RELEASE: Status.RELEASED,
    Action.CHALLENGE: Status.HELD,
    Action.APPROVE: Status.HELD,
    Action.HOLD: Status.HELD,
    Action.BLOCK: Status.REJECTED,
}


def _reserve(batch: Batch, kind: PostingKind, transfer: OpenTransfer) -> bool:
    balances = batch.state.balances
    if balances.available(transfer.debtor) < transfer.amount:
        return False
    if kind == PostingKind.DIRECT:
        balances.direct(transfer.debtor, transfer.counter, transfer.amount)
    else:
        balances.hold(transfer.debtor, transfer.amount)
    return True


def _counted(order: PlaceOrder, sides: _Sides) -> Sides:
    """Whose histories it is counted in."""
    currency = order.currency.encode()
    return Sides(sides.debtor, order.creditor_index + currency, order.debtor_index + currency)


def _facts(batch: Batch, order: PlaceOrder, sides: _Sides, counted: Sides) -> Facts:
    """What the policy in force asks of it, before it is counted itself."""
    state = batch.state
    moment = OrderMoment(
        state.features.moment(counted, order.amount, batch.batch_ms),
        order.currency,
        order.execution_day - batch.day,
        state.balances.available(sides.debtor),
        sides.creditor != 0,
    )
    return read_facts(state.judge_in_force().names, moment)


def _post_for(batch: Batch, kind: PostingKind, transfer: OpenTransfer) -> None:
    batch.changes.postings.append(
        Posting(
            batch.number,
            0,
            int(kind),
            transfer.number,
            transfer.debtor,
            transfer.counter,
            transfer.amount,
            transfer.currency,
        )
    )


def _hold(batch: Batch, transfer: OpenTransfer, owner: str, reasons: str, hours: int) -> None:
    until_ms = batch.batch_ms + hours * 3_600_000
    transfer.status, transfer.held_by = Status.HELD, batch.number
    batch.state.hold_until(transfer, owner, reasons, until_ms)
    batch.changes.holds[transfer.number] = HoldRow(transfer.number, owner, reasons, until_ms)


def _due_for_dispatch(batch: Batch, transfer: OpenTransfer) -> None:
    due_ms = due_for_dispatch(batch.batch_ms, transfer.execution_day)
    batch.changes.outbox.append((transfer.number, DISPATCH_DUE, due_ms, batch.number))


def _end(batch: Batch, submission: Submission, number: int, target: Status) -> Answer:
    transfer = batch.state.transfer(number)
    if transfer.status == Status.DISPATCHED:
        # A dispatched transfer ends by what the rail says, never by an operator's word.
        raise IllegalMove(current="dispatched", target=target.name.lower())
    move(transfer.status, target)
    _void(batch, transfer)
    batch.state.set_status(transfer, target)
    return batch.record(submission, outcome=target.name.lower(), transfer=transfer)


def _void(batch: Batch, transfer: OpenTransfer) -> None:
    batch.state.balances.void(transfer.debtor, transfer.amount)
    _post_for(batch, PostingKind.VOID, transfer)
    if transfer.status == Status.HELD:
        batch.changes.holds[transfer.number] = None


def _settle(batch: Batch, transfer: OpenTransfer) -> None:
    batch.state.balances.post(transfer.debtor, transfer.counter, transfer.amount)
    _post_for(batch, PostingKind.POST, transfer)


_encode = msgspec.msgpack.Encoder().encode
