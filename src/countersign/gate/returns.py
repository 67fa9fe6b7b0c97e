"""A settled transfer comes back (pacs.004): money goes to the debtor, once, no more than left.

Rules: 1. A return is never refused: it moves its money, or it is questioned, which moves nothing
and raises an alert with what speaks against it. 2. It ends the transfer, so another one of the same
transfer finds none. 3. A freeze keeps money from leaving, not from coming: what comes back to a
frozen account is credited, stays frozen, and raises an alert.
"""

from typing import Annotated

import msgspec

from countersign.accounts.errors import CurrencyOfAccount
from countersign.gate import alerting
from countersign.gate.commands import Answer, Return, Submission
from countersign.gate.context import Batch
from countersign.gate.state import OpenTransfer
from countersign.kernel.refusal import Refusal
from countersign.ledger.model import Posting, PostingKind
from countersign.transfers.errors import (
    DigestDiffers,
    IllegalMove,
    ReturnedLess,
    ReturnedToFrozen,
    ReturnTooLarge,
)
from countersign.transfers.model import Status

QUESTIONED = "questioned"


def on_return(batch: Batch, submission: Submission, command: Return) -> Answer:
    """Book what came back, or have somebody look at it; the detail of its row is why."""
    if command.doubt:
        return _question(batch, submission, command, command.doubt)
    try:
        transfer = _returnable(batch, command)
        batch.state.balances.direct(transfer.counter, transfer.debtor, command.amount)
    except Refusal as refusal:
        return _question(batch, submission, command, refusal.code)
    batch.changes.postings.append(_posting(batch.number, transfer, command.amount))
    batch.state.set_status(transfer, Status.RETURNED)
    notable = _notable(batch, transfer, command)
    has_joined = bool(notable) and alerting.ask_for_a_look(
        batch, submission, transfer.number, notable
    )
    detail = _detail(notable, has_joined=has_joined)
    return batch.record(submission, outcome="returned", detail=detail, transfer=transfer)


def read_reasons(detail: bytes) -> str | None:
    """Why a return was questioned, or what is notable about it; None of what says no such thing."""
    try:
        said = _decode(detail)
    except msgspec.MsgspecError:
        return None
    return said if isinstance(said, str) else said[0]


def has_joined(detail: bytes) -> bool:
    """Whether a return joined an alert that stood; its reasons are a list of one then."""
    try:
        return not isinstance(_decode(detail), str)
    except msgspec.MsgspecError:
        return False


def _detail(reasons: str, *, has_joined: bool) -> bytes:
    return _encode([reasons] if has_joined else reasons)


def _question(batch: Batch, submission: Submission, command: Return, code: str) -> Answer:
    has_joined = alerting.ask_for_a_look(batch, submission, command.transfer, code)
    detail = _detail(code, has_joined=has_joined)
    return batch.record(submission, outcome=QUESTIONED, detail=detail)


def _returnable(batch: Batch, command: Return) -> OpenTransfer:
    """The transfer that this may be a return of; refuses all others."""
    transfer = batch.state.transfer(command.transfer)
    if command.digest != transfer.digest:
        raise DigestDiffers
    if transfer.status != Status.SETTLED:
        raise IllegalMove(current=transfer.status.name.lower(), target="returned")
    if command.currency != transfer.currency:
        raise CurrencyOfAccount
    if not 0 < command.amount <= transfer.amount:
        raise ReturnTooLarge
    return transfer


def _notable(batch: Batch, transfer: OpenTransfer, command: Return) -> str:
    """What somebody should look at although it was booked: codes, joined by ","."""
    accounts = batch.state.accounts
    codes = []
    if accounts.indexes[transfer.debtor] in accounts.frozen:
        codes.append(ReturnedToFrozen.code)
    if command.amount < transfer.amount:
        codes.append(ReturnedLess.code)
    return ",".join(codes)


def _posting(number: int, transfer: OpenTransfer, amount: int) -> Posting:
    debit, credit = transfer.counter, transfer.debtor
    kind = int(PostingKind.RETURN)
    return Posting(number, 0, kind, transfer.number, debit, credit, amount, transfer.currency)


_encode = msgspec.msgpack.Encoder().encode
_Joined = Annotated[list[str], msgspec.Meta(min_length=1, max_length=1)]
_decode = msgspec.msgpack.Decoder(str | _Joined).decode
