"""The whole table of statuses and commands: what each command does to a transfer in each status."""

from collections.abc import Callable

import pytest
from tests.support.gate import REASON, Harness, a_return, index_of

from countersign.access.model import GATE, OPERATOR, WORKER
from countersign.gate import commands
from countersign.gate.commands import Command
from countersign.gate.errors import GateFault
from countersign.gate.state import OpenTransfer
from countersign.transfers.model import Status

pytestmark = pytest.mark.fast

FUNDS = 100_000_000
AMOUNT = 5_000
HOUR_MS = 3_600_000
ILLEGAL, UNKNOWN, NOT_DUE = "transfers.illegal_move", "transfers.unknown", "transfers.not_due"


@pytest.fixture
def gate() -> Harness:
    return Harness().start().a_city()


def released(gate: Harness) -> int:
    return gate.place(amount=AMOUNT).number


def held(gate: Harness) -> int:
    number = released(gate)
    assert gate.do(commands.Hold(number, "me", 1, REASON)).outcome == "held"
    return number


def dispatched(gate: Harness) -> int:
    number = released(gate)
    assert gate.dispatch(number).outcome == "dispatched"
    return number


def settled(gate: Harness) -> int:
    number = dispatched(gate)
    assert gate.rail_says(number, "settled").outcome == "settled"
    return number


def returned(gate: Harness) -> int:
    number = settled(gate)
    assert gate.returns(number).outcome == "returned"
    return number


def rejected_by_the_rail(gate: Harness) -> int:
    number = dispatched(gate)
    assert gate.rail_says(number, "rejected").outcome == "rejected"
    return number


def cancelled(gate: Harness) -> int:
    number = released(gate)
    assert gate.do(commands.Cancel(number, REASON)).outcome == "cancelled"
    return number


def expired(gate: Harness) -> int:
    number = held(gate)
    gate.clock.now += HOUR_MS
    gate.engine.drain()
    return number


def settled_in_the_house(gate: Harness) -> int:
    return gate.place(creditor="bo", amount=AMOUNT).number


ENDED = [returned, rejected_by_the_rail, cancelled, expired, settled_in_the_house]
# Of a transfer in one of these statuses, in this order, a command ...
OPEN: list[Callable[[Harness], int]] = [held, released, dispatched, settled]
TABLE: dict[str, list[str]] = {
    # ... makes, or is refused:
    "cancel": ["cancelled", "cancelled", ILLEGAL, ILLEGAL],
    "reject": ["rejected", "rejected", ILLEGAL, ILLEGAL],
    "hold": [ILLEGAL, "held", ILLEGAL, ILLEGAL],
    "release": ["released", ILLEGAL, ILLEGAL, ILLEGAL],
    "dispatch": [ILLEGAL, "dispatched", ILLEGAL, ILLEGAL],
    "tick": [NOT_DUE, NOT_DUE, NOT_DUE, NOT_DUE],
    "settled": [ILLEGAL, ILLEGAL, "settled", ILLEGAL],
    "rejected": [ILLEGAL, ILLEGAL, "rejected", ILLEGAL],
    "return": ["questioned", "questioned", "questioned", "returned"],
}
# What a transfer's money is doing: (of the debtor's balance, of what is held on it).
MONEY = {
    "held": (0, AMOUNT),
    "released": (0, AMOUNT),
    "dispatched": (0, AMOUNT),
    "settled": (-AMOUNT, 0),
    "cancelled": (0, 0),
    "rejected": (0, 0),
    "returned": (0, 0),
}


def do(gate: Harness, name: str, number: int) -> str:
    transfer = gate.engine.state.open.get(number)
    command, credential = _command(name, number, transfer)
    return gate.do(command, credential=credential).outcome


def _command(name: str, number: int, transfer: OpenTransfer | None) -> tuple[Command, int]:
    digest, until_ms, hold = b"\x00" * 32, 0, 0
    if transfer:
        digest, until_ms, hold = transfer.digest, transfer.until_ms, transfer.held_by
    commands_of: dict[str, tuple[Command, int]] = {
        "cancel": (commands.Cancel(number, REASON), OPERATOR),
        "reject": (commands.Reject(number, "FRAD", REASON), OPERATOR),
        "hold": (commands.Hold(number, "me", 1, REASON), OPERATOR),
        "release": (commands.Release(number, hold, REASON), OPERATOR),
        "dispatch": (commands.Dispatch(number), WORKER),
        "tick": (commands.Tick(number, until_ms), GATE),
        "return": (a_return(transfer, number), WORKER),
    }
    return commands_of.get(name) or (commands.RailStatus(number, name, "", digest), WORKER)


def money(gate: Harness) -> tuple[int, int]:
    balances, ada = gate.engine.state.balances, gate.engine.state.accounts.find(index_of("ada"))
    return balances.balance[ada.number] - FUNDS, balances.held[ada.number]


@pytest.mark.parametrize("name", list(TABLE))
@pytest.mark.parametrize("make", OPEN)
def test_each_command_makes_exactly_this_of_each_status(
    gate: Harness, make: Callable[[Harness], int], name: str
) -> None:
    number = make(gate)
    before = make.__name__
    assert gate.engine.state.open[number].status.name.lower() == before
    assert money(gate) == MONEY[before]
    wanted = TABLE[name][OPEN.index(make)]
    assert do(gate, name, number) == wanted
    after = before if wanted in {ILLEGAL, NOT_DUE, "questioned"} else wanted
    transfer = gate.engine.state.open.get(number)
    assert (transfer.status.name.lower() if transfer else after) == after
    assert money(gate) == MONEY[after]
    assert gate.restarted().start().engine.state.balances.held == gate.engine.state.balances.held


@pytest.mark.parametrize("name", list(TABLE))
@pytest.mark.parametrize("make", ENDED)
def test_what_has_ended_is_moved_by_nothing(
    gate: Harness, make: Callable[[Harness], int], name: str
) -> None:
    number = make(gate)
    before = money(gate)
    assert do(gate, name, number) == ("questioned" if name == "return" else UNKNOWN)
    assert money(gate) == before


@pytest.mark.parametrize("verdict", ["SETTLED", "accepted", "held", " settled"])
def test_a_verdict_that_nobody_knows_is_refused_by_name(gate: Harness, verdict: str) -> None:
    """And not as a fault of the gate, which would alarm people for what a rail says."""
    number = dispatched(gate)
    assert gate.rail_says(number, verdict).outcome == "transfers.unknown_verdict"
    assert gate.alarms.raised == []
    assert GateFault.code not in {answer.outcome for answer in gate.answers.values()}


@pytest.mark.parametrize(("early_ms", "outcome"), [(1, NOT_DUE), (0, "expired")])
def test_a_hold_runs_out_at_its_time_and_not_before(
    gate: Harness, early_ms: int, outcome: str
) -> None:
    number = held(gate)
    until_ms = gate.engine.state.open[number].until_ms
    submission = gate.submission(commands.Tick(number, until_ms), credential=GATE)
    gate.clock.now = until_ms - early_ms
    gate.engine.submit(submission)
    gate.engine.drain()
    outcomes = {gate.answers[submission.key].outcome}
    if outcome == "expired":
        # The gate's own tick of the same hold may have come first.
        assert outcomes <= {"expired", UNKNOWN}
        assert number not in gate.engine.state.open
    else:
        assert outcomes == {NOT_DUE}
        assert gate.engine.state.open[number].status == Status.HELD


def test_the_tick_of_an_earlier_hold_ends_no_later_one(gate: Harness) -> None:
    number = held(gate)
    first = gate.engine.state.open[number].until_ms
    assert do(gate, "release", number) == "released"
    gate.clock.now += 1
    assert gate.do(commands.Hold(number, "me", 2, REASON)).outcome == "held"
    gate.clock.now = first + 1
    tick = gate.do(commands.Tick(number, first), credential=GATE)
    assert tick.outcome == NOT_DUE
    assert gate.engine.state.open[number].status == Status.HELD


def test_what_was_released_does_not_run_out_with_its_old_hold(gate: Harness) -> None:
    number = held(gate)
    first = gate.engine.state.open[number].until_ms
    assert do(gate, "release", number) == "released"
    gate.clock.now = first + 1
    gate.engine.drain()
    assert gate.do(commands.Tick(number, first), credential=GATE).outcome == NOT_DUE
    assert gate.engine.state.open[number].status == Status.RELEASED
