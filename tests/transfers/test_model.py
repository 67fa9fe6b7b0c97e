"""The life of a transfer as a table: every pair of statuses, and what no move leaves."""

from itertools import product

import pytest

from countersign.transfers.errors import IllegalMove
from countersign.transfers.model import FINAL, LEGAL_MOVES, Action, HoldRow, Status, move
from countersign.transfers.store import hold_columns, read_holds

pytestmark = pytest.mark.fast

# Written out by hand, status by status, so that a change of the table is a change here.
EXPECTED = {
    "draft": "ordered cancelled expired",
    "ordered": "challenged attested signed pending_approval held released"
    " rejected cancelled expired",
    "challenged": "signed rejected cancelled expired",
    "attested": "pending_approval held released rejected cancelled expired",
    "signed": "pending_approval held released rejected cancelled expired",
    "pending_approval": "held released rejected cancelled expired",
    "held": "released rejected cancelled expired",
    "released": "held dispatched settled rejected cancelled expired",
    "dispatched": "settled rejected recalled",
    "settled": "returned recalled",
    "recalled": "returned settled",
    "rejected": "",
    "cancelled": "",
    "expired": "",
    "returned": "",
}
LEGAL = {
    (Status[before.upper()], Status[after.upper()])
    for before, targets in EXPECTED.items()
    for after in targets.split()
}


def name_of(value: object) -> str:
    return value.name.lower() if isinstance(value, Status) else str(value)


@pytest.mark.parametrize(("current", "target"), list(product(Status, Status)), ids=name_of)
def test_a_move_is_made_or_refused_as_the_table_says(current: Status, target: Status) -> None:
    if (current, target) in LEGAL:
        assert move(current, target) is target
        return
    with pytest.raises(IllegalMove) as refusal:
        move(current, target)
    assert refusal.value.details == {"current": name_of(current), "target": name_of(target)}


def test_the_table_has_every_status() -> None:
    assert set(LEGAL_MOVES) == set(Status) == {Status[name.upper()] for name in EXPECTED}


def test_what_is_final_moves_no_more() -> None:
    assert {status.name for status in FINAL} == {"REJECTED", "CANCELLED", "EXPIRED", "RETURNED"}


def test_nothing_is_dispatched_but_what_is_released() -> None:
    assert {before for before, after in LEGAL if after is Status.DISPATCHED} == {Status.RELEASED}


def test_nothing_that_was_dispatched_comes_back_before_dispatch() -> None:
    later = {Status.DISPATCHED, Status.SETTLED, Status.RETURNED, Status.RECALLED}
    ends = {Status.REJECTED}
    assert {after for before, after in LEGAL if before in later} <= later | ends


def test_numbers_of_statuses_and_actions_are_those_of_the_journal() -> None:
    assert [(int(status), status.name.lower()) for status in sorted(Status)] == [
        (1, "draft"),
        (2, "ordered"),
        (3, "challenged"),
        (4, "attested"),
        (5, "signed"),
        (6, "pending_approval"),
        (7, "held"),
        (8, "released"),
        (9, "dispatched"),
        (10, "settled"),
        (11, "rejected"),
        (12, "cancelled"),
        (13, "expired"),
        (14, "returned"),
        (15, "recalled"),
    ]
    assert [action.name for action in sorted(Action)] == [
        "RELEASE", "CHALLENGE", "APPROVE", "HOLD", "BLOCK",
    ]  # fmt: skip
    assert [int(action) for action in sorted(Action)] == [1, 2, 3, 4, 5]


def test_holds_survive_their_columns() -> None:
    holds = [HoldRow(7, "duty_officer", "rules.amount,rules.new_creditor", 2**40)]
    assert read_holds(hold_columns(holds)) == holds
    assert read_holds([None] * 4) == []
