"""Each rule stops an order on its way through a whole gate, and the answer says which one did.

Each case stands right at a boundary of a small policy: the order before it goes on, this one stops.
"""

from collections.abc import Sequence

import msgspec
import pytest
from tests.support.gate import REASON, TODAY, Harness, index_of
from tests.support.policies import a_policy, a_rule, a_typology

from countersign.accounts.model import AccountKind
from countersign.gate import commands, snapshot
from countersign.gate.commands import Answer
from countersign.rules.model import Policy, Rule, Typology
from countersign.transfers.model import TransferRow

pytestmark = pytest.mark.fast

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
POLICY = a_policy(large={"EUR": 10_000}, orders_per_hour_max=4, dormant_days=30, past_days_max=40)


@pytest.fixture
def gate() -> Harness:
    """A gate with this policy, where ada has paid shop before."""
    gate = Harness().start().a_city()
    gate.set_policy(POLICY)
    assert released(gate.place(creditor="shop", amount=1))
    gate.clock.now += 2 * HOUR_MS
    return gate


def released(answer: Answer) -> bool:
    return (answer.outcome, answer.reasons) == ("released", "")


def held_for(answer: Answer, *codes: str) -> bool:
    return (answer.outcome, answer.reasons) == ("held", ",".join(codes))


def check_it_stays(gate: Harness, answer: Answer) -> None:
    """The hold is in the state and in the journal, the money is reserved, nothing is sent."""
    transfer = gate.engine.state.open[answer.number]
    hold = gate.disk.holds[answer.number]
    assert (hold.reasons, hold.owner) == (transfer.reasons, transfer.owner)
    assert hold.reasons == answer.reasons
    assert gate.engine.state.balances.held[transfer.debtor] >= transfer.amount
    assert gate.dispatch(answer.number).outcome == "transfers.illegal_move"


def test_amount(gate: Harness) -> None:
    assert released(gate.place(creditor="shop", amount=9_999))
    answer = gate.place(creditor="shop", amount=10_000)
    assert held_for(answer, "rules.amount")
    check_it_stays(gate, answer)


def test_frequency(gate: Harness) -> None:
    for number in range(4):
        assert released(gate.place(creditor="shop", amount=10 + number))
    answer = gate.place(creditor="shop", amount=20)
    assert held_for(answer, "rules.frequency")
    check_it_stays(gate, answer)
    gate.clock.now += HOUR_MS
    assert released(gate.place(creditor="shop", amount=21))


def test_frequency_within_one_batch(gate: Harness) -> None:
    """Orders that arrive together see each other."""
    submissions = [
        gate.submission(gate.order(creditor="shop", amount=n), credential=gate.channel)
        for n in range(1, 7)
    ]
    for submission in submissions:
        gate.engine.submit(submission)
    gate.engine.drain()
    answers = [gate.answers[submission.key] for submission in submissions]
    assert len({batch.header.seq for batch in gate.disk.batches if batch.transfers}) < 6
    assert [answer.outcome for answer in answers] == ["released"] * 4 + ["held"] * 2


def test_new_creditor(gate: Harness) -> None:
    assert released(gate.place(creditor="shop", amount=2_500))
    assert released(gate.place(creditor="stall", amount=2_499))
    answer = gate.place(creditor="farm", amount=2_500)
    assert held_for(answer, "rules.new_creditor")
    check_it_stays(gate, answer)
    assert released(gate.place(creditor="farm", amount=2_500, salt="again"))


def test_dormant_debtor(gate: Harness) -> None:
    """The last order was two hours ago."""
    gate.clock.now += 30 * DAY_MS - 2 * HOUR_MS - 1
    assert released(gate.place(creditor="shop", amount=1_000))
    gate.clock.now += 30 * DAY_MS
    assert released(gate.place(creditor="shop", amount=999, day=TODAY + 30))
    gate.clock.now += 30 * DAY_MS
    answer = gate.place(creditor="shop", amount=1_000, day=TODAY + 60)
    assert held_for(answer, "rules.dormant_debtor")
    check_it_stays(gate, answer)


@pytest.mark.parametrize("frozen", ["ada", "shop"])
def test_frozen_side(gate: Harness, frozen: str) -> None:
    """A new order is blocked; what was released before stays when it should leave."""
    waiting = gate.place(creditor="shop", amount=5)
    assert gate.do(commands.Freeze(index_of("somebody else"), REASON)).outcome == "ok"
    assert released(gate.place(creditor="shop", amount=6))
    assert gate.do(commands.Freeze(index_of(frozen), REASON)).outcome == "ok"
    answer = gate.place(creditor="shop", amount=7)
    assert (answer.outcome, answer.reasons) == ("rejected", "rules.frozen_side")
    assert answer.number not in gate.engine.state.open
    assert gate.dispatch(waiting.number).outcome == "held"
    assert gate.disk.holds[waiting.number].reasons == "rules.frozen_side"
    gate.do(commands.Unfreeze(index_of(frozen), REASON))
    assert released(gate.place(creditor="shop", amount=8))


def test_a_currency_without_a_threshold(gate: Harness) -> None:
    gate.open_account("settlement usd", kind=AccountKind.SETTLEMENT, currency="USD")
    gate.fund(gate.open_account("dee", currency="USD"), 1_000, "USD")
    answer = gate.place(debtor="dee", creditor="shop", amount=1, currency="USD")
    assert held_for(answer, "rules.no_threshold")
    check_it_stays(gate, answer)


def test_all_reasons_are_named(gate: Harness) -> None:
    gate.clock.now += 30 * DAY_MS
    for number in range(4):
        gate.place(creditor="shop", amount=number + 1)
    gate.clock.now += 30 * DAY_MS
    answer = gate.place(creditor="farm", amount=10_000, day=TODAY + 60)
    assert held_for(answer, "rules.amount", "rules.new_creditor", "rules.dormant_debtor")


def test_a_replay_on_another_gate_gives_the_same_reasons(gate: Harness) -> None:
    answer = gate.place(creditor="farm", amount=10_000)
    again = gate.restarted().start()
    assert again.engine.state.open[answer.number].reasons == answer.reasons
    assert snapshot.encode_content(again.engine.state) == snapshot.encode_content(gate.engine.state)


@pytest.mark.parametrize("content", [b"{}", b"", b"\xff"])
def test_a_policy_that_is_refused_changes_nothing(gate: Harness, content: bytes) -> None:
    before = gate.engine.state.policy_number
    answer = gate.do(commands.SetPolicy(content))
    assert answer.outcome == "rules.malformed_policy"
    assert set(msgspec.msgpack.decode(answer.detail)) == {"field", "why"}
    assert gate.engine.state.policy_number == before
    assert gate.engine.state.policy_in_force() == POLICY


def test_a_new_policy_counts_from_the_next_order_on(gate: Harness) -> None:
    assert released(gate.place(creditor="shop", amount=5_000))
    gate.set_policy(a_policy(large={"EUR": 5_000}, past_days_max=40))
    assert held_for(gate.place(creditor="shop", amount=5_000, salt="again"), "rules.amount")


def test_a_rule_that_cannot_be_read_is_refused_with_its_place(gate: Harness) -> None:
    before = gate.engine.state.policy_number
    wrong = with_rules(a_rule("fine", "amount > 1"), a_rule("wrong", "amount >\n  cuont"))
    answer = gate.set_policy(wrong)
    assert answer.outcome == "rules.malformed_rule"
    assert msgspec.msgpack.decode(answer.detail) == {
        "rule": "rules.wrong",
        "line": 2,
        "column": 3,
        "why": "there is nothing named cuont",
    }
    assert gate.engine.state.policy_number == before
    assert gate.engine.state.policy_in_force() == POLICY


def test_a_blocking_rule_rejects_and_at_dispatch_holds(gate: Harness) -> None:
    waiting = gate.place(creditor="shop", amount=700)
    gate.set_policy(with_rules(a_rule("seven", "amount = 700", is_blocking=True)))
    answer = gate.place(creditor="shop", amount=700, salt="again")
    assert (answer.outcome, answer.reasons) == ("rejected", "rules.seven")
    for _ in range(2):  # No release covers what blocks.
        assert gate.dispatch(waiting.number).outcome == "held"
        gate.release(waiting.number)


def test_weights_add_up_to_a_score(gate: Harness) -> None:
    rules = [a_rule("some", "amount > 10", weight=60), a_rule("more", "amount > 20", weight=60)]
    typology = a_typology("both", ["rules.some", "rules.more"], alert=61, interdiction=120)
    gate.set_policy(with_rules(*rules, typologies=[typology]))
    assert released(gate.place(creditor="shop", amount=20))
    assert not gate.disk.alerts
    answer = gate.place(creditor="shop", amount=21)
    assert held_for(answer, "rules.some", "rules.more")
    (alert,) = gate.disk.alerts.values()
    assert (alert.number, alert.transfer) == (answer.number, answer.number)
    assert (alert.typologies, alert.rules) == ("typologies.both=120", answer.reasons)


def test_an_alert_alone_holds_nothing(gate: Harness) -> None:
    typology = a_typology("watch", ["rules.some"], alert=1, interdiction=None)
    gate.set_policy(with_rules(a_rule("some", "amount > 10"), typologies=[typology]))
    answer = gate.place(creditor="shop", amount=11)
    assert released(answer)
    assert gate.disk.alerts[answer.number].rules == ""


def test_facts_that_a_new_policy_asks_for_and_nobody_recorded_hold(gate: Harness) -> None:
    waiting = gate.place(creditor="shop", amount=5)
    gate.set_policy(with_rules(a_rule("never", "creditor_max_7d < 0")))
    assert gate.dispatch(waiting.number).outcome == "held"
    assert gate.disk.holds[waiting.number].reasons == "rules.facts_missing"


def test_what_was_known_is_recorded_with_the_order(gate: Harness) -> None:
    names = gate.engine.state.judge_in_force().names
    answer = gate.place(creditor="stall", amount=77)
    row = gate.disk.rows[answer.number]
    assert isinstance(row, TransferRow)
    known = dict(zip(names, msgspec.msgpack.decode(row.facts), strict=True))
    assert known["amount"] == 77
    assert known["pair_idle_ms"] is None
    assert known["debtor_idle_ms"] == 2 * HOUR_MS


def test_a_creditor_is_counted_by_currency(gate: Harness) -> None:
    gate.open_account("settlement usd", kind=AccountKind.SETTLEMENT, currency="USD")
    gate.fund(gate.open_account("dee", currency="USD"), 1_000, "USD")
    gate.set_policy(with_rules(a_rule("seen", "creditor_count_30d > 0", is_blocking=True)))
    assert released(gate.place(debtor="dee", creditor="shop", amount=1, currency="USD"))
    assert gate.place(creditor="shop", amount=1, salt="eur").outcome == "rejected"


def with_rules(*rules: Rule, typologies: Sequence[Typology] = ()) -> Policy:
    return msgspec.structs.replace(POLICY, rules=list(rules), typologies=list(typologies))
