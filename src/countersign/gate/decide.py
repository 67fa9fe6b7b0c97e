"""Per command: state in, answer out. No clock, no database, no randomness.

Rules: 1. A handler refuses before it changes anything. 2. It writes rows to `Changes` and changes
the state alike, never one without the other. 3. Batch time is the only time. The life of an order
stands in `orders`; here are the table of handlers, accounts, freezes and settings.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec

from countersign.access.errors import CredentialNameTaken, NotGrantable, UnknownCredential
from countersign.access.model import BUILT_IN, GRANTABLE, Credential, Permission
from countersign.accounts.errors import (
    AlreadyFrozen,
    CurrencyOfAccount,
    NoSettlementAccount,
    NotFrozen,
    UnknownAccountKind,
)
from countersign.accounts.model import AccountKind
from countersign.gate import alerting, orders, returns
from countersign.gate.commands import (
    Answer,
    Correct,
    Freeze,
    Fund,
    Kind,
    OpenAccount,
    ReceiveFile,
    RefusedIntake,
    Reveal,
    Reverse,
    SetCredential,
    SetPolicy,
    Submission,
    Unfreeze,
)
from countersign.gate.context import Batch, check_amount
from countersign.ledger.model import UNLIMITED, Posting, PostingKind
from countersign.ledger.reversible import Entry
from countersign.rules.model import PolicyRow, hash_of
from countersign.transfers.errors import SameAccount, UnknownTransfer
from countersign.transfers.model import Status

LEFT_BEFORE_MAX = 1000


def on_open_account(batch: Batch, submission: Submission, command: OpenAccount) -> Answer:
    state = batch.state
    try:
        kind = AccountKind(command.account_kind)
    except ValueError:
        raise UnknownAccountKind from None
    account = state.accounts.open(kind, command.currency, command.index, command.party)
    is_own = kind in {AccountKind.SETTLEMENT, AccountKind.EXTERNAL}
    state.balances.open(UNLIMITED if is_own else -command.overdraft)
    batch.changes.accounts.append(account)
    batch.changes.holders.append(command.holder)
    return batch.record(submission, detail=_encode(account.number))


def on_fund(batch: Batch, submission: Submission, command: Fund) -> Answer:
    accounts = batch.state.accounts
    account = accounts.find(command.index)
    if account.currency != command.currency:
        raise CurrencyOfAccount
    check_amount(command.amount)
    settlement = accounts.settlement.get(command.currency)
    if settlement is None:
        raise NoSettlementAccount
    return _book(batch, submission, settlement, account.number, command.amount)


def on_correct(batch: Batch, submission: Submission, command: Correct) -> Answer:
    accounts = batch.state.accounts
    debit = accounts.find(command.debit_index)
    credit = accounts.find(command.credit_index)
    if debit.currency != command.currency or credit.currency != command.currency:
        raise CurrencyOfAccount
    check_amount(command.amount)
    return _book(batch, submission, debit.number, credit.number, command.amount)


def on_reverse(batch: Batch, submission: Submission, command: Reverse) -> Answer:
    """Book the mirrored posting, once. A freeze stops it as little as what it undoes."""
    reversible = batch.state.reversible
    entry = reversible.find(command.original, next_number=batch.number)
    debit, credit = entry.credit_account, entry.debit_account
    _move(batch, PostingKind.REVERSE, debit, credit, entry.amount)
    reversible.mark(command.original, reversed_by=batch.number)
    return batch.record(submission)


def on_freeze(batch: Batch, submission: Submission, command: Freeze) -> Answer:
    """Freeze an account, here or elsewhere; the answer says what had left before (I8).

    Its detail is how many that are and the first of them, [count, [number, ...]].
    """
    state = batch.state
    if command.index in state.accounts.frozen:
        raise AlreadyFrozen
    number = state.accounts.number_of.get(command.index, 0)
    left_before = sorted(
        transfer.number
        for transfer in state.open.values()
        if transfer.status == Status.DISPATCHED
        and (transfer.debtor == number or transfer.creditor_index == command.index)
    )
    state.accounts.frozen[command.index] = batch.number
    batch.changes.freezes[command.index] = batch.number
    return batch.record(
        submission, detail=_encode((len(left_before), left_before[:LEFT_BEFORE_MAX]))
    )


def on_unfreeze(batch: Batch, submission: Submission, command: Unfreeze) -> Answer:
    frozen = batch.state.accounts.frozen
    if command.index not in frozen:
        raise NotFrozen
    del frozen[command.index]
    batch.changes.freezes[command.index] = None
    return batch.record(submission)


def on_set_credential(batch: Batch, submission: Submission, command: SetCredential) -> Answer:
    """Create one (number 0) or revoke one; permissions are known ones only."""
    state = batch.state
    built_in = {credential.number for credential in BUILT_IN}
    if command.number:
        known = state.credentials.get(command.number)
        if known is None or not known.is_active or command.number in built_in:
            raise UnknownCredential
        credential = replace(known, is_active=False)
    else:
        if any(c.name == command.name and c.is_active for c in state.credentials.values()):
            raise CredentialNameTaken
        permissions = frozenset(Permission(permission) for permission in command.permissions)
        if not permissions <= GRANTABLE:
            raise NotGrantable(permission=min(permissions - GRANTABLE))
        credential = Credential(
            number=state.next_credential,
            name=command.name,
            verifier=command.verifier,
            permissions=permissions,
            is_active=True,
            expires_ms=command.expires_ms,
            addresses=tuple(command.addresses),
        )
        state.next_credential += 1
    state.credentials[credential.number] = credential
    batch.changes.credentials[credential.number] = credential
    return batch.record(submission, detail=_encode(credential.number))


def on_set_policy(batch: Batch, submission: Submission, command: SetPolicy) -> Answer:
    state = batch.state
    state.set_policy(state.policy_number + 1, command.content)
    row = PolicyRow(state.policy_number, hash_of(command.content), command.content)
    batch.changes.policies.append(row)
    return batch.record(submission, detail=_encode(state.policy_number))


def on_reveal(batch: Batch, submission: Submission, command: Reveal) -> Answer:
    """Keep who looks at which transfer's parties, and why.

    Transfers that ended long ago are looked at too, and the state knows those that are open: so
    only what is not in the log yet is refused. The row names no transfer, because what names one
    moves it.
    """
    if command.transfer >= batch.number:
        raise UnknownTransfer(number=command.transfer)
    return batch.record(submission)


def on_receive_file(batch: Batch, submission: Submission, command: ReceiveFile) -> Answer:
    """Keep which bytes a message id stands for: its key, used once, refuses it for any others."""
    del command
    return batch.record(submission)


def on_refused_intake(batch: Batch, submission: Submission, command: RefusedIntake) -> Answer:
    """Keep the leaf of what the intake refused."""
    return batch.record(submission, outcome=command.code)


Handler = Callable[[Batch, Submission, Any], Answer]
HANDLERS: dict[Kind, Handler] = {
    Kind.OPEN_ACCOUNT: on_open_account,
    Kind.FUND: on_fund,
    Kind.CORRECT: on_correct,
    Kind.REVERSE: on_reverse,
    Kind.ORDER: orders.on_order,
    Kind.CANCEL: orders.on_cancel,
    Kind.HOLD: orders.on_hold,
    Kind.RELEASE: orders.on_release,
    Kind.REJECT: orders.on_reject,
    Kind.DISPATCH: orders.on_dispatch,
    Kind.RAIL_STATUS: orders.on_rail_status,
    Kind.RETURN: returns.on_return,
    Kind.FREEZE: on_freeze,
    Kind.UNFREEZE: on_unfreeze,
    Kind.SET_CREDENTIAL: on_set_credential,
    Kind.SET_POLICY: on_set_policy,
    Kind.TICK: orders.on_tick,
    Kind.ACKNOWLEDGE_ALERT: alerting.on_acknowledge,
    Kind.CLOSE_ALERT: alerting.on_close,
    Kind.REVEAL: on_reveal,
    Kind.RECEIVE_FILE: on_receive_file,
    Kind.REFUSED_INTAKE: on_refused_intake,
}


def _book(batch: Batch, submission: Submission, debit: int, credit: int, amount: int) -> Answer:
    """Move money by an operator's word, in a way that can be reversed."""
    if debit == credit:
        raise SameAccount
    _move(batch, PostingKind.DIRECT, debit, credit, amount)
    batch.state.reversible.remember(batch.number, Entry(debit, credit, amount, batch.batch_ms))
    return batch.record(submission)


def _move(batch: Batch, kind: PostingKind, debit: int, credit: int, amount: int) -> None:
    state = batch.state
    state.balances.direct(debit, credit, amount)
    currency = state.accounts.currencies[debit]
    batch.changes.postings.append(
        Posting(batch.number, 0, kind, 0, debit, credit, amount, currency)
    )


_encode = msgspec.msgpack.Encoder().encode
