"""The life of an order, step by step, on a gate in memory."""

from typing import Any

import pytest
from tests.support.gate import REASON, TODAY, Harness, index_of

from countersign.accounts.model import AccountKind
from countersign.gate import commands
from countersign.transfers.model import Status

pytestmark = pytest.mark.fast


@pytest.fixture
def gate() -> Harness:
    return Harness().start().a_city()


def test_a_plain_order_goes_from_order_to_settlement(gate: Harness) -> None:
    answer = gate.place(amount=5_000)
    assert answer.outcome == "released"
    balances = gate.engine.state.balances
    assert (balances.balance[2], balances.held[2]) == (100_000_000, 5_000)
    assert gate.dispatch(answer.number).outcome == "dispatched"
    assert gate.rail_says(answer.number, "settled").outcome == "settled"
    assert (balances.balance[2], balances.held[2]) == (99_995_000, 0)
    assert gate.engine.state.open[answer.number].status == Status.SETTLED


def test_a_transfer_between_own_accounts_settles_at_once(gate: Harness) -> None:
    answer = gate.place(creditor="bo", amount=5_000)
    assert answer.outcome == "settled"
    assert gate.engine.state.balances.balance[2:4] == [99_995_000, 100_005_000]
    assert answer.number not in gate.engine.state.open


def test_a_large_order_is_held_and_released(gate: Harness) -> None:
    answer = gate.place(amount=100_000_000)
    assert (answer.outcome, answer.reasons) == ("held", "rules.amount,rules.new_creditor")
    assert gate.dispatch(answer.number).outcome == "transfers.illegal_move"
    assert gate.release(answer.number).outcome == "released"
    assert gate.dispatch(answer.number).outcome == "dispatched"


def test_a_hold_that_nobody_releases_expires_and_gives_the_money_back(gate: Harness) -> None:
    answer = gate.place(amount=100_000_000)
    gate.clock.now += 73 * 3_600_000
    gate.engine.drain()
    assert answer.number not in gate.engine.state.open
    assert gate.engine.state.balances.held[2] == 0


def test_a_freeze_stops_what_was_released_and_lists_what_left(gate: Harness) -> None:
    left = gate.place(amount=1).number
    gate.dispatch(left)
    waiting = gate.place(amount=2).number
    answer = gate.do(commands.Freeze(index_of("ada"), REASON))
    assert answer.detail == b"\x92\x01\x91" + bytes([left])
    assert gate.dispatch(waiting).outcome == "held"
    assert gate.place(amount=3).reasons == "rules.frozen_side"
    assert gate.do(commands.Unfreeze(index_of("ada"), REASON)).outcome == "ok"
    assert gate.place(amount=4).outcome == "released"


def test_a_returned_transfer_comes_back_once(gate: Harness) -> None:
    number = gate.place(amount=7_000).number
    gate.dispatch(number)
    digest = gate.engine.state.open[number].digest
    gate.rail_says(number, "settled")
    assert gate.rail_says(number, "settled").outcome == "transfers.illegal_move"
    assert gate.rail_says(number, "returned").outcome == "transfers.unknown_verdict"
    assert gate.returns(number).outcome == "returned"
    assert gate.engine.state.balances.balance[2] == 100_000_000
    assert gate.returns(number, digest=digest).outcome == "questioned"
    assert gate.engine.state.balances.balance[2] == 100_000_000


def test_the_rail_must_name_the_order_that_was_sent(gate: Harness) -> None:
    number = gate.place(amount=7_000).number
    gate.dispatch(number)
    assert gate.rail_says(number, "settled", b"\x07" * 32).outcome == "transfers.digest_differs"


@pytest.mark.parametrize(
    ("order", "outcome"),
    [
        ({"debtor": "nobody"}, "accounts.unknown"),
        ({"debtor": "settlement"}, "accounts.unknown"),
        ({"creditor": "settlement"}, "accounts.not_payable"),
        ({"creditor": "reserve"}, "accounts.not_payable"),
        ({"amount": 0}, "money.out_of_range"),
        ({"amount": -5}, "money.out_of_range"),
        ({"amount": 10**15 + 1}, "money.out_of_range"),
        ({"currency": "USD"}, "accounts.other_currency"),
        ({"creditor": "ada"}, "transfers.same_account"),
        ({"day": TODAY - 11}, "transfers.date_out_of_range"),
        ({"day": TODAY + 401}, "transfers.date_out_of_range"),
    ],
)
def test_an_impossible_order_leaves_nothing_but_its_leaf(
    gate: Harness, order: dict[str, Any], outcome: str
) -> None:
    gate.open_account("reserve", kind=AccountKind.RESERVE)
    before = gate.engine.state.log.size
    assert gate.place(**order).outcome == outcome
    assert gate.engine.state.log.size == before + 1
    assert not gate.engine.state.open
    assert gate.engine.state.balances.held[2] == 0


def test_an_account_that_is_mirrored_here_is_paid_by_the_rail(gate: Harness) -> None:
    gate.open_account("mirror", kind=AccountKind.EXTERNAL)
    assert gate.dispatch(gate.place(creditor="mirror").number).outcome == "dispatched"


def test_a_currency_has_one_settlement_account(gate: Harness) -> None:
    for name, currency, outcome in (("b", "EUR", "accounts.settlement_exists"), ("c", "USD", "ok")):
        kind = int(AccountKind.SETTLEMENT)
        command = commands.OpenAccount(kind, currency, index_of(name), index_of(name), 0, b"")
        assert gate.do(command).outcome == outcome
    assert gate.engine.state.accounts.settlement == {"EUR": 1, "USD": 4}


def test_an_order_beyond_the_balance_is_blocked(gate: Harness) -> None:
    gate.place(amount=60_000_000)
    answer = gate.place(amount=60_000_000)
    assert answer.outcome == "rejected"
    assert answer.reasons.endswith("ledger.insufficient_funds")


def test_a_forged_or_missing_factor_blocks(gate: Harness) -> None:
    for evidence in (b"", b"\x90", b"junk", gate.order(credential=2).evidence):
        answer = gate.place(evidence=evidence, salt=evidence.hex())
        assert (answer.outcome, answer.reasons) == ("rejected", "sca.factor_missing")


def test_the_same_key_gives_the_first_answer_and_another_body_is_refused(gate: Harness) -> None:
    first = gate.place(amount=1_000, key=b"k" * 16)
    assert gate.place(amount=1_000, key=b"k" * 16) == first
    assert gate.place(amount=1_001, key=b"k" * 16).outcome == "gate.key_reused"
    assert gate.engine.state.balances.held[2] == 1_000


def test_two_of_one_key_in_one_batch_are_decided_once(gate: Harness) -> None:
    for _ in range(3):
        submission = gate.submission(gate.order(), credential=gate.channel, key=b"twin" * 4)
        gate.engine.submit(submission)
    gate.engine.drain()
    answers = [answer for s, answer in gate.every_answer if s.key == b"twin" * 4]
    assert len(answers) == 3
    assert len(set(answers)) == 1
    assert gate.engine.state.balances.held[2] == 1_000


def test_a_credential_without_the_permission_is_refused(gate: Harness) -> None:
    answer = gate.do(commands.Freeze(index_of("ada"), REASON), credential=gate.channel)
    assert answer.outcome == "access.not_permitted"
    assert not gate.engine.state.accounts.frozen
    revoke = commands.SetCredential(gate.channel, "erp", b"\x00" * 32, [], False)
    assert gate.do(revoke).outcome == "ok"
    assert gate.place().outcome == "access.unknown_credential"


def test_a_future_order_waits_for_its_day(gate: Harness) -> None:
    answer = gate.place(creditor="bo", amount=5_000, day=TODAY + 2)
    assert answer.outcome == "released"
    assert gate.dispatch(answer.number).outcome == "transfers.not_due"
    gate.clock.now += 2 * 86_400_000
    assert gate.dispatch(answer.number).outcome == "settled"


def test_a_restart_gives_the_same_state(gate: Harness) -> None:
    gate.place(amount=100_000_000)
    gate.do(commands.Freeze(index_of("bo"), REASON))
    gate.place(creditor="bo", amount=5)
    again = gate.restarted().start()
    assert again.engine.state.chain.root == gate.engine.state.chain.root
    assert again.engine.state.balances.balance == gate.engine.state.balances.balance
    assert again.engine.state.chain.term == gate.engine.state.chain.term + 1
