"""What may be reversed: once, for a time, and no more than so many entries."""

import pytest

from countersign.kernel.invariant import InvariantBroken
from countersign.ledger.errors import (
    AlreadyReversed,
    NotReversible,
    TooOldToReverse,
    UnknownEntry,
)
from countersign.ledger.reversible import WINDOW_MS, Entry, ReversibleEntries

pytestmark = pytest.mark.fast

ENTRY = Entry(1, 2, 500, at_ms=1_000)


def entries(*numbers: int, count_max: int = 100) -> ReversibleEntries:
    made = ReversibleEntries(count_max=count_max)
    for number in numbers:
        made.remember(number, ENTRY._replace(at_ms=1_000 + number))
    return made


def test_an_entry_is_found_until_it_is_reversed() -> None:
    made = entries(3, 7)
    assert made.find(7, next_number=9) == ENTRY._replace(at_ms=1_007)
    made.mark(7, reversed_by=9)
    with pytest.raises(AlreadyReversed) as refusal:
        made.find(7, next_number=10)
    assert refusal.value.details == {"number": 7, "reversal": 9}
    assert made.find(3, next_number=10)


@pytest.mark.parametrize(
    ("number", "refusal"), [(5, NotReversible), (2, NotReversible), (9, UnknownEntry)]
)
def test_a_number_that_booked_nothing_is_refused(number: int, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        entries(3, 7).find(number, next_number=9)


def test_age_counts_to_the_millisecond() -> None:
    made = entries(3, 7)
    made.forget_old(1_002 + WINDOW_MS)
    assert made.find(3, next_number=9)
    made.forget_old(1_003 + WINDOW_MS)
    for old in (0, 2, 3):
        with pytest.raises(TooOldToReverse):
            made.find(old, next_number=9)
    with pytest.raises(NotReversible):
        made.find(4, next_number=9)
    assert made.find(7, next_number=9)
    assert len(made) == 1


def test_a_reversed_entry_is_too_old_in_its_turn() -> None:
    made = entries(3)
    made.mark(3, reversed_by=4)
    made.forget_old(1_003 + WINDOW_MS)
    with pytest.raises(TooOldToReverse):
        made.find(3, next_number=9)


def test_the_newest_are_kept_and_the_rest_is_too_old() -> None:
    made = entries(3, 5, 7, count_max=2)
    assert len(made) == 2
    with pytest.raises(TooOldToReverse):
        made.find(3, next_number=9)
    assert made.find(5, next_number=9)


def test_what_is_dumped_is_loaded() -> None:
    made = entries(3, 5, 7, count_max=2)
    made.mark(5, reversed_by=8)
    again = ReversibleEntries.load(made.known_from, made.dump())
    assert (again.known_from, again.dump()) == (4, made.dump())
    with pytest.raises(AlreadyReversed):
        again.find(5, next_number=9)
    again.forget_old(1_005 + WINDOW_MS)
    assert [number for number, *_ in again.dump()] == [7]


def test_entries_out_of_order_are_a_fault() -> None:
    with pytest.raises(InvariantBroken):
        entries(7, 3)
