"""Released transfers on their way to the rail and back.

Rules: 1. The gate says `dispatched` before anything is written for the rail, and what is sent is
the order whose digest the gate holds. 2. A sending is marked as sent, durably, before its first
byte leaves; from then on the rail is asked, and only its word that it never received it lets it be
sent again (I2). 3. The gate books what the rail says, under a key made of what was said, so that a
report that comes twice books once. 4. What cannot go on waits for a while and holds nothing
else up.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import NamedTuple, Protocol

from countersign.gate.changes import DISPATCH_DUE
from countersign.gate.client import new_key
from countersign.gate.commands import Answer, Dispatch, Kind, RailStatus
from countersign.gate.intake import Intake, SealedOrder
from countersign.gate.journal.bridge import Connection
from countersign.gate.journal.outbox import Due, delete_done, read_due
from countersign.gate.journal.reading import SealedTransfer, read_orders
from countersign.gate.queries import read_standing
from countersign.gate.requests import KEY_BYTES, Item, Query, encode_body
from countersign.infra.clock import Clock
from countersign.infra.logs import get_logger
from countersign.kernel.account import parse_canonical
from countersign.kernel.money import Money
from countersign.kernel.refusal import Refusal
from countersign.rails import actions, queries
from countersign.rails.errors import DuplicateUetr
from countersign.rails.messages import CreditTransfer, RailStatusReport, Verdict
from countersign.rails.model import (
    UNKNOWN_UETR,
    Patience,
    Sending,
    State,
    is_contradiction,
    prepared,
    question,
    verdict_for,
)
from countersign.rails.pacs008 import write_credit_transfer
from countersign.rails.pacs028 import write_status_request
from countersign.transfers.errors import NotDue, UnknownTransfer
from countersign.transfers.order import Order
from countersign.vault.errors import CannotOpen, SubjectErased

AT_ONCE_MAX = 100
NARRATIVE = "NARR"  # The reason of a rejection that gives no code.
_LATER_MS = 60_000
_NOT_YET_MS = 1_000
_LATER_MAX = 10_000
_log = get_logger(__name__)


class LineDown(Exception):
    """The rail cannot be reached now; what was being sent may have left in part."""


class Line(Protocol):
    """The way to a rail."""

    @property
    def is_up(self) -> bool: ...

    def send(self, content: bytes) -> None:
        """Send one message; raises LineDown."""
        ...


class Gate(Protocol):
    """What the flow needs of a gate."""

    def submit(self, items: Sequence[Item]) -> list[Answer]:
        """Answers in the order of the items."""
        ...


class Dispatcher:
    """One worker's work between gate and rail. Each step may be repeated after any crash."""

    def __init__(
        self,
        connection: Connection,
        *,
        gate: Gate,
        line: Line,
        intake: Intake,
        clock: Clock,
        patience: Patience,
    ) -> None:
        self._connection = connection  # In autocommit, as the app's role.
        self._gate = gate
        self._line = line
        self._intake = intake
        self._clock = clock
        self._patience = patience
        self._later: dict[int, int] = {}  # Transfer: not before.

    def dispatch_due(self) -> int:
        """Have the gate dispatch what is due, and prepare its sending; how many rows were seen."""
        now_ms = self._clock.now_ms()
        due = read_due(
            self._connection,
            DISPATCH_DUE,
            now_ms,
            without=self._postponed(now_ms),
            count_max=AT_ONCE_MAX,
        )
        if due:
            standing = self._standing([row.number for row in due])
            released = [row for row in due if standing[row.number].status == "released"]
            # Dispatched before: whether it was sent is known to nobody here, so the rail is asked.
            before = [row for row in due if standing[row.number].status == "dispatched"]
            self._prepare(before, standing, is_asked_first=True)
            self._prepare(self._dispatched(released), standing, is_asked_first=False)
            self._forget([row for row in due if standing[row.number].status in _NOT_TO_BE_SENT])
            for row in due:
                if standing[row.number].status not in _EXPECTED:
                    self._postpone(row.number, _LATER_MS)
        return len(due)

    def send_prepared(self) -> int:
        """Send what was prepared, while the line is up; how many were dealt with."""
        if not self._line.is_up:
            return 0
        now_ms = self._clock.now_ms()
        sendings = queries.to_send(self._connection, now_ms, count_max=AT_ONCE_MAX)
        numbers = [sending.number for sending in sendings]
        orders = read_orders(self._connection, numbers)
        standing = self._standing(numbers) if numbers else {}
        for sending in sendings:
            if not self._may_leave(sending, standing[sending.number]):
                actions.postpone(self._connection, sending, until_ms=now_ms + _LATER_MS)
                continue
            content = self._message(sending, orders.get(sending.number), now_ms)
            if content is None or not actions.mark_sent(
                self._connection, sending, now_ms=now_ms, patience=self._patience
            ):
                continue
            self._line.send(content)
        return len(sendings)

    def ask_overdue(self) -> int:
        """Ask what became of what was sent and not answered; how many were asked about."""
        if not self._line.is_up:
            return 0
        now_ms = self._clock.now_ms()
        sendings = queries.to_ask(self._connection, now_ms, count_max=AT_ONCE_MAX)
        for sending in sendings:
            if actions.mark_asked(
                self._connection, sending, now_ms=now_ms, patience=self._patience
            ):
                if sending.asked >= _ASKED_ALARM:
                    _log.error("rail.no_answer", transfer=sending.number, asked=sending.asked)
                self._line.send(write_status_request(question(sending), created_ms=now_ms))
        return len(sendings)

    def take_report(self, report: RailStatusReport) -> None:
        """Book what the rail says of one transaction."""
        sending = queries.sending_of(self._connection, report)
        if sending is None:
            _log.error("rail.unknown_transaction", transaction_id=str(report.transaction_id))
            return
        now_ms = self._clock.now_ms()
        verdict = verdict_for(sending, report)
        if is_contradiction(sending, verdict):
            _log.error("rail.contradiction", transfer=sending.number, said=report.status)
        elif sending.state is State.ANSWERED:
            return
        elif verdict in {Verdict.SETTLED, Verdict.REJECTED}:
            reason = (report.reason_code or NARRATIVE) if verdict is Verdict.REJECTED else ""
            self._book(sending, verdict, reason)
        elif verdict is Verdict.NOT_RECEIVED:
            actions.mark_not_received(self._connection, sending, now_ms=now_ms)
        else:
            actions.note_status(self._connection, sending, report, now_ms=now_ms)

    def _postponed(self, now_ms: int) -> list[int]:
        self._later = {n: until for n, until in self._later.items() if until > now_ms}
        return list(self._later)

    def _postpone(self, number: int, milliseconds: int) -> None:
        if len(self._later) < _LATER_MAX:  # What is too much is tried again at once.
            self._later[number] = self._clock.now_ms() + milliseconds

    def _standing(self, numbers: list[int]) -> dict[int, "_Standing"]:
        """Status and digest of transfers, as the gate has them durably."""
        items = [Item(Query.TRANSFER, new_key(), encode_body(number)) for number in numbers]
        answers = self._gate.submit(items)
        return {
            number: _Standing(
                answer.outcome, known.digest if known else b"", bool(known and known.is_frozen)
            )
            for number, answer in zip(numbers, answers, strict=True)
            for known in [read_standing(answer)]
        }

    def _may_leave(self, sending: Sending, standing: "_Standing") -> bool:
        """Whether the gate still says so: the row of a sending is no authority."""
        if standing.status != "dispatched" or standing.digest != sending.digest:
            _log.error("rail.not_dispatched", transfer=sending.number, status=standing.status)
            return False
        if standing.is_frozen:
            # It was dispatched before the freeze, but it never left.
            _log.error("rail.frozen_not_sent", transfer=sending.number)
        return not standing.is_frozen

    def _dispatched(self, released: list[Due]) -> list[Due]:
        """Those that the gate dispatched just now; the rest waits, or is not to be sent."""
        if not released:
            return []
        items = [
            Item(Kind.DISPATCH, new_key(), encode_body(Dispatch(row.number))) for row in released
        ]
        answers = self._gate.submit(items)
        dispatched, over = [], []
        for row, answer in zip(released, answers, strict=True):
            if answer.outcome == "dispatched":
                dispatched.append(row)
            elif answer.outcome in {"held", "settled"}:
                over.append(row)
            else:
                is_early = answer.outcome == NotDue.code
                self._postpone(row.number, _NOT_YET_MS if is_early else _LATER_MS)
                if not is_early:
                    _log.error("rail.not_dispatched", transfer=row.number, code=answer.outcome)
        self._forget(over)
        return dispatched

    def _prepare(
        self, dispatched: list[Due], standing: dict[int, "_Standing"], *, is_asked_first: bool
    ) -> None:
        orders = read_orders(self._connection, [row.number for row in dispatched])
        for row in dispatched:
            found, digest = orders.get(row.number), standing[row.number].digest
            uetr: str | None = UNKNOWN_UETR
            try:
                order = self._opened(row.number, found, digest)
                if order is None:
                    self._postpone(row.number, _LATER_MS)
                    continue
                uetr = order.uetr
            except SubjectErased:
                pass  # It can never be sent, which is told to the gate where it would be.
            sending = prepared(
                number=row.number,
                digest=digest,
                uetr=uetr,
                now_ms=self._clock.now_ms(),
                is_asked_first=is_asked_first
                or queries.is_asked_first(self._connection, row.number),
            )
            with self._connection.transaction():
                actions.keep(self._connection, sending)
                delete_done(self._connection, DISPATCH_DUE, [row])

    def _forget(self, rows: list[Due]) -> None:
        if rows:
            delete_done(self._connection, DISPATCH_DUE, rows)

    def _opened(self, number: int, found: SealedTransfer | None, digest: bytes) -> Order | None:
        """The order of this digest, or None with an alarm if the journal does not hold it.

        Raises SubjectErased if nobody can read it any more.
        """
        if found is None:
            _log.error("rail.order_missing", transfer=number)
            return None
        row, debtor = found.row, found.debtor_index
        # Under the gate's digest, not the row's: what was put in another's place does not open.
        sealed = SealedOrder(digest, debtor, row.creditor_index, row.debtor_side, row.creditor_side)
        try:
            return self._intake.open_order(sealed)
        except CannotOpen as refusal:
            _log.error("rail.order_not_opened", transfer=number, code=refusal.code)
            return None

    def _message(self, sending: Sending, found: SealedTransfer | None, now_ms: int) -> bytes | None:
        """What goes to the rail; None if it cannot go now, or never can and was rejected."""
        try:
            order = self._opened(sending.number, found, sending.digest)
            if order is None:
                actions.postpone(self._connection, sending, until_ms=now_ms + _LATER_MS)
                return None
            if queries.is_uetr_taken(self._connection, sending):
                raise DuplicateUetr
            transfer = credit_transfer(order, sending, now_ms=now_ms)
            return write_credit_transfer(transfer, attempt=sending.attempt + 1, created_ms=now_ms)
        except Refusal as refusal:
            _log.error("rail.not_sendable", transfer=sending.number, code=refusal.code)
            # It never left, or the rail said that it never received it.
            if not self._book(sending, Verdict.REJECTED, refusal.code):
                actions.postpone(self._connection, sending, until_ms=now_ms + _LATER_MS)
            return None

    def _book(self, sending: Sending, verdict: Verdict, reason: str) -> bool:
        """Tell the gate what is final; it books it once, whoever tells it how often."""
        body = encode_body(RailStatus(sending.number, verdict, reason, sending.digest))
        key = sha256(b"countersign/rail-status/v1\x00" + body).digest()[:KEY_BYTES]
        answer = self._gate.submit([Item(Kind.RAIL_STATUS, key, body)])[0]
        if answer.outcome != verdict:
            # Perhaps it was booked before, for another reason: then the transfer is over.
            status = self._standing([sending.number])[sending.number].status
            if status not in {verdict, UnknownTransfer.code}:
                _log.error("rail.not_booked", transfer=sending.number, code=answer.outcome)
                return False
        actions.mark_answered(
            self._connection,
            sending,
            status=verdict,
            reason=reason,
            now_ms=self._clock.now_ms(),
        )
        return True


def credit_transfer(order: Order, sending: Sending, *, now_ms: int) -> CreditTransfer:
    """What the rail is told of an order. It settles today, or on its day if that is still ahead."""
    today = datetime.fromtimestamp(now_ms // 1000, tz=UTC).date()
    return CreditTransfer(
        digest=sending.digest,
        amount=Money(minor_units=order.instructed_amount, currency=order.currency),
        settlement_date=max(today, date.fromisoformat(order.requested_execution_date)).isoformat(),
        debtor_account=parse_canonical(order.debtor_account),
        creditor_account=parse_canonical(order.creditor_account),
        **{name: getattr(order, name) for name in _SAME},
    )


class _Standing(NamedTuple):
    status: str
    digest: bytes  # Empty if the gate does not know the transfer.
    is_frozen: bool


_ASKED_ALARM = 5
# What the gate durably says of a transfer that its outbox row is no reason to send.
_NOT_TO_BE_SENT = frozenset(
    {"held", "settled", "rejected", "cancelled", "expired", "returned", UnknownTransfer.code}
)
_EXPECTED = _NOT_TO_BE_SENT | {"released", "dispatched"}
_SAME = (
    "creditor_name", "instruction_id", "end_to_end_id", "uetr", "service_level", "category_purpose",
    "purpose_code", "charge_bearer", "initiating_party", "debtor_name", "debtor_agent",
    "debtor_address", "debtor_identification", "ultimate_debtor", "creditor_agent",
    "intermediary_agents", "creditor_address", "creditor_identification", "ultimate_creditor",
    "local_instrument", "instruction_priority", "remittance_information",
)  # fmt: skip
