"""Balances: what is held is not available, what comes in is spendable from the next batch."""

import pytest

from countersign.kernel.invariant import InvariantBroken
from countersign.ledger.errors import BalanceOutOfRange, InsufficientFunds
from countersign.ledger.model import UNLIMITED, Balances

pytestmark = pytest.mark.fast

HOUSE, ADA, BO = 1, 2, 3


@pytest.fixture
def balances() -> Balances:
    """A house account without a floor, Ada with 100 and Bo with an overdraft of 10."""
    made = Balances()
    for floor in (UNLIMITED, 0, -10):
        made.open(floor)
    made.direct(HOUSE, ADA, 100)
    made.close_batch()
    return made


def figures(balances: Balances, account: int) -> tuple[int, int, int]:
    return balances.balance[account], balances.held[account], balances.available(account)


def test_what_is_held_is_there_and_not_available(balances: Balances) -> None:
    balances.hold(ADA, 60)
    assert figures(balances, ADA) == (100, 60, 40)
    balances.hold(ADA, 40)
    assert figures(balances, ADA) == (100, 100, 0)


@pytest.mark.parametrize("account", [ADA, BO])
def test_nothing_goes_below_the_floor(balances: Balances, account: int) -> None:
    before = figures(balances, account)
    with pytest.raises(InsufficientFunds):
        balances.hold(account, before[2] + 1)
    with pytest.raises(InsufficientFunds):
        balances.direct(account, HOUSE, before[2] + 1)
    assert figures(balances, account) == before
    balances.direct(account, HOUSE, before[2])
    assert balances.available(account) == 0


def test_what_is_given_back_is_available_again(balances: Balances) -> None:
    balances.hold(ADA, 60)
    balances.void(ADA, 60)
    assert figures(balances, ADA) == (100, 0, 100)
    with pytest.raises(InvariantBroken):
        balances.void(ADA, 1)


def test_what_is_posted_comes_with_the_next_batch(balances: Balances) -> None:
    balances.hold(ADA, 60)
    balances.post(ADA, BO, 60)
    assert (figures(balances, ADA), figures(balances, BO)) == ((40, 0, 40), (0, 0, 10))
    assert balances.close_batch() == [ADA, BO]
    assert figures(balances, BO) == (60, 0, 70)
    assert balances.close_batch() == []


def test_a_balance_beyond_its_integer_is_refused_and_nothing_moves(balances: Balances) -> None:
    balances.open(UNLIMITED)
    second_house = BO + 1
    balances.direct(second_house, BO, 2**62)
    balances.close_batch()
    with pytest.raises(BalanceOutOfRange):
        balances.direct(HOUSE, BO, 1)
    assert balances.close_batch() == []
