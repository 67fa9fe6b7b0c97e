"""The account book: numbers in order, an index names one account, one settlement account each."""

import pytest

from countersign.accounts.errors import AccountExists, SettlementAccountExists, UnknownAccount
from countersign.accounts.model import Account, AccountBook, AccountKind, Freeze
from countersign.accounts.store import (
    account_columns,
    freeze_columns,
    read_accounts,
    read_freezes,
)

pytestmark = pytest.mark.fast

PARTY = b"p" * 16


def index(name: str) -> bytes:
    return name.encode().ljust(16, b".")


def a_book() -> AccountBook:
    book = AccountBook()
    book.open(AccountKind.SETTLEMENT, "EUR", index("rail"), PARTY)
    book.open(AccountKind.CUSTOMER, "EUR", index("ada"), PARTY)
    return book


def test_numbers_are_given_out_in_order_from_one() -> None:
    book = AccountBook()
    assert len(book) == 0
    opened = [book.open(AccountKind.CUSTOMER, "EUR", index(str(n)), PARTY) for n in range(3)]
    assert [account.number for account in opened] == [1, 2, 3]
    assert len(book) == 3


def test_an_account_is_found_as_it_was_opened() -> None:
    book = a_book()
    wanted = Account(2, AccountKind.CUSTOMER, "EUR", index("ada"), PARTY)
    assert book.find(index("ada")) == book.account(2) == wanted


def test_opening_it_twice_is_refused_with_its_number_and_changes_nothing() -> None:
    book = a_book()
    for kind, currency in ((AccountKind.CUSTOMER, "EUR"), (AccountKind.RESERVE, "USD")):
        with pytest.raises(AccountExists) as refusal:
            book.open(kind, currency, index("ada"), b"q" * 16)
        assert refusal.value.details == {"number": 2}
    assert len(book) == 2
    assert book.account(2).currency == "EUR"
    assert book.open(AccountKind.CUSTOMER, "EUR", index("bo"), PARTY).number == 3


@pytest.mark.parametrize("number", [0, -1, 3, 10**9])
def test_a_number_that_was_never_given_out_is_unknown(number: int) -> None:
    with pytest.raises(UnknownAccount):
        a_book().account(number)


@pytest.mark.parametrize("unknown", [b"", index("bo"), index("ada")[:15]])
def test_an_index_that_names_no_account_is_unknown(unknown: bytes) -> None:
    with pytest.raises(UnknownAccount):
        a_book().find(unknown)


def test_a_currency_has_one_settlement_account() -> None:
    book = a_book()
    with pytest.raises(SettlementAccountExists) as refusal:
        book.open(AccountKind.SETTLEMENT, "EUR", index("rail two"), PARTY)
    assert refusal.value.details == {"number": 1}
    assert len(book) == 2
    other = book.open(AccountKind.SETTLEMENT, "USD", index("rail two"), PARTY)
    assert book.settlement == {"EUR": 1, "USD": other.number}


@pytest.mark.parametrize("kind", [k for k in AccountKind if k != AccountKind.SETTLEMENT])
def test_no_other_kind_settles(kind: AccountKind) -> None:
    book = AccountBook()
    book.open(kind, "EUR", index("ada"), PARTY)
    assert book.settlement == {}


def test_the_numbers_of_the_kinds_are_those_of_the_journal() -> None:
    assert {kind.name.lower(): int(kind) for kind in AccountKind} == {
        "customer": 1,
        "external": 2,
        "settlement": 3,
        "reserve": 4,
    }


def test_a_book_restored_from_its_rows_is_the_same_book() -> None:
    book, again = a_book(), AccountBook()
    book.open(AccountKind.SETTLEMENT, "USD", index("rail two"), PARTY)
    for number in range(1, len(book) + 1):
        again.restore(book.account(number))
    assert vars(again) == vars(book)


def test_rows_survive_their_columns() -> None:
    book = a_book()
    accounts = [book.account(number) for number in (1, 2)]
    columns = account_columns(accounts, [b"", b"sealed holder"])
    assert read_accounts(columns[:5]) == accounts
    freezes = [Freeze(index("ada"), 7), Freeze(index("elsewhere"), 9)]
    assert read_freezes(freeze_columns(freezes)) == freezes
    assert read_freezes([None, None]) == []
