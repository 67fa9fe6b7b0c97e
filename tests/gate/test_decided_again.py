"""Dispatch decides again: with that day's freezes, policy and credentials, not with the order's."""

import msgspec
import pytest
from tests.support.gate import REASON, TODAY, Harness, index_of
from tests.support.policies import a_policy

from countersign.accounts.model import AccountKind
from countersign.gate import commands

pytestmark = pytest.mark.fast

AMOUNT = 10_000_00
STRICT = a_policy(large={"EUR": AMOUNT}, new_creditor={"EUR": 2 * AMOUNT})


@pytest.fixture
def gate() -> Harness:
    return Harness().start().a_city()


def release(gate: Harness, number: int) -> None:
    assert gate.release(number).outcome == "released"


def revoke(gate: Harness) -> None:
    command = commands.SetCredential(gate.channel, "erp", b"\x00" * 32, [], False)
    assert gate.do(command).outcome == "ok"


def reasons(gate: Harness, number: int) -> str:
    return gate.engine.state.open[number].reasons


def test_a_future_order_meets_the_policy_of_its_day(gate: Harness) -> None:
    number = gate.place(amount=AMOUNT, day=TODAY + 2).number
    gate.set_policy(STRICT)
    gate.clock.now += 2 * 86_400_000
    answer = gate.dispatch(number)
    assert answer.outcome == "held"
    assert reasons(gate, number) == "rules.amount"
    assert msgspec.msgpack.decode(answer.detail) == [2, "rules.amount", ""]
    release(gate, number)
    assert gate.dispatch(number).outcome == "dispatched"


def test_a_dispatch_records_the_policy_that_let_it_go(gate: Harness) -> None:
    number = gate.place(amount=AMOUNT).number
    assert msgspec.msgpack.decode(gate.dispatch(number).detail) == [1, "", ""]


def test_a_currency_that_lost_its_threshold_is_held(gate: Harness) -> None:
    number = gate.place(amount=AMOUNT).number
    gate.set_policy(a_policy(large={}))
    assert gate.dispatch(number).outcome == "held"
    assert reasons(gate, number) == "rules.no_threshold"


def test_a_release_covers_what_the_transfer_was_held_for_and_nothing_else(gate: Harness) -> None:
    number = gate.place(amount=100_000_000).number
    assert reasons(gate, number) == "rules.amount,rules.new_creditor"
    release(gate, number)
    revoke(gate)
    assert gate.dispatch(number).outcome == "held"
    assert reasons(gate, number) == "access.credential_revoked"
    release(gate, number)
    assert gate.dispatch(number).outcome == "dispatched"


def test_a_release_of_an_older_hold_covers_nothing(gate: Harness) -> None:
    number = gate.place(amount=100_000_000).number
    release(gate, number)
    revoke(gate)
    assert gate.dispatch(number).outcome == "held"
    late = gate.do(commands.Release(number, number, REASON))
    assert late.outcome == "transfers.other_hold"
    assert gate.engine.state.open[number].covered == ("rules.amount", "rules.new_creditor")


def test_what_a_release_covered_stays_covered_after_a_hold_by_hand(gate: Harness) -> None:
    number = gate.place(amount=100_000_000).number
    release(gate, number)
    assert gate.do(commands.Hold(number, "ann", 1, REASON)).outcome == "held"
    release(gate, number)
    assert gate.dispatch(number).outcome == "dispatched"


def test_no_release_covers_a_freeze(gate: Harness) -> None:
    number = gate.place(amount=AMOUNT).number
    gate.do(commands.Freeze(index_of("elsewhere"), REASON))
    for _ in range(2):
        assert gate.dispatch(number).outcome == "held"
        assert reasons(gate, number) == "rules.frozen_side"
        release(gate, number)
    gate.do(commands.Unfreeze(index_of("elsewhere"), REASON))
    assert gate.dispatch(number).outcome == "dispatched"


def test_its_own_count_does_not_hold_it_at_dispatch(gate: Harness) -> None:
    """The windows are those of the moment of the order; its successors do not count against it."""
    gate.set_policy(a_policy(orders_per_hour_max=1))
    first, second = gate.place(amount=1), gate.place(amount=2)
    assert (first.outcome, second.reasons) == ("released", "rules.frequency")
    assert gate.dispatch(first.number).outcome == "dispatched"


def test_a_transfer_in_the_house_is_decided_again_too(gate: Harness) -> None:
    number = gate.place(creditor="bo", amount=AMOUNT, day=TODAY + 1).number
    revoke(gate)
    gate.clock.now += 86_400_000
    assert gate.dispatch(number).outcome == "held"
    assert gate.engine.state.balances.held[2] == AMOUNT


def test_what_dispatch_reads_again_outlives_a_snapshot_and_a_restart(gate: Harness) -> None:
    held = gate.place(amount=100_000_000 - AMOUNT).number
    waiting = gate.place(amount=AMOUNT, day=TODAY + 1).number
    release(gate, held)
    gate.keep_snapshot()
    again = gate.restarted().start()
    assert again.dispatch(held).outcome == "dispatched"
    again.set_policy(STRICT)
    again.clock.now += 86_400_000
    assert again.dispatch(waiting).outcome == "held"
    assert reasons(again, waiting) == "rules.amount"


@pytest.mark.parametrize(
    ("kind", "currency"),
    [
        (AccountKind.CUSTOMER, "EUR"),
        (AccountKind.CUSTOMER, "USD"),
        (AccountKind.RESERVE, "EUR"),
    ],
)
def test_a_creditor_who_opened_an_account_here_since_is_not_paid_elsewhere(
    gate: Harness, kind: AccountKind, currency: str
) -> None:
    number = gate.place(creditor="newcomer", amount=AMOUNT).number
    gate.open_account("newcomer", kind=kind, currency=currency)
    for _ in range(2):
        assert gate.dispatch(number).outcome == "held"
        assert reasons(gate, number) == "accounts.creditor_changed"
        release(gate, number)
