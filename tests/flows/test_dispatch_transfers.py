"""From the outbox to the rail and back, step by step, with whatever can go wrong in between.

What an operator is told is asserted too: an alarm that a test did not take is a failure of it.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from tests.support import bank as planted
from tests.support.bank import Bank, a_bank

from countersign.access.model import WORKER
from countersign.flows import dispatch_transfers
from countersign.flows.dispatch_transfers import Dispatcher, LineDown
from countersign.gate import commands, intake
from countersign.gate.changes import DISPATCH_DUE
from countersign.gate.commands import Answer
from countersign.gate.journal.outbox import delete_done, read_due
from countersign.gate.preparation import Preparation
from countersign.gate.queries import answer_query
from countersign.gate.requests import Item, Query
from countersign.infra.database import Database, Role
from countersign.kernel.refusal import Refusal
from countersign.rails import actions, ids, queries
from countersign.rails.messages import RailStatusReport, ReceivedTransfer, StatusRequest
from countersign.rails.model import Patience, Sending, State, prepared
from countersign.rails.pacs008 import read_credit_transfer
from countersign.rails.pacs028 import read_status_request

pytestmark = pytest.mark.postgres

PATIENCE = Patience(first_ms=1_000, longest_ms=8_000)


@dataclass
class RecordingLine:
    """A line whose other end the test plays; it can be down, or break while it sends."""

    sent: list[bytes] = field(default_factory=list)
    is_up: bool = True
    breaks: bool = False

    def send(self, content: bytes) -> None:
        if self.breaks:
            self.is_up = self.breaks = False
            raise LineDown
        self.sent.append(content)

    def messages(self) -> list[ReceivedTransfer | StatusRequest]:
        taken, self.sent = self.sent, []
        return [_read(content) for content in taken]


Alarm = tuple[str, dict[str, object]]


class Alarms(logging.Handler):
    """Keeps what the flow logs as an error: its event and its fields."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.raised: list[Alarm] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.raised.append((record.getMessage(), record.__dict__["countersign_fields"]))

    def taken(self) -> list[Alarm]:
        """What was raised since the last time."""
        raised, self.raised = self.raised, []
        return raised


@dataclass
class WorkerEnd:
    """The worker's socket of the bank's gate."""

    bank: Bank
    preparation: Preparation
    asked: list[int] = field(default_factory=list)
    before_dispatch: Callable[[], object] | None = None

    def submit(self, items: Sequence[Item]) -> list[Answer]:
        if self.before_dispatch and items[0].kind == commands.Kind.DISPATCH:
            self.before_dispatch()
        self.asked += [item.kind for item in items]
        if items[0].kind >= Query.STATUS:
            engine = self.bank.gate.engine
            return [answer_query(engine.state, item, WORKER, engine.report) for item in items]
        for submission in self.preparation.prepare(WORKER, items):
            self.bank.gate.engine.submit(submission)
        self.bank.gate.engine.drain()
        return [self.bank.gate.answers[item.key] for item in items]


@dataclass
class Desk:
    bank: Bank
    line: RecordingLine
    gate: WorkerEnd
    dispatcher: Dispatcher
    alarms: Alarms

    def order(self, **fields: object) -> int:
        answer = self.bank.place(self.bank.order(**fields))[0]
        assert answer.outcome == "released", answer
        return answer.number

    def order_of_before(self, **fields: object) -> int:
        """One from before the intake refused what no rail could carry."""
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(intake, "check_order", lambda _: None)
            return self.order(**fields)

    def sending(self, number: int) -> Sending:
        return queries.sendings(self.bank.app, [number])[number]

    def status(self, number: int) -> str:
        transfer = self.bank.gate.engine.state.open.get(number)
        return transfer.status.name.lower() if transfer else "over"

    def rail_says(self, number: int, status: str, *reasons: str, attempt: int = 1) -> None:
        sending = self.sending(number)
        report = RailStatusReport(
            message_id="R",
            original_message_id=ids.message_id(sending.digest, attempt),
            status=status,
            transaction_id=sending.transaction_id,
            reason_codes=reasons,
        )
        self.dispatcher.take_report(report)

    def later(self, milliseconds: int) -> None:
        self.bank.gate.clock.now += milliseconds

    def booked(self, number: int) -> list[str]:
        rows = self.bank.app.execute(
            "SELECT outcome FROM gate.command WHERE transfer = %s ORDER BY number", [number]
        ).fetchall()
        return [row[0] for row in rows]


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Iterator[Desk]:
    with a_bank(database, tmp_path) as bank:
        bank.app.autocommit = True
        line, gate = RecordingLine(), WorkerEnd(bank, Preparation(bank.keys, bank.accounts))
        dispatcher = Dispatcher(
            bank.app,
            gate=gate,
            line=line,
            intake=bank.intake,
            clock=bank.gate.clock,
            patience=PATIENCE,
        )
        alarms, log = Alarms(), logging.getLogger(dispatch_transfers.__name__)
        log.addHandler(alarms)
        try:
            yield Desk(bank, line, gate, dispatcher, alarms)
        finally:
            log.removeHandler(alarms)
        assert alarms.taken() == []


def test_a_transfer_goes_out_once_and_is_settled(desk: Desk) -> None:
    number = desk.order(uetr="8a562c67-ca16-48ba-b074-65581be6f001")
    assert desk.dispatcher.dispatch_due() == 1
    assert desk.status(number) == "dispatched"
    assert desk.sending(number).state is State.PREPARED
    assert desk.line.messages() == []
    assert desk.dispatcher.send_prepared() == 1
    (sent,) = desk.line.messages()
    assert isinstance(sent, ReceivedTransfer)
    digest = desk.bank.gate.engine.state.open[number].digest
    assert sent.transaction_id == ids.transaction_id(digest)
    assert sent.uetr == "8a562c67-ca16-48ba-b074-65581be6f001"
    assert (sent.amount.minor_units, sent.amount.currency) == (5_000, "EUR")
    for _ in range(3):
        done = desk.dispatcher.dispatch_due(), desk.dispatcher.send_prepared()
        assert done == (0, 0)
    desk.rail_says(number, "ACSP")
    assert (desk.sending(number).status, desk.status(number)) == ("ACSP", "dispatched")
    desk.rail_says(number, "ACSC")
    assert desk.status(number) == "settled"
    assert desk.sending(number).state is State.ANSWERED
    desk.rail_says(number, "ACSC")
    assert desk.booked(number) == ["dispatched", "settled"]


def test_a_rejected_transfer_gives_the_money_back_with_the_rails_reason(desk: Desk) -> None:
    balances = desk.bank.gate.engine.state.balances
    before = sum(balances.held)
    number = desk.order()
    desk.dispatcher.dispatch_due()
    desk.dispatcher.send_prepared()
    assert sum(balances.held) == before + 5_000
    desk.rail_says(number, "RJCT", "AC04")
    assert sum(balances.held) == before
    assert (desk.sending(number).status, desk.sending(number).reason) == ("rejected", "AC04")
    assert desk.booked(number) == ["dispatched", "rejected"]


def test_i2_an_unknown_outcome_is_asked_about_and_never_sent_again_unasked(desk: Desk) -> None:
    number = desk.order()
    desk.dispatcher.dispatch_due()
    desk.line.breaks = True
    with pytest.raises(LineDown):
        desk.dispatcher.send_prepared()
    assert desk.sending(number).state is State.SENT
    desk.line.is_up = True
    desk.later(PATIENCE.first_ms)
    assert (desk.dispatcher.send_prepared(), desk.dispatcher.ask_overdue()) == (0, 1)
    (asked,) = desk.line.messages()
    assert isinstance(asked, StatusRequest)
    assert asked.original_message_id == ids.message_id(desk.sending(number).digest, 1)
    assert desk.dispatcher.ask_overdue() == 0  # Not before the patience is over again.
    desk.rail_says(number, "RJCT", "NOOR")
    assert desk.sending(number).state is State.PREPARED
    assert desk.dispatcher.send_prepared() == 1
    (again,) = desk.line.messages()
    assert isinstance(again, ReceivedTransfer)
    assert again.message_id == ids.message_id(desk.sending(number).digest, 2)
    # The first answer comes a second time: it is about the first attempt, and no news.
    desk.rail_says(number, "RJCT", "NOOR", attempt=1)
    assert desk.sending(number).state is State.SENT
    assert desk.dispatcher.send_prepared() == 0


def test_a_worker_that_died_after_it_marked_a_sending_asks(desk: Desk) -> None:
    number = desk.order()
    desk.dispatcher.dispatch_due()
    desk.bank.app.execute("UPDATE rails.sending SET state = 2, attempt = 1, due_ms = 0")
    assert (desk.dispatcher.send_prepared(), desk.dispatcher.ask_overdue()) == (0, 1)
    assert desk.status(number) == "dispatched"


def test_a_worker_that_died_between_gate_and_record_goes_on(desk: Desk) -> None:
    number = desk.order()
    assert desk.bank.gate.dispatch(number).outcome == "dispatched"
    desk.gate.asked.clear()
    desk.dispatcher.dispatch_due()
    assert commands.Kind.DISPATCH not in desk.gate.asked
    # Nobody here knows whether it was sent: the rail is asked first (I2).
    assert (desk.dispatcher.send_prepared(), desk.dispatcher.ask_overdue()) == (0, 1)
    desk.rail_says(number, "RJCT", "NOOR")
    assert desk.dispatcher.send_prepared() == 1


def test_after_a_restore_the_rail_is_asked_before_anything_is_sent(desk: Desk) -> None:
    number = desk.order()
    with desk.bank.database.connect(Role.MIGRATOR, autocommit=True) as migrator:
        migrator.execute("INSERT INTO rails.caution (ask_first_below) VALUES (%s)", [number + 1])
    later = desk.order(end_to_end_id="E2E-2")
    desk.dispatcher.dispatch_due()
    desk.dispatcher.send_prepared()
    desk.dispatcher.ask_overdue()
    digests = desk.bank.gate.engine.state.open
    assert {type(one): one.transaction_id for one in desk.line.messages()} == {
        StatusRequest: ids.transaction_id(digests[number].digest),
        ReceivedTransfer: ids.transaction_id(digests[later].digest),
    }


def test_nothing_is_sent_or_asked_while_the_line_is_down(desk: Desk) -> None:
    number = desk.order()
    desk.line.is_up = False
    desk.dispatcher.dispatch_due()
    desk.later(60_000)
    assert (desk.dispatcher.send_prepared(), desk.dispatcher.ask_overdue()) == (0, 0)
    assert desk.sending(number).state is State.PREPARED


def test_i8_a_frozen_transfer_is_not_sent_until_it_is_let_go(desk: Desk) -> None:
    number = desk.order()
    index = desk.bank.intake.index_of(f"IBAN:{planted.DEBTOR_IBAN}")
    desk.bank.gate.do(commands.Freeze(index, b""))
    assert desk.dispatcher.dispatch_due() == 1
    assert (desk.status(number), desk.dispatcher.dispatch_due()) == ("held", 0)
    desk.bank.gate.do(commands.Unfreeze(index, b""))
    assert desk.bank.gate.release(number).outcome == "released"
    assert desk.dispatcher.dispatch_due() == 1
    assert desk.dispatcher.send_prepared() == 1


def test_a_row_that_the_gate_wrote_anew_is_not_taken_out_as_done(desk: Desk) -> None:
    """Held and let go again within one batch time, as while a clock is set back."""
    number = desk.order()
    (seen,) = read_due(
        desk.bank.app, DISPATCH_DUE, desk.bank.gate.clock.now, without=[], count_max=9
    )
    desk.bank.gate.do(commands.Hold(number, "duty_officer", 1, b""))
    desk.bank.gate.release(number)
    assert delete_done(desk.bank.app, DISPATCH_DUE, [seen]) == 0
    assert desk.dispatcher.dispatch_due() == 1
    assert desk.status(number) == "dispatched"


def test_i3_a_transfer_of_a_later_day_waits_for_it(desk: Desk) -> None:
    number = desk.order(requested_execution_date="2027-01-17")
    assert desk.dispatcher.dispatch_due() == 0
    desk.later(2 * 86_400_000)
    assert desk.dispatcher.dispatch_due() == 1
    assert desk.status(number) == "dispatched"


def test_i4_an_order_that_was_put_in_anothers_place_is_not_sent(desk: Desk) -> None:
    first, second = desk.order(), desk.order(instructed_amount=9_999, end_to_end_id="E2E-2")
    desk.bank.tamper(
        "UPDATE transfers.transfer AS t SET digest = o.digest, debtor_side = o.debtor_side,"
        " creditor_side = o.creditor_side FROM transfers.transfer AS o"
        " WHERE t.number = %s AND o.number = %s",
        first,
        second,
    )
    desk.dispatcher.dispatch_due()
    desk.dispatcher.send_prepared()
    (sent,) = desk.line.messages()
    assert isinstance(sent, ReceivedTransfer)
    assert sent.amount.minor_units == 9_999
    assert sent.transaction_id == ids.transaction_id(
        desk.bank.gate.engine.state.open[second].digest
    )
    assert desk.dispatcher.dispatch_due() == 0  # It waits and holds nobody up.
    fields = {"transfer": first, "code": "vault.cannot_open"}
    assert desk.alarms.taken() == [("rail.order_not_opened", fields)]


def test_i4_a_sealed_side_that_was_swapped_after_it_was_prepared_is_not_sent(desk: Desk) -> None:
    number = desk.order()
    desk.dispatcher.dispatch_due()
    desk.bank.tamper("UPDATE transfers.transfer SET debtor_side = creditor_side")
    desk.dispatcher.send_prepared()
    assert desk.line.messages() == []
    assert desk.sending(number).state is State.PREPARED
    fields = {"transfer": number, "code": "vault.cannot_open"}
    assert desk.alarms.taken() == [("rail.order_not_opened", fields)]


def test_what_no_rail_could_carry_is_rejected_by_name(desk: Desk) -> None:
    number = desk.order_of_before(creditor_agent="no such agent!")
    desk.dispatcher.dispatch_due()
    desk.dispatcher.send_prepared()
    assert desk.line.messages() == []
    assert desk.booked(number) == ["dispatched", "rejected"]
    assert desk.sending(number).reason == "agent.malformed"
    fields = {"transfer": number, "code": "agent.malformed"}
    assert desk.alarms.taken() == [("rail.not_sendable", fields)]


@pytest.mark.parametrize("erased", [planted.DEBTOR_IBAN, planted.CREDITOR_IBAN])
def test_what_nobody_can_read_any_more_is_rejected_by_name(desk: Desk, erased: str) -> None:
    number = desk.order()
    desk.bank.keys.destroy(desk.bank.intake.index_of(f"IBAN:{erased}"))
    desk.dispatcher.dispatch_due()
    desk.dispatcher.send_prepared()
    assert desk.line.messages() == []
    assert desk.booked(number) == ["dispatched", "rejected"]
    fields = {"transfer": number, "code": "vault.subject_erased"}
    assert desk.alarms.taken() == [("rail.not_sendable", fields)]


def test_what_the_rail_says_of_an_erased_order_is_booked_whatever_its_uetr(desk: Desk) -> None:
    """As after a restore: it may have left under a UETR that nobody can read any more."""
    uetr = "5d4b1d3a-4a6e-4c1e-8b1f-0a4a6e1c8b1f"
    number = desk.order(uetr=uetr)
    desk.bank.keys.destroy(desk.bank.intake.index_of(f"IBAN:{planted.DEBTOR_IBAN}"))
    with psycopg.connect(desk.bank.database.superuser_dsn()) as administrator:
        actions.ask_first(administrator, below=number + 1, now_ms=desk.bank.gate.clock.now)
    desk.dispatcher.dispatch_due()
    assert desk.dispatcher.ask_overdue() == 1
    sending = desk.sending(number)
    report = RailStatusReport(
        message_id="R-1",
        original_message_id=ids.message_id(sending.digest, 1),
        status="ACSC",
        transaction_id=sending.transaction_id,
        uetr=uetr,
    )
    desk.dispatcher.take_report(report)
    assert desk.booked(number) == ["dispatched", "settled"]


def test_i3_a_row_in_the_workers_table_sends_nothing_that_the_gate_did_not_dispatch(
    desk: Desk,
) -> None:
    held = desk.bank.place(desk.bank.order(instructed_amount=50_000_000))[0]
    assert held.outcome == "held"
    digest = desk.bank.gate.engine.state.open[held.number].digest
    forged = prepared(number=held.number, digest=digest, uetr=None, now_ms=0, is_asked_first=False)
    actions.keep(desk.bank.app, forged)
    desk.dispatcher.send_prepared()
    assert desk.line.messages() == []
    assert desk.dispatcher.send_prepared() == 0  # Postponed, so it holds nobody up.
    fields = {"transfer": held.number, "status": "held"}
    assert desk.alarms.taken() == [("rail.not_dispatched", fields)]


def test_i4_the_digest_of_a_sending_is_no_authority(desk: Desk) -> None:
    first, second = desk.order(), desk.order(instructed_amount=9_999, end_to_end_id="E2E-2")
    desk.dispatcher.dispatch_due()
    digests = {n: desk.sending(n).digest for n in (first, second)}
    desk.bank.tamper(
        "UPDATE rails.sending SET digest = %s WHERE number = %s", digests[second], first
    )
    desk.dispatcher.send_prepared()
    sent = [one.transaction_id for one in desk.line.messages()]
    assert sent == [ids.transaction_id(digests[second])]
    assert desk.sending(first).state is State.PREPARED
    fields = {"transfer": first, "status": "dispatched"}
    assert desk.alarms.taken() == [("rail.not_dispatched", fields)]


def test_i2_the_rails_word_about_one_transfer_books_no_other(desk: Desk) -> None:
    first, second = desk.order(), desk.order(end_to_end_id="E2E-2")
    desk.dispatcher.dispatch_due()
    desk.dispatcher.send_prepared()
    ids_of = {n: desk.sending(n).transaction_id for n in (first, second)}
    desk.bank.tamper("UPDATE rails.sending SET transaction_id = number::text")
    desk.bank.tamper(
        "UPDATE rails.sending SET transaction_id = %s WHERE number = %s", ids_of[second], first
    )
    report = RailStatusReport(
        message_id="R", original_message_id="M", status="ACSC", transaction_id=ids_of[second]
    )
    desk.dispatcher.take_report(report)
    assert {desk.status(first), desk.status(second)} == {"dispatched"}
    fields = {"transaction_id": ids_of[second]}
    assert desk.alarms.taken() == [("rail.unknown_transaction", fields)]


def test_i2_a_sending_whose_row_was_removed_is_asked_about(desk: Desk) -> None:
    number = desk.order()
    desk.dispatcher.dispatch_due()
    desk.dispatcher.send_prepared()
    assert len(desk.line.messages()) == 1
    desk.bank.tamper("DELETE FROM rails.sending")
    desk.bank.tamper(
        "INSERT INTO gate.outbox (number, topic, due_ms, cause) VALUES (%s, 1, 0, 0)", number
    )
    desk.dispatcher.dispatch_due()
    assert (desk.dispatcher.send_prepared(), desk.dispatcher.ask_overdue()) == (0, 1)
    assert [type(one) for one in desk.line.messages()] == [StatusRequest]


def test_i8_what_was_dispatched_and_not_sent_stays_while_it_is_frozen(desk: Desk) -> None:
    number = desk.order()
    desk.line.is_up = False
    desk.dispatcher.dispatch_due()
    index = desk.bank.intake.index_of(f"IBAN:{planted.DEBTOR_IBAN}")
    desk.bank.gate.do(commands.Freeze(index, b""))
    desk.line.is_up = True
    desk.dispatcher.send_prepared()
    assert desk.line.messages() == []
    assert desk.alarms.taken() == [("rail.frozen_not_sent", {"transfer": number})]
    desk.bank.gate.do(commands.Unfreeze(index, b""))
    desk.later(60_000)
    assert desk.dispatcher.send_prepared() == 1
    assert len(desk.line.messages()) == 1


def test_what_cannot_be_sent_after_the_rail_never_received_it_is_rejected(desk: Desk) -> None:
    number = desk.order_of_before(creditor_agent="no such agent!")
    assert desk.bank.gate.dispatch(number).outcome == "dispatched"
    desk.dispatcher.dispatch_due()
    desk.rail_says(number, "RJCT", "NOOR")
    desk.dispatcher.send_prepared()
    assert desk.booked(number) == ["dispatched", "rejected"]
    assert desk.dispatcher.send_prepared() == 0
    fields = {"transfer": number, "code": "agent.malformed"}
    assert desk.alarms.taken() == [("rail.not_sendable", fields)]


def test_a_rejection_that_comes_again_with_another_reason_ends_the_sending(desk: Desk) -> None:
    number = desk.order()
    desk.dispatcher.dispatch_due()
    desk.dispatcher.send_prepared()
    desk.rail_says(number, "RJCT", "AC04")
    # As if the worker had died before it wrote that down.
    desk.bank.tamper("UPDATE rails.sending SET state = 2")
    desk.rail_says(number, "RJCT", "AC06")
    assert desk.sending(number).state is State.ANSWERED
    assert desk.booked(number) == ["dispatched", "rejected"]


def test_a_booking_that_the_gate_refused_once_is_no_booking(desk: Desk) -> None:
    """A wrong digest in the row is refused; with the right one it is booked, and only then over."""
    number = desk.order()
    desk.dispatcher.dispatch_due()
    desk.dispatcher.send_prepared()
    digest = desk.sending(number).digest
    desk.bank.tamper(
        "UPDATE rails.sending SET digest = %s, transaction_id = %s",
        b"x" * 32,
        ids.transaction_id(b"x" * 32),
    )
    desk.rail_says(number, "ACSC")
    assert desk.sending(number).state is State.SENT
    fields = {"transfer": number, "code": "transfers.digest_differs"}
    assert desk.alarms.taken() == [("rail.not_booked", fields)]
    desk.bank.tamper(
        "UPDATE rails.sending SET digest = %s, transaction_id = %s",
        digest,
        ids.transaction_id(digest),
    )
    desk.rail_says(number, "ACSC")
    assert desk.status(number) == "settled"
    assert desk.sending(number).state is State.ANSWERED


def test_i2_a_late_rejection_of_an_older_attempt_is_no_end_of_the_newest(desk: Desk) -> None:
    number = desk.order()
    desk.dispatcher.dispatch_due()
    desk.dispatcher.send_prepared()
    desk.rail_says(number, "RJCT", "AG09")
    desk.dispatcher.send_prepared()
    desk.rail_says(number, "RJCT", "TM01", attempt=1)
    assert desk.status(number) == "dispatched"
    desk.later(PATIENCE.first_ms)
    assert desk.dispatcher.ask_overdue() == 1
    # Asked about the newest, the rail says the same: then it is so.
    desk.rail_says(number, "RJCT", "TM01", attempt=1)
    assert desk.booked(number) == ["dispatched", "rejected"]


def test_a_second_order_under_one_uetr_is_rejected_unsent(desk: Desk) -> None:
    uetr = "8a562c67-ca16-48ba-b074-65581be6f001"
    first, second = desk.order(uetr=uetr), desk.order(uetr=uetr, end_to_end_id="E2E-2")
    desk.dispatcher.dispatch_due()
    desk.dispatcher.send_prepared()
    assert len(desk.line.messages()) == 1
    assert desk.status(first) == "dispatched"
    assert desk.booked(second) == ["dispatched", "rejected"]
    assert desk.sending(second).reason == "rails.duplicate_uetr"
    fields = {"transfer": second, "code": "rails.duplicate_uetr"}
    assert desk.alarms.taken() == [("rail.not_sendable", fields)]


def test_a_contradiction_changes_nothing(desk: Desk) -> None:
    number = desk.order()
    desk.dispatcher.dispatch_due()
    desk.dispatcher.send_prepared()
    desk.rail_says(number, "ACSC")
    desk.rail_says(number, "RJCT", "AC04")
    assert desk.booked(number) == ["dispatched", "settled"]
    assert desk.sending(number).status == "settled"
    assert desk.alarms.taken() == [("rail.contradiction", {"transfer": number, "said": "RJCT"})]


def test_a_report_about_nothing_or_about_two_is_no_news(desk: Desk) -> None:
    one, other = desk.order(), desk.order(end_to_end_id="E2E-2")
    desk.dispatcher.dispatch_due()
    desk.dispatcher.send_prepared()
    for transaction_id, uetr in (
        ("UNKNOWN", None),
        (None, None),
        (desk.sending(one).transaction_id, desk.sending(other).uetr),
    ):
        report = RailStatusReport(
            message_id="R",
            original_message_id="M",
            status="ACSC",
            transaction_id=transaction_id,
            uetr=uetr,
        )
        desk.dispatcher.take_report(report)
    assert {desk.status(one), desk.status(other)} == {"dispatched"}
    named = ["UNKNOWN", "None", desk.sending(one).transaction_id]
    assert desk.alarms.taken() == [
        ("rail.unknown_transaction", {"transaction_id": name}) for name in named
    ]


def test_a_rail_that_never_answers_raises_an_alarm_from_the_fifth_question_on(desk: Desk) -> None:
    number = desk.order()
    desk.dispatcher.dispatch_due()
    desk.dispatcher.send_prepared()
    raised = []
    for _ in range(8):
        desk.later(PATIENCE.longest_ms)
        assert desk.dispatcher.ask_overdue() == 1
        raised.append(desk.alarms.taken())
    alarms = [[("rail.no_answer", {"transfer": number, "asked": asked})] for asked in (5, 6, 7)]
    assert raised == [[], [], [], [], [], *alarms]


def test_an_order_that_was_taken_out_of_the_journal_raises_an_alarm(desk: Desk) -> None:
    number, other = desk.order(), desk.order(end_to_end_id="E2E-2")
    desk.bank.tamper("DELETE FROM transfers.transfer WHERE number = %s", number)
    desk.dispatcher.dispatch_due()
    assert desk.alarms.taken() == [("rail.order_missing", {"transfer": number})]
    assert desk.dispatcher.send_prepared() == 1
    assert desk.sending(other).state is State.SENT


def test_what_the_gate_will_not_dispatch_after_all_waits_with_an_alarm(desk: Desk) -> None:
    """Cancelled between the question and the command."""
    number = desk.order()
    desk.gate.before_dispatch = lambda: desk.bank.gate.do(commands.Cancel(number, b""))
    assert desk.dispatcher.dispatch_due() == 1
    fields = {"transfer": number, "code": "transfers.unknown"}
    assert desk.alarms.taken() == [("rail.not_dispatched", fields)]
    assert (desk.dispatcher.send_prepared(), desk.line.messages()) == (0, [])
    desk.later(60_000)
    assert (desk.dispatcher.dispatch_due(), desk.dispatcher.dispatch_due()) == (1, 0)


def test_a_report_that_names_the_uetr_alone_counts(desk: Desk) -> None:
    number = desk.order()
    desk.dispatcher.dispatch_due()
    desk.dispatcher.send_prepared()
    report = RailStatusReport(
        message_id="R",
        original_message_id="M",
        status="ACSC",
        uetr=desk.sending(number).uetr,
    )
    desk.dispatcher.take_report(report)
    assert desk.status(number) == "settled"


def _read(content: bytes) -> ReceivedTransfer | StatusRequest:
    try:
        return read_credit_transfer(content, schema_dir=None)
    except Refusal:
        return read_status_request(content, schema_dir=None)
