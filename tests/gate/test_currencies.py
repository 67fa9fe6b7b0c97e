"""Money keeps its currency: no order, funding or correction goes between two of them."""

import pytest
from tests.support.gate import REASON, Harness, index_of

from countersign.accounts.model import AccountKind
from countersign.gate import commands

pytestmark = pytest.mark.fast

OTHER_CURRENCY = "accounts.other_currency"
NO_SETTLEMENT = "accounts.no_settlement_account"


@pytest.fixture
def gate() -> Harness:
    """The city counts in EUR; dee has dollars, lou has pounds that nobody settles."""
    gate = Harness().start().a_city()
    gate.open_account("settlement usd", kind=AccountKind.SETTLEMENT, currency="USD")
    gate.fund(gate.open_account("dee", currency="USD"), 5_000, "USD")
    gate.open_account("lou", currency="GBP")
    return gate


def money(gate: Harness) -> tuple[list[int], list[int]]:
    balances = gate.engine.state.balances
    return list(balances.balance), list(balances.held)


@pytest.mark.parametrize(
    ("debtor", "creditor", "currency"),
    [
        ("dee", "elsewhere", "EUR"),
        ("dee", "ada", "EUR"),
        ("ada", "elsewhere", "USD"),
        ("dee", "ada", "USD"),
        ("ada", "dee", "EUR"),
    ],
)
def test_an_order_is_in_the_currency_of_both_sides(
    gate: Harness, debtor: str, creditor: str, currency: str
) -> None:
    before = money(gate)
    answer = gate.place(debtor=debtor, creditor=creditor, currency=currency, amount=100)
    assert answer.outcome == OTHER_CURRENCY
    assert money(gate) == before


def test_an_order_without_a_settlement_account_has_nowhere_to_go(gate: Harness) -> None:
    before = money(gate)
    answer = gate.place(debtor="lou", currency="GBP", amount=100)
    assert answer.outcome == NO_SETTLEMENT
    assert money(gate) == before


@pytest.mark.parametrize(("name", "currency"), [("dee", "EUR"), ("ada", "USD")])
def test_a_funding_is_in_the_currency_of_the_account(
    gate: Harness, name: str, currency: str
) -> None:
    before = money(gate)
    funding = commands.Fund(index_of(name), 100, currency, REASON)
    assert gate.do(funding).outcome == OTHER_CURRENCY
    assert money(gate) == before


def test_a_funding_needs_a_settlement_account(gate: Harness) -> None:
    before = money(gate)
    assert gate.do(commands.Fund(index_of("lou"), 100, "GBP", REASON)).outcome == NO_SETTLEMENT
    assert money(gate) == before


@pytest.mark.parametrize(
    ("debit", "credit", "currency"),
    [("dee", "ada", "EUR"), ("ada", "dee", "EUR"), ("ada", "bo", "USD")],
)
def test_a_correction_is_in_the_currency_of_both_accounts(
    gate: Harness, debit: str, credit: str, currency: str
) -> None:
    before = money(gate)
    correction = commands.Correct(index_of(debit), index_of(credit), 100, currency, REASON)
    assert gate.do(correction).outcome == OTHER_CURRENCY
    assert money(gate) == before


@pytest.mark.parametrize("amount", [0, -1, 10**15 + 1])
def test_neither_moves_what_no_transfer_may_carry(gate: Harness, amount: int) -> None:
    before = money(gate)
    for command in (
        commands.Fund(index_of("ada"), amount, "EUR", REASON),
        commands.Correct(index_of("ada"), index_of("bo"), amount, "EUR", REASON),
    ):
        assert gate.do(command).outcome == "money.out_of_range"
    assert money(gate) == before
