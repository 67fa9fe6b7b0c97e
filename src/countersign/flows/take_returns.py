"""What comes back over the rail: kept before it is acknowledged, matched, and given to the gate.

Rules: 1. A rail sends a return until it is acknowledged and never after, so it is kept first, the
message sealed, in one transaction. 2. The sealed message is the authority: what is booked is read
from it anew, and its row says no more than that it is there and whether it was dealt with. 3. What
it names must be one sending of ours by TxId or UETR, and whatever else it says of the original must
be so. 4. In doubt the gate is told of the doubt: that moves nothing and raises an alert.
"""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, Protocol

from countersign.gate.commands import Answer, Kind, Return
from countersign.gate.intake import Intake, SealedOrder
from countersign.gate.journal.bridge import Connection
from countersign.gate.journal.reading import read_orders
from countersign.gate.requests import KEY_BYTES, Item, encode_body
from countersign.gate.returns import QUESTIONED, read_reasons
from countersign.infra.clock import Clock
from countersign.infra.iso20022.errors import NAMELESS, UnsupportedMessage
from countersign.infra.iso20022.own_thread import in_own_thread
from countersign.infra.logs import get_logger
from countersign.kernel.ids import new_id
from countersign.kernel.money import Money
from countersign.kernel.refusal import Refusal
from countersign.rails import actions, ids, queries
from countersign.rails.errors import (
    ReturnConflicts,
    ReturnDiffers,
    ReturnOfUnsettled,
    UnmatchedReturn,
)
from countersign.rails.messages import PaymentReturn, Verdict
from countersign.rails.model import Returned, ReturnState, Sending, State, meaning_of
from countersign.rails.pacs004 import read_return, write_receipt
from countersign.rails.pacs008 import NOT_PROVIDED
from countersign.vault.errors import CannotOpen, SubjectErased
from countersign.vault.files import SealedFiles

AT_ONCE_MAX = 100
SETTLED_WITHIN_MS = 3_600_000
_LATER_MS = 1_000
_REFUSED_LATER_MS = 60_000
_NO_DIGEST = b"\x00" * 32
_NO_CURRENCY = "XXX"  # ISO 4217: no currency is involved.
_log = get_logger(__name__)


class Arrived(NamedTuple):
    """A message of a rail that says what came back, or would if it could be read."""

    content: bytes
    returned: PaymentReturn | None


class Line(Protocol):
    """The way to a rail."""

    def send(self, content: bytes) -> None:
        """Send one message; raises LineDown."""
        ...


class Gate(Protocol):
    """What the flow needs of a gate."""

    def submit(self, items: Sequence[Item]) -> list[Answer]:
        """Answers in the order of the items."""
        ...


class Returns:
    """One worker's returns. Each step may be repeated after any crash."""

    def __init__(
        self,
        connection: Connection,
        *,
        gate: Gate,
        line: Line,
        intake: Intake,
        files: SealedFiles,
        clock: Clock,
        schema_dir: Path | None,
    ) -> None:
        self._connection = connection  # In autocommit, as the app's role.
        self._gate = gate
        self._line = line
        self._intake = intake
        self._files = files
        self._clock = clock
        self._schema_dir = schema_dir

    def keep(self, arrived: Arrived) -> None:
        """Make it durable, then say so; what cannot be read is kept and not acknowledged."""
        content, said = arrived
        now_ms = self._clock.now_ms()
        content_hash = sha256(content).digest()
        row = Returned(
            content_hash=content_hash,
            file_id=new_id(now_ms),
            meaning=meaning_of(said) if said else content_hash,
            state=ReturnState.RECEIVED,
            number=0,
            reason="",
            received_ms=now_ms,
            due_ms=now_ms,
            changed_ms=now_ms,
        )
        with self._connection.transaction():
            if actions.keep_returned(self._connection, row):
                name = f"pacs.004 {content_hash.hex()}"
                self._files.keep(self._connection, file_id=row.file_id, name=name, content=content)
        if said:
            receipt = write_receipt(said, content_hash=content_hash, created_ms=now_ms)
            self._line.send(receipt)

    def book_due(self) -> int:
        """Tell the gate of what came back; how many were looked at."""
        due = queries.returned_due(self._connection, self._clock.now_ms(), count_max=AT_ONCE_MAX)
        for row in due:
            self._book(row)
        return len(due)

    def _book(self, row: Returned) -> None:
        said, code = self._read(row)
        if said and queries.is_repeated(self._connection, row):
            self._end(row, ReturnState.REPEATED, 0, "")
            return
        sending = queries.sending_of(self._connection, said) if said else None
        if said and sending and self._is_waiting(row, sending):
            until_ms = self._clock.now_ms() + _LATER_MS
            actions.postpone_returned(self._connection, row, until_ms=until_ms)
            return
        doubt = code if said is None else self._doubt(row, said, sending)
        number = sending.number if sending else 0
        body = encode_body(_command(row, said, sending, doubt))
        key = sha256(b"countersign/rail-return/v1\x00" + body).digest()[:KEY_BYTES]
        answer = self._gate.submit([Item(Kind.RETURN, key, body)])[0]
        if answer.outcome == "returned":
            self._end(row, ReturnState.BOOKED, number, "")
        elif answer.outcome == QUESTIONED:
            reason = read_reasons(answer.detail) or ""
            _log.error("rail.return_questioned", transfer=number, code=reason)
            self._end(row, ReturnState.QUESTIONED, number, reason)
        else:
            _log.error("rail.return_not_booked", transfer=number, code=answer.outcome)
            until_ms = self._clock.now_ms() + _REFUSED_LATER_MS
            actions.postpone_returned(self._connection, row, until_ms=until_ms)

    def _read(self, row: Returned) -> tuple[PaymentReturn | None, str]:
        """What the sealed message says, or the code of why nobody can say."""
        try:
            content = self._files.read(self._connection, row.file_id)
            if sha256(content).digest() != row.content_hash:
                raise CannotOpen(what="rails.payment_return")
            return in_own_thread(lambda: read_return(content, schema_dir=self._schema_dir)), ""
        except Refusal as refusal:
            return None, refusal.code

    def _is_waiting(self, row: Returned, sending: Sending) -> bool:
        """Whether the word that it settled may be on its way still; the rail is asked for it."""
        is_recent = self._clock.now_ms() - row.received_ms < SETTLED_WITHIN_MS
        return sending.state is not State.ANSWERED and is_recent

    def _doubt(self, row: Returned, said: PaymentReturn, sending: Sending | None) -> str:
        """The code of what speaks against it here; empty if nothing does."""
        try:
            if sending is None:
                raise UnmatchedReturn
            if sending.state is not State.ANSWERED or sending.status != Verdict.SETTLED:
                raise ReturnOfUnsettled
            if queries.is_returned(self._connection, sending.number, row):
                raise ReturnConflicts
            self._require_same(said, sending)
        except Refusal as refusal:
            return refusal.code
        return ""

    def _require_same(self, said: PaymentReturn, sending: Sending) -> None:
        """What a return says of the original beside its ids must be what was sent."""
        attempts = range(1, sending.attempt + 1)
        messages = (ids.message_id(sending.digest, n) for n in reversed(attempts))
        if said.original_message_id is not None and said.original_message_id not in messages:
            raise ReturnDiffers
        found = read_orders(self._connection, [sending.number]).get(sending.number)
        if found is None:
            raise UnmatchedReturn
        row = found.row
        sent = Money(minor_units=row.amount, currency=row.currency)
        if said.original_amount not in {None, sent}:
            raise ReturnDiffers
        if said.end_to_end_id is None:
            return
        sealed = SealedOrder(
            sending.digest,
            found.debtor_index,
            row.creditor_index,
            row.debtor_side,
            row.creditor_side,
        )
        try:
            end_to_end_id = self._intake.open_order(sealed).end_to_end_id
        except SubjectErased:
            return  # Nobody can say any more what it was; the other ids were right.
        if said.end_to_end_id != ((end_to_end_id or "").strip() or NOT_PROVIDED):
            raise ReturnDiffers

    def _end(self, row: Returned, state: ReturnState, number: int, reason: str) -> None:
        now_ms = self._clock.now_ms()
        actions.end_returned(
            self._connection, row, state, number=number, reason=reason, now_ms=now_ms
        )


def may_be_return(refusal: Refusal) -> bool:
    """Whether a message that was refused as a status report may say what came back.

    One that nobody can say the kind of may be money: a report is asked for again, a return is not.
    """
    return isinstance(refusal, (UnsupportedMessage, *NAMELESS))


def read_arrived(content: bytes, *, schema_dir: Path | None) -> Arrived | None:
    """What a message that is no status says came back; None of what is no return."""
    try:
        return Arrived(content, read_return(content, schema_dir=schema_dir))
    except UnsupportedMessage as refusal:
        # Of a version that is not read: it may be money all the same.
        is_return = str(refusal.details["message"]).startswith("pacs.004.")
        return Arrived(content, None) if is_return else None
    except Refusal:
        return Arrived(content, None)


def _command(
    row: Returned, said: PaymentReturn | None, sending: Sending | None, doubt: str
) -> Return:
    return Return(
        transfer=sending.number if sending else 0,
        digest=sending.digest if sending else _NO_DIGEST,
        return_id=said.return_id if said else "",
        amount=said.amount.minor_units if said else 0,
        currency=said.amount.currency if said else _NO_CURRENCY,
        reason_code=said.reason_code if said else "",
        content_hash=row.content_hash,
        doubt=doubt,
    )
