"""What comes back of a settled transfer: booked once and never beyond what left, else looked at."""

from typing import Any

import msgspec
import pytest
from tests.support.gate import REASON, Harness, a_return, index_of

from countersign.access.model import WORKER
from countersign.alerts.model import Alert
from countersign.gate import commands
from countersign.gate.snapshot import encode_content
from countersign.gate.state import RETURN_WINDOW_MS

pytestmark = pytest.mark.fast

AMOUNT = 7_000
SETTLEMENT, ADA = 1, 2


@pytest.fixture
def gate() -> Harness:
    return Harness().start().a_city()


@pytest.fixture
def settled(gate: Harness) -> int:
    number = gate.place(amount=AMOUNT).number
    gate.dispatch(number)
    assert gate.rail_says(number, "settled").outcome == "settled"
    return number


def balances(gate: Harness) -> tuple[int, int]:
    balance = gate.engine.state.balances.balance
    return balance[SETTLEMENT], balance[ADA]


def alerts(gate: Harness) -> list[tuple[int, str]]:
    found: list[Alert] = list(gate.engine.state.alerts.values())
    return [(alert.transfer, alert.rules) for alert in found]


def test_a_return_gives_the_money_back_and_asks_for_no_look(gate: Harness, settled: int) -> None:
    before = balances(gate)
    assert gate.returns(settled).outcome == "returned"
    assert balances(gate) == (before[0] - AMOUNT, before[1] + AMOUNT)
    assert settled not in gate.engine.state.open
    assert alerts(gate) == []


def test_what_came_back_less_is_booked_and_looked_at(gate: Harness, settled: int) -> None:
    before = balances(gate)
    assert gate.returns(settled, amount=AMOUNT - 1).outcome == "returned"
    assert balances(gate) == (before[0] - AMOUNT + 1, before[1] + AMOUNT - 1)
    assert alerts(gate) == [(settled, "transfers.returned_less")]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": AMOUNT + 1}, "transfers.return_too_large"),
        ({"amount": 0}, "transfers.return_too_large"),
        ({"amount": -5}, "transfers.return_too_large"),
        ({"currency": "USD"}, "accounts.other_currency"),
        ({"digest": b"\x07" * 32}, "transfers.digest_differs"),
        ({"doubt": "rails.return_unmatched"}, "rails.return_unmatched"),
    ],
)
def test_a_doubtful_return_moves_nothing_and_is_looked_at(
    gate: Harness, settled: int, changes: dict[str, Any], code: str
) -> None:
    before = balances(gate)
    answer = gate.returns(settled, **changes)
    assert (answer.outcome, balances(gate)) == ("questioned", before)
    assert alerts(gate) == [(settled, code)]
    assert gate.engine.state.open[settled].status.name == "SETTLED"
    # A right one is booked afterwards.
    assert gate.returns(settled).outcome == "returned"


def test_a_return_before_the_word_that_it_settled_moves_nothing(gate: Harness) -> None:
    number = gate.place(amount=AMOUNT).number
    for step in (lambda: None, lambda: gate.dispatch(number)):
        step()
        before = balances(gate)
        assert (gate.returns(number).outcome, balances(gate)) == ("questioned", before)
    assert alerts(gate) == [(number, "transfers.illegal_move")]


def test_the_same_doubt_raises_one_alert_until_somebody_acknowledges_it(
    gate: Harness, settled: int
) -> None:
    """Of each transfer, of none, and of each code; what came stands in the log all the same."""
    told = [(0, "a.b"), (0, "a.c"), (settled, "a.b")]

    def doubted(gate: Harness, content: int) -> list[int]:
        """Each of these once more, in a message of its own."""
        return [
            gate.returns(transfer, doubt=code, content_hash=bytes([content]) * 32).number
            for transfer, code in told
        ]

    first = doubted(gate, 1)
    later = doubted(gate, 2) + doubted(gate, 3)
    assert len({*first, *later}) == 9
    assert ([*gate.engine.state.alerts], alerts(gate)) == (first, told)
    gate.do(commands.AcknowledgeAlert(first[0]))
    gate.do(commands.CloseAlert(first[1], "suspicious", REASON))
    again = gate.restarted().start()
    doubted(again, 4)
    doubted(again, 5)
    # The one that somebody looks into stays; what came since asks for another look.
    assert alerts(again) == [told[0], told[2], told[0], told[1]]


@pytest.mark.parametrize("with_snapshot", [False, True])
def test_a_log_in_which_each_doubt_raised_an_alert_is_replayed(
    gate: Harness, *, with_snapshot: bool
) -> None:
    """As gates wrote before messages shared one; from then on they join whatever stands."""
    for content in (1, 2, 3):
        command = a_return(None, 0)
        command = msgspec.structs.replace(command, doubt="a.b", content_hash=bytes([content]) * 32)
        submission = gate.submission(command, credential=WORKER)
        submission.raises_alone = True
        gate.engine.submit(submission)
        gate.engine.drain()
    old = [*gate.engine.state.alerts]
    assert len(old) == 3
    if with_snapshot:
        gate.keep_snapshot()
    again = gate.restarted().start()
    assert [*again.engine.state.alerts] == old
    for number in old:
        again.returns(0, doubt="a.b", content_hash=bytes([number % 251]) * 32)
        assert [*again.engine.state.alerts][-1] == old[-1], "there is one to join"
        again.do(commands.AcknowledgeAlert(number))
    fresh = again.returns(0, doubt="a.b", content_hash=b"\x09" * 32).number
    kept = encode_content(again.engine.state)
    assert [*again.engine.state.alerts] == [*old, fresh]
    assert encode_content(again.restarted().start().engine.state) == kept


def test_a_second_return_moves_nothing_whatever_it_says(gate: Harness, settled: int) -> None:
    digest = gate.engine.state.open[settled].digest
    assert gate.returns(settled, amount=1).outcome == "returned"
    before = balances(gate)
    for amount in (1, AMOUNT - 1):
        again = gate.returns(settled, digest=digest, amount=amount, return_id="RTR-2")
        assert (again.outcome, balances(gate)) == ("questioned", before)


def test_the_same_request_is_answered_and_not_booked_again(gate: Harness, settled: int) -> None:
    digest = gate.engine.state.open[settled].digest
    first = gate.returns(settled, key=b"k" * 16)
    before = balances(gate)
    again = gate.returns(settled, key=b"k" * 16, digest=digest, amount=AMOUNT)
    assert (again.number, again.outcome, balances(gate)) == (first.number, "returned", before)


def test_i8_what_comes_back_to_a_frozen_account_is_credited_and_stays(
    gate: Harness, settled: int
) -> None:
    before = balances(gate)
    gate.do(commands.Freeze(index_of("ada"), REASON))
    assert gate.returns(settled).outcome == "returned"
    assert balances(gate)[1] == before[1] + AMOUNT
    assert alerts(gate) == [(settled, "transfers.returned_to_frozen")]
    assert gate.place(amount=1).reasons == "rules.frozen_side"


def test_a_transfer_comes_back_within_its_window_only(gate: Harness, settled: int) -> None:
    gate.clock.now += RETURN_WINDOW_MS
    digest = gate.engine.state.open[settled].digest
    gate.fund(1, 1)
    answer = gate.returns(settled, digest=digest, amount=AMOUNT)
    assert answer.outcome == "questioned"
    assert alerts(gate) == [(settled, "transfers.unknown")]


def test_a_book_transfer_never_comes_back(gate: Harness) -> None:
    placed = gate.place(creditor="bo", amount=5)
    assert placed.outcome == "settled"
    assert gate.returns(placed.number, digest=placed.detail).outcome == "questioned"


def test_returns_are_replayed_and_kept_in_a_snapshot(gate: Harness, settled: int) -> None:
    other = gate.place(amount=5).number
    gate.dispatch(other)
    gate.rail_says(other, "settled")
    gate.returns(settled, amount=1)
    for content_hash in (b"\x01" * 32, b"\x02" * 32):
        gate.returns(other, amount=6, content_hash=content_hash)
    content = encode_content(gate.engine.state)
    assert encode_content(gate.restarted().start().engine.state) == content
    gate.keep_snapshot()
    again = gate.restarted().start()
    assert encode_content(again.engine.state) == content
    before = alerts(again)
    again.returns(other, amount=6, content_hash=b"\x03" * 32)
    assert alerts(again) == before, "a snapshot knows what nobody has acknowledged"
    assert again.do(commands.Cancel(settled, REASON)).outcome == "transfers.unknown"


def test_a_credential_that_reports_no_status_returns_nothing(gate: Harness, settled: int) -> None:
    before = balances(gate)
    digest = gate.engine.state.open[settled].digest
    command = commands.Return(settled, digest, "R", AMOUNT, "EUR", "AC04", b"\x01" * 32, "")
    assert gate.do(command, credential=gate.channel).outcome == "access.not_permitted"
    assert balances(gate) == before
    assert gate.do(command, credential=WORKER).outcome == "returned"
