"""The life of an order in the gate: ordered, held, released, dispatched, settled, or ended before.

The money follows the status: a pending posting from the order on, post when it is settled, void
when it ends before. A transfer between two accounts of this house settles here, without a rail.
"""

import heapq

from countersign.accounts.errors import CurrencyOfAccount, NoSettlementAccount, UnknownAccount
from countersign.accounts.model import AccountKind
from countersign.gate import checks
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
from countersign.gate.context import Batch, check_amount
from countersign.gate.state import RETURN_WINDOW_MS, OpenTransfer
from countersign.ledger.errors import InsufficientFunds
from countersign.ledger.model import Posting, PostingKind
from countersign.rules.model import Policy
from countersign.rules.policy import FROZEN_SIDE, is_near
from countersign.transfers.errors import (
    DateOutOfRange,
    DigestDiffers,
    IllegalMove,
    NotDue,
    SameAccount,
    UnknownVerdict,
)
from countersign.transfers.model import Action, HoldRow, Status, TransferRow, move

DAY_MS = 86_400_000
AHEAD_DAYS_MAX = 400
DUTY_OFFICER = "duty_officer"
BY_OPERATOR = "operator"


def on_order(batch: Batch, submission: Submission, order: PlaceOrder) -> Answer:
    """Decide one order and reserve its money, in one step."""
    state = batch.state
    policy = state.policy_in_force()
    debtor, creditor, counter = _sides(batch, order, policy)
    facts = state.features.facts(debtor, order.creditor_index, order.amount, batch.batch_ms)
    action, reasons = checks.decide_action(
        checks.Context(state, policy, order, submission.credential, debtor, facts)
    )
    is_book = state.accounts.kinds[counter] != AccountKind.SETTLEMENT
    is_due = order.execution_day <= batch.day
    kind = PostingKind.PENDING
    status = _status_of(action)
    if status == Status.RELEASED and is_book and is_due:
        kind, status = PostingKind.DIRECT, Status.SETTLED
    if status != Status.REJECTED and not _reserve(batch, kind, debtor, counter, order.amount):
        action, status = Action.BLOCK, Status.REJECTED
        reasons.append(InsufficientFunds.code)
    _observe(batch, debtor, order, policy)
    said = ",".join(reasons)
    if status != Status.REJECTED:
        batch.changes.postings.append(
            Posting(
                batch.number,
                0,
                int(kind),
                batch.number,
                debtor,
                counter,
                order.amount,
                order.currency,
            )
        )
    if status in {Status.HELD, Status.RELEASED}:
        transfer = OpenTransfer(
            batch.number,
            order.digest,
            status,
            debtor,
            counter,
            order.creditor_index,
            order.amount,
            order.currency,
            order.execution_day,
        )
        state.open[batch.number] = transfer
        if status == Status.HELD:
            _hold(batch, transfer, DUTY_OFFICER, said, policy.hold_hours)
        else:
            _due_for_dispatch(batch, transfer)
    batch.changes.transfers.append(
        TransferRow(
            batch.number,
            submission.credential,
            submission.key,
            submission.mac,
            order.digest,
            debtor,
            creditor,
            order.creditor_index,
            order.amount,
            order.currency,
            order.execution_day,
            int(action),
            int(status),
            said,
            state.policy_number,
            order.evidence,
            order.debtor_side,
            order.creditor_side,
        )
    )
    return Answer(batch.number, status.name.lower(), said)


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
    transfer.status = Status.HELD
    _hold(batch, transfer, command.owner, BY_OPERATOR, command.hours)
    return batch.record(submission, outcome="held", transfer=transfer)


def on_release(batch: Batch, submission: Submission, command: Release) -> Answer:
    """Let a held transfer go; a freeze on either side still stops it, at dispatch."""
    transfer = batch.state.transfer(command.transfer)
    move(transfer.status, Status.RELEASED)
    transfer.status = Status.RELEASED
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
    policy = state.policy_in_force()
    frozen = state.accounts.frozen
    debtor_index = state.accounts.indexes[transfer.debtor]
    if debtor_index in frozen or transfer.creditor_index in frozen:
        transfer.status = Status.HELD
        _hold(batch, transfer, DUTY_OFFICER, FROZEN_SIDE, policy.hold_hours)
        return batch.record(submission, outcome="held", transfer=transfer)
    if state.accounts.kinds[transfer.counter] == AccountKind.SETTLEMENT:
        transfer.status = Status.DISPATCHED
        return batch.record(submission, outcome="dispatched", transfer=transfer)
    _settle(batch, transfer)
    del state.open[transfer.number]
    return batch.record(submission, outcome="settled", transfer=transfer)


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
    elif target == Status.REJECTED:
        _void(batch, transfer)
    else:
        batch.state.balances.direct(transfer.counter, transfer.debtor, transfer.amount)
        _post_for(batch, PostingKind.RETURN, transfer)
    batch.state.set_status(transfer, target)
    return batch.record(submission, outcome=target.name.lower(), transfer=transfer)


# What the rail may say, of a transfer in which status, and what it then becomes.
_VERDICTS = {
    "settled": (Status.DISPATCHED, Status.SETTLED),
    "rejected": (Status.DISPATCHED, Status.REJECTED),
    "returned": (Status.SETTLED, Status.RETURNED),
}


def _sides(batch: Batch, order: PlaceOrder, policy: Policy) -> tuple[int, int, int]:
    """(debtor, creditor or 0, account to credit); refuses what can never be carried out."""
    accounts = batch.state.accounts
    debtor = accounts.number_of.get(order.debtor_index, 0)
    if not debtor or accounts.kinds[debtor] != AccountKind.CUSTOMER:
        raise UnknownAccount
    check_amount(order.amount)
    if accounts.currencies[debtor] != order.currency:
        raise CurrencyOfAccount
    if order.creditor_index == order.debtor_index:
        raise SameAccount
    if not batch.day - policy.past_days_max <= order.execution_day <= batch.day + AHEAD_DAYS_MAX:
        raise DateOutOfRange
    creditor = accounts.number_of.get(order.creditor_index, 0)
    if creditor and accounts.kinds[creditor] == AccountKind.CUSTOMER:
        if accounts.currencies[creditor] != order.currency:
            raise CurrencyOfAccount
        return debtor, creditor, creditor
    counter = accounts.settlement.get(order.currency, 0)
    if not counter:
        raise NoSettlementAccount
    return debtor, creditor, counter


def _status_of(action: Action) -> Status:
    if action == Action.RELEASE:
        return Status.RELEASED
    return Status.REJECTED if action == Action.BLOCK else Status.HELD


def _reserve(batch: Batch, kind: PostingKind, debtor: int, counter: int, amount: int) -> bool:
    balances = batch.state.balances
    if balances.available(debtor) < amount:
        return False
    if kind == PostingKind.DIRECT:
        balances.direct(debtor, counter, amount)
    else:
        balances.hold(debtor, amount)
    return True


def _observe(batch: Batch, debtor: int, order: PlaceOrder, policy: Policy) -> None:
    thresholds = policy.thresholds.get(order.currency)
    near = thresholds is not None and is_near(order.amount, thresholds, policy)
    batch.state.features.observe(debtor, order.creditor_index, batch.batch_ms, is_near=near)


def _post_for(batch: Batch, kind: PostingKind, transfer: OpenTransfer) -> None:
    debit, credit = transfer.debtor, transfer.counter
    if kind == PostingKind.RETURN:
        debit, credit = credit, debit
    batch.changes.postings.append(
        Posting(
            batch.number,
            0,
            int(kind),
            transfer.number,
            debit,
            credit,
            transfer.amount,
            transfer.currency,
        )
    )


def _hold(batch: Batch, transfer: OpenTransfer, owner: str, reasons: str, hours: int) -> None:
    until_ms = batch.batch_ms + hours * 3_600_000
    batch.state.hold_until(transfer, owner, reasons, until_ms)
    batch.changes.holds[transfer.number] = HoldRow(transfer.number, owner, reasons, until_ms)


def _due_for_dispatch(batch: Batch, transfer: OpenTransfer) -> None:
    due_ms = max(batch.batch_ms, transfer.execution_day * DAY_MS)
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
