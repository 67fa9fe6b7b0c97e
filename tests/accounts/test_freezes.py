"""Freezing and unfreezing, opening and settlement accounts, as the gate does them."""

import msgspec
import pytest
from tests.support.gate import REASON, Harness, index_of

from countersign.accounts.model import AccountKind
from countersign.entrypoints.cli.freezes import LeftBefore
from countersign.gate import commands, decide

pytestmark = pytest.mark.fast


@pytest.fixture
def gate() -> Harness:
    return Harness().start().a_city()


def freeze(gate: Harness, name: str) -> str:
    return gate.do(commands.Freeze(index_of(name), REASON)).outcome


def unfreeze(gate: Harness, name: str) -> str:
    return gate.do(commands.Unfreeze(index_of(name), REASON)).outcome


@pytest.mark.parametrize("name", ["ada", "elsewhere"])
def test_an_account_here_or_elsewhere_is_frozen_once_and_unfrozen_once(
    gate: Harness, name: str
) -> None:
    assert unfreeze(gate, name) == "accounts.not_frozen"
    assert freeze(gate, name) == "ok"
    frozen_by = gate.engine.state.accounts.frozen[index_of(name)]
    assert freeze(gate, name) == "accounts.already_frozen"
    assert gate.engine.state.accounts.frozen == {index_of(name): frozen_by}
    assert unfreeze(gate, name) == "ok"
    assert unfreeze(gate, name) == "accounts.not_frozen"
    assert gate.engine.state.accounts.frozen == {}


def test_one_freeze_is_lifted_without_another(gate: Harness) -> None:
    for name in ("ada", "bo"):
        freeze(gate, name)
    unfreeze(gate, "ada")
    assert gate.place(amount=1).outcome == "released"
    assert gate.place(debtor="bo", amount=1).reasons == "rules.frozen_side"


def test_a_restarted_gate_knows_what_is_frozen(gate: Harness) -> None:
    freeze(gate, "ada")
    again = gate.restarted().start()
    assert again.engine.state.accounts.frozen == gate.engine.state.accounts.frozen
    assert again.place(amount=1).reasons == "rules.frozen_side"


def test_a_second_settlement_account_is_refused_and_takes_no_transfer_over(gate: Harness) -> None:
    first = gate.engine.state.accounts.settlement["EUR"]
    command = commands.OpenAccount(3, "EUR", index_of("two"), index_of("party"), 0, b"")
    assert gate.do(command).outcome == "accounts.settlement_exists"
    assert len(gate.engine.state.accounts) == len(gate.engine.state.balances.balance) - 1 == 3
    number = gate.place(amount=700).number
    assert gate.engine.state.open[number].counter == first
    gate.open_account("settlement usd", kind=AccountKind.SETTLEMENT, currency="USD")


def test_opening_it_twice_is_refused_with_the_number_it_has(gate: Harness) -> None:
    again = commands.OpenAccount(1, "USD", index_of("ada"), index_of("other"), 0, b"")
    assert gate.do(again).outcome == "accounts.exists"
    assert len(gate.engine.state.accounts) == 3


@pytest.mark.parametrize("kind", [0, 5, -1, 99])
def test_an_account_of_no_known_kind_is_refused(gate: Harness, kind: int) -> None:
    command = commands.OpenAccount(kind, "EUR", index_of("new"), index_of("party"), 0, b"")
    assert gate.do(command).outcome == "accounts.unknown_kind"
    assert len(gate.engine.state.accounts) == 3


@pytest.mark.parametrize("kind", [AccountKind.EXTERNAL, AccountKind.RESERVE])
def test_only_a_customer_pays(gate: Harness, kind: AccountKind) -> None:
    gate.fund(gate.open_account("other kind", kind=kind), 1_000)
    assert gate.place(debtor="other kind", amount=1).outcome == "accounts.unknown"
    assert gate.place(debtor="settlement", amount=1).outcome == "accounts.unknown"


def test_money_of_one_currency_is_not_put_on_an_account_of_another(gate: Harness) -> None:
    """Both currencies have a settlement account, so that nothing else refuses it."""
    gate.open_account("settlement usd", kind=AccountKind.SETTLEMENT, currency="USD")
    before = list(gate.engine.state.balances.balance)
    for currency in ("USD", "CHF"):
        assert gate.fund(2, 500, currency).outcome == "accounts.other_currency"
    assert gate.engine.state.balances.balance == before


@pytest.mark.parametrize("sent", [0, 2, 3, 5])
def test_a_freeze_says_how_many_had_left_before_and_names_the_first(
    gate: Harness, monkeypatch: pytest.MonkeyPatch, sent: int
) -> None:
    monkeypatch.setattr(decide, "LEFT_BEFORE_MAX", 3)
    numbers = [gate.place(amount=5, salt=str(n)).number for n in range(sent)]
    for number in numbers:
        assert gate.dispatch(number).outcome == "dispatched"
    answer = gate.do(commands.Freeze(index_of("ada"), REASON))
    left = msgspec.msgpack.decode(answer.detail, type=LeftBefore)
    assert (left.count, left.numbers) == (sent, numbers[:3])
    assert ("and 2 more" in left.remark()) == (sent == 5)
    assert ("nothing had left" in left.remark()) == (not sent)
