"""What comes back over the rail: kept first, acknowledged, matched, booked once or looked at.

An alarm that a test did not take is a failure of it, as in `test_dispatch_transfers`.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.flows.test_dispatch_transfers import Alarms, RecordingLine, WorkerEnd
from tests.flows.test_verify_audit import faults
from tests.support.bank import Bank, a_bank

from countersign.flows import take_returns
from countersign.flows.dispatch_transfers import Dispatcher, LineDown
from countersign.flows.take_returns import SETTLED_WITHIN_MS, Returns, read_arrived
from countersign.flows.tell_transfer import tell_transfer
from countersign.gate.preparation import Preparation
from countersign.infra.database import Database
from countersign.kernel.money import Money
from countersign.rails import ids, queries
from countersign.rails.messages import PaymentReturn, RailStatusReport
from countersign.rails.model import Patience
from countersign.rails.pacs004 import read_receipt, write_return
from countersign.vault.files import SealedFiles

pytestmark = pytest.mark.postgres

AMOUNT = 5_000


@dataclass
class Desk:
    bank: Bank
    line: RecordingLine
    dispatcher: Dispatcher
    returns: Returns
    alarms: Alarms

    def sent(self, **fields: Any) -> int:
        """A transfer that went to the rail and is not answered yet."""
        number = self.bank.place(self.bank.order(**fields))[0].number
        self.dispatcher.dispatch_due()
        self.dispatcher.send_prepared()
        self.line.sent.clear()
        return number

    def settled(self, **fields: Any) -> int:
        number = self.sent(**fields)
        self.rail_says(number, "ACSC")
        return number

    def rail_says(self, number: int, status: str) -> None:
        sending = queries.sendings(self.bank.app, [number])[number]
        report = RailStatusReport(
            message_id="R",
            original_message_id=ids.message_id(sending.digest, 1),
            status=status,
            transaction_id=sending.transaction_id,
        )
        self.dispatcher.take_report(report)

    def return_of(self, number: int, **changes: Any) -> PaymentReturn:
        sending = queries.sendings(self.bank.app, [number])[number]
        amount = Money(minor_units=AMOUNT, currency="EUR")
        returned = PaymentReturn(
            message_id="RM-1",
            return_id="RTR-1",
            original_message_id=ids.message_id(sending.digest, 1),
            transaction_id=sending.transaction_id,
            uetr=sending.uetr,
            end_to_end_id="E2E-1",
            amount=amount,
            original_amount=amount,
            reason_code="AC04",
        )
        return msgspec.structs.replace(returned, **changes)

    def arrives(self, returned: PaymentReturn | bytes) -> None:
        raw = returned if isinstance(returned, bytes) else write_return(returned, created_ms=0)
        arrived = read_arrived(raw, schema_dir=None)
        assert arrived
        self.returns.keep(arrived)

    def comes_back(self, returned: PaymentReturn | bytes) -> None:
        """It arrives, and the gate is told."""
        self.arrives(returned)
        self.returns.book_due()

    def rows(self) -> list[tuple[int, int, str]]:
        query = "SELECT state, number, reason FROM rails.payment_return ORDER BY received_ms, state"
        return self.bank.app.execute(query).fetchall()

    def balance(self) -> int:
        return self.bank.gate.engine.state.balances.balance[2]

    def alerts(self) -> list[tuple[int, str]]:
        query = "SELECT transfer, rules FROM alerts.alert ORDER BY number"
        return self.bank.app.execute(query).fetchall()

    def codes(self) -> list[object]:
        return [fields.get("code") for _, fields in self.alarms.taken()]


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Iterator[Desk]:
    with a_bank(database, tmp_path) as bank:
        bank.app.autocommit = True
        line, gate = RecordingLine(), WorkerEnd(bank, Preparation(bank.keys, bank.accounts))
        shared: dict[str, Any] = {
            "gate": gate,
            "line": line,
            "intake": bank.intake,
            "clock": bank.gate.clock,
        }
        dispatcher = Dispatcher(bank.app, patience=Patience(), **shared)
        returns = Returns(bank.app, files=SealedFiles(bank.keys), schema_dir=None, **shared)
        alarms, log = Alarms(), logging.getLogger(take_returns.__name__)
        log.addHandler(alarms)
        try:
            yield Desk(bank, line, dispatcher, returns, alarms)
        finally:
            log.removeHandler(alarms)
        assert alarms.taken() == []
        bank.checkpoint()
        assert faults(bank, bank.gate.head.head) == []


def test_a_return_is_kept_acknowledged_and_booked_once(desk: Desk) -> None:
    number, before = desk.settled(), desk.balance()
    returned = desk.return_of(number)
    desk.arrives(returned)
    (receipt,) = desk.line.sent
    assert read_receipt(receipt, schema_dir=None) == "RTR-1"
    assert (desk.rows(), desk.balance()) == ([(1, 0, "")], before)
    for _ in range(2):  # It comes again, as of a rail that lost the receipt.
        desk.comes_back(returned)
        assert (desk.rows(), desk.balance()) == ([(2, number, "")], before + AMOUNT)
    assert len(desk.line.sent) == 3
    assert desk.alerts() == []
    told = tell_transfer(desk.bank.app, intake=desk.bank.intake, number=number)
    assert told.status == "returned"
    assert told.returned
    assert (told.returned.return_id, told.returned.amount, told.returned.reason) == (
        "RTR-1",
        "50.00",
        "AC04",
    )
    assert (told.events[-1].event, told.events[-1].reason) == ("return", "AC04")


def test_what_could_not_be_acknowledged_is_kept_all_the_same(desk: Desk) -> None:
    number, before = desk.settled(), desk.balance()
    desk.line.breaks = True
    with pytest.raises(LineDown):
        desk.arrives(desk.return_of(number))
    desk.returns.book_due()
    assert desk.balance() == before + AMOUNT


def test_a_return_in_another_message_is_the_same_return(desk: Desk) -> None:
    number, before = desk.settled(), desk.balance()
    desk.comes_back(desk.return_of(number))
    desk.comes_back(desk.return_of(number, message_id="RM-2"))
    assert sorted(desk.rows()) == [(2, number, ""), (4, 0, "")]
    assert (desk.balance(), desk.alerts()) == (before + AMOUNT, [])


def test_a_return_that_says_something_else_the_second_time_is_looked_at(desk: Desk) -> None:
    number, before = desk.settled(), desk.balance()
    less = Money(minor_units=AMOUNT - 1, currency="EUR")
    desk.comes_back(desk.return_of(number, amount=less))
    desk.comes_back(desk.return_of(number))
    assert desk.balance() == before + AMOUNT - 1
    assert desk.codes() == ["rails.return_conflicts"]
    assert desk.alerts() == [
        (number, "transfers.returned_less"),
        (number, "rails.return_conflicts"),
    ]
    told = tell_transfer(desk.bank.app, intake=desk.bank.intake, number=number)
    assert told.returned
    assert (told.returned.amount, told.returned.kept) == ("49.99", "0.01")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"transaction_id": "T" * 35}, "rails.return_unmatched"),
        ({"transaction_id": None, "uetr": None}, "rails.return_unmatched"),
        ({"uetr": "8a562c67-ca16-48ba-b074-65581be6f011"}, "rails.return_unmatched"),
        ({"original_message_id": "M"}, "rails.return_differs"),
        ({"end_to_end_id": "E2E-2"}, "rails.return_differs"),
        ({"original_amount": Money(minor_units=1, currency="EUR")}, "rails.return_differs"),
        ({"amount": Money(minor_units=AMOUNT + 1, currency="EUR")}, "transfers.return_too_large"),
        ({"amount": Money(minor_units=AMOUNT, currency="USD")}, "accounts.other_currency"),
    ],
)
def test_a_return_that_is_in_doubt_moves_no_money(
    desk: Desk, changes: dict[str, Any], code: str
) -> None:
    number, before = desk.settled(), desk.balance()
    desk.comes_back(desk.return_of(number, **changes))
    found = 0 if code == "rails.return_unmatched" else number
    assert (desk.rows(), desk.balance()) == ([(3, found, code)], before)
    assert (desk.alerts(), desk.codes()) == ([(found, code)], [code])
    assert desk.bank.gate.engine.state.open[number].status.name == "SETTLED"


def test_the_uetr_alone_is_enough(desk: Desk) -> None:
    number, before = desk.settled(), desk.balance()
    names = {"transaction_id": None, "original_message_id": None, "end_to_end_id": None}
    desk.comes_back(desk.return_of(number, original_amount=None, **names))
    assert desk.balance() == before + AMOUNT


def test_a_return_that_overtakes_the_word_that_it_settled_waits_for_it(desk: Desk) -> None:
    before = desk.balance()
    number = desk.sent()
    desk.comes_back(desk.return_of(number))
    assert (desk.rows(), desk.balance()) == ([(1, 0, "")], before)
    desk.rail_says(number, "ACSC")
    desk.bank.gate.clock.now += 1_000
    desk.returns.book_due()
    assert (desk.rows(), desk.balance()) == ([(2, number, "")], before)


def test_a_return_of_what_never_settled_moves_no_money(desk: Desk) -> None:
    before = desk.balance()
    silent, rejected = desk.sent(), desk.sent()
    desk.rail_says(rejected, "RJCT")
    desk.comes_back(desk.return_of(silent, return_id="S"))
    desk.comes_back(desk.return_of(rejected, return_id="R"))
    desk.bank.gate.clock.now += SETTLED_WITHIN_MS
    desk.returns.book_due()
    code = "rails.return_of_unsettled"
    assert desk.alerts() == [(rejected, code), (silent, code)]
    assert (desk.codes(), desk.balance()) == ([code, code], before)


def test_a_return_that_cannot_be_read_is_kept_and_looked_at(desk: Desk) -> None:
    number, before = desk.settled(), desk.balance()
    raw = write_return(desk.return_of(number), created_ms=0)
    several = raw.replace(b"</TxInf>", b"</TxInf><TxInf/>")
    unknown = raw.replace(b"pacs.004.001.09", b"pacs.004.001.08")
    for content in (several, unknown):
        desk.comes_back(content)
        assert desk.line.sent == []  # It is not acknowledged, because nobody can say which it is.
    codes = ["rails.not_one_transaction", "iso20022.unsupported_message"]
    assert desk.alerts() == [(0, code) for code in codes]
    assert (desk.codes(), desk.balance()) == (codes, before)


def test_the_row_of_a_return_is_no_authority(desk: Desk) -> None:
    number, other = desk.settled(), desk.settled(end_to_end_id="E2E-9")
    before = desk.balance()
    desk.arrives(desk.return_of(number))
    tamper = "UPDATE rails.payment_return SET number = %s, reason = 'x', meaning = %s"
    desk.bank.tamper(tamper, other, b"\x01" * 32)
    desk.returns.book_due()
    assert (desk.rows()[0][1], desk.balance()) == (number, before + AMOUNT)
    assert desk.bank.gate.engine.state.open[other].status.name == "SETTLED"


def test_a_message_that_was_put_in_anothers_place_is_not_booked(desk: Desk) -> None:
    number, before = desk.settled(), desk.balance()
    desk.arrives(desk.return_of(number))
    desk.bank.tamper("UPDATE vault.sealed_file SET content = set_byte(content, 40, 7)")
    desk.returns.book_due()
    assert (desk.balance(), len(desk.codes())) == (before, 1)
    assert [code for _, code in desk.alerts()] == ["vault.cannot_open"]


def test_a_message_that_was_put_in_anothers_row_is_not_booked(desk: Desk) -> None:
    number, other = desk.settled(), desk.settled(end_to_end_id="E2E-9")
    before = desk.balance()
    desk.arrives(desk.return_of(number))
    desk.arrives(desk.return_of(other, return_id="RTR-9", end_to_end_id="E2E-9"))
    swap = """UPDATE rails.payment_return AS r SET content_hash = sha256(r.content_hash)"""
    desk.bank.tamper(swap)
    desk.returns.book_due()
    assert (desk.balance(), len(desk.codes())) == (before, 2)
    # One alert for both, which lists them.
    assert desk.alerts() == [(0, "vault.cannot_open")]
    kept = "SELECT state, reason FROM rails.payment_return"
    assert desk.bank.app.execute(kept).fetchall() == [(3, "vault.cannot_open")] * 2


def test_nothing_of_a_return_stands_in_clear(desk: Desk) -> None:
    number = desk.settled()
    desk.comes_back(desk.return_of(number))
    for table in ("rails.payment_return", "vault.sealed_file"):
        rows = desk.bank.app.execute(f"SELECT t::text FROM {table} AS t").fetchall()
        assert rows
        assert not [row for row in rows if "E2E" in row[0] or b"E2E".hex() in row[0]]
