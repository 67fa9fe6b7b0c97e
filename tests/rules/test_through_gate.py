"""Each rule stops an order on its way through a whole gate, and the answer says which one did.

Each case stands right at a boundary of a small policy: the order before it goes on, this one stops.
"""

import msgspec
import pytest
from tests.support.gate import REASON, TODAY, Harness, index_of

from countersign.accounts.model import AccountKind
from countersign.gate import commands
from countersign.gate.commands import Answer
from countersign.rules.model import RULE_SET, Policy, Thresholds

pytestmark = pytest.mark.fast

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
POLICY = Policy(
    factor="channel-credential",
    thresholds={
        "EUR": Thresholds(amount_hold=10_000, new_creditor_amount=2_500, dormant_amount=1_000)
    },
    orders_per_hour_max=4,
    dormant_days=30,
    near_millionths=900_000,
    near_count_max=3,
    hold_hours=72,
    past_days_max=40,
    rule_set=RULE_SET,
)


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


def test_near_threshold(gate: Harness) -> None:
    assert released(gate.place(creditor="shop", amount=9_000))
    assert released(gate.place(creditor="shop", amount=8_999))  # Not near, so not one of them.
    assert released(gate.place(creditor="shop", amount=9_998))
    answer = gate.place(creditor="shop", amount=9_999)
    assert held_for(answer, "rules.near_threshold")
    check_it_stays(gate, answer)
    gate.clock.now += DAY_MS
    assert released(gate.place(creditor="shop", amount=9_999, salt="a day later"))


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


def test_a_currency_without_thresholds(gate: Harness) -> None:
    gate.open_account("settlement usd", kind=AccountKind.SETTLEMENT, currency="USD")
    gate.fund(gate.open_account("dee", currency="USD"), 1_000, "USD")
    answer = gate.place(debtor="dee", creditor="shop", amount=1, currency="USD")
    assert held_for(answer, "rules.no_thresholds")
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
    assert vars(again.engine.state.features) == vars(gate.engine.state.features)


@pytest.mark.parametrize("content", [b"{}", b"", b"\xff"])
def test_a_policy_that_is_refused_changes_nothing(gate: Harness, content: bytes) -> None:
    before = gate.engine.state.policy_number
    answer = gate.do(commands.SetPolicy(content))
    assert answer.outcome == "rules.malformed_policy"
    assert set(msgspec.msgpack.decode(answer.detail)) == {"field", "why"}
    assert gate.engine.state.policy_number == before
    assert gate.engine.state.policy == POLICY


def test_a_new_policy_counts_from_the_next_order_on(gate: Harness) -> None:
    assert released(gate.place(creditor="shop", amount=5_000))
    stricter = Thresholds(amount_hold=5_000, new_creditor_amount=2_500, dormant_amount=1_000)
    gate.set_policy(msgspec.structs.replace(POLICY, thresholds={"EUR": stricter}))
    assert held_for(gate.place(creditor="shop", amount=5_000, salt="again"), "rules.amount")
