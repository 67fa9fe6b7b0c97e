"""Reversals: what a funding or a correction booked goes back, once, and nothing else does."""

import msgspec
import pytest
from tests.support.gate import REASON, Harness, index_of

from countersign.gate import commands, snapshot
from countersign.gate.commands import Answer
from countersign.gate.errors import Tampered
from countersign.ledger.model import Posting, PostingKind
from countersign.ledger.reversible import WINDOW_MS

pytestmark = pytest.mark.fast

SETTLEMENT, ADA, BO = 1, 2, 3
FULL = 100_000_000


@pytest.fixture
def gate() -> Harness:
    return Harness().start().a_city()


def reverse(gate: Harness, original: int) -> Answer:
    return gate.do(commands.Reverse(original, REASON))


def correct(gate: Harness, debit: str, credit: str, amount: int) -> Answer:
    command = commands.Correct(index_of(debit), index_of(credit), amount, "EUR", REASON)
    return gate.do(command)


def balances(gate: Harness) -> list[int]:
    return gate.engine.state.balances.balance[1:]


def posting_of(gate: Harness, number: int) -> Posting:
    (posting,) = [p for b in gate.disk.batches for p in b.postings if p.number == number]
    return posting


def test_a_funding_is_undone_by_the_mirrored_posting(gate: Harness) -> None:
    before = balances(gate)
    funded = gate.fund(ADA, 700).number
    answer = reverse(gate, funded)
    assert answer.outcome == "ok"
    assert balances(gate) == before
    original, mirrored = posting_of(gate, funded), posting_of(gate, answer.number)
    assert original[2:] == (PostingKind.DIRECT, 0, SETTLEMENT, ADA, 700, "EUR")
    assert mirrored[2:] == (PostingKind.REVERSE, 0, ADA, SETTLEMENT, 700, "EUR")


def test_a_correction_is_undone(gate: Harness) -> None:
    corrected = correct(gate, "ada", "bo", 300).number
    assert balances(gate)[1:] == [FULL - 300, FULL + 300]
    assert reverse(gate, corrected).outcome == "ok"
    assert balances(gate)[1:] == [FULL, FULL]


def test_only_once(gate: Harness) -> None:
    funded = gate.fund(ADA, 700).number
    first = reverse(gate, funded)
    again = reverse(gate, funded)
    assert again.outcome == "ledger.already_reversed"
    details = {"number": funded, "reversal": first.number}
    assert msgspec.msgpack.decode(again.detail) == details
    assert balances(gate)[1] == FULL


def test_twice_in_one_batch_is_once(gate: Harness) -> None:
    funded = gate.fund(ADA, 700).number
    submissions = [gate.submission(commands.Reverse(funded, REASON)) for _ in range(2)]
    for submission in submissions:
        gate.engine.submit(submission)
    gate.engine.drain()
    outcomes = [gate.answers[submission.key].outcome for submission in submissions]
    assert outcomes == ["ok", "ledger.already_reversed"]
    assert balances(gate)[1] == FULL


def test_the_same_request_again_is_answered_and_not_done_again(gate: Harness) -> None:
    command = commands.Reverse(gate.fund(ADA, 700).number, REASON)
    first = gate.do(command, key=b"k" * 16)
    assert first.outcome == "ok"
    assert gate.do(command, key=b"k" * 16) == first


def test_nothing_but_a_booked_funding_or_correction(gate: Harness) -> None:
    settled = gate.place(creditor="bo", amount=5_000).number
    sent = gate.place(amount=6_000).number
    dispatched = gate.dispatch(sent).number
    posted = gate.rail_says(sent, "settled").number
    frozen = gate.do(commands.Freeze(index_of("x"), REASON)).number
    refused = gate.fund(ADA, -1).number
    reversal = reverse(gate, gate.fund(ADA, 1).number).number
    before = balances(gate)
    for number in (0, settled, sent, dispatched, posted, frozen, refused, reversal):
        assert reverse(gate, number).outcome == "ledger.not_reversible", number
    assert balances(gate) == before


def test_a_number_that_is_not_there_yet(gate: Harness) -> None:
    own = gate.engine.state.next_number
    assert reverse(gate, own).outcome == "ledger.unknown_entry"
    assert reverse(gate, 10**15).outcome == "ledger.unknown_entry"


def test_the_money_has_to_be_there_to_go_back(gate: Harness) -> None:
    """Neither what was spent nor what is held is; once it is again, so is the reversal."""
    funded = gate.fund(ADA, 700).number
    held = gate.place(amount=FULL).number
    correct(gate, "ada", "bo", 1)
    before = balances(gate)
    assert reverse(gate, funded).outcome == "ledger.insufficient_funds"
    assert balances(gate) == before
    gate.do(commands.Cancel(held, REASON))
    assert reverse(gate, funded).outcome == "ok"
    assert balances(gate)[1] == FULL - 1


def test_a_credit_cannot_be_reversed_before_it_is_spendable(gate: Harness) -> None:
    gate.open_account("new")
    funding = gate.submission(commands.Fund(index_of("new"), 50, "EUR", REASON))
    undoing = gate.submission(commands.Reverse(gate.engine.state.next_number, REASON))
    for submission in (funding, undoing):
        gate.engine.submit(submission)
    gate.engine.drain()
    assert gate.answers[undoing.key].outcome == "ledger.insufficient_funds"
    assert reverse(gate, gate.answers[funding.key].number).outcome == "ok"


def test_after_its_time_it_is_too_old_whatever_it_was(gate: Harness) -> None:
    order = gate.place(creditor="bo", amount=5).number
    funded = gate.fund(ADA, 700).number
    gate.clock.now += WINDOW_MS - 1
    later = gate.fund(ADA, 1).number
    assert reverse(gate, order).outcome == "ledger.not_reversible"
    gate.clock.now += 1
    for number in (order, funded):
        answer = reverse(gate, number)
        assert answer.outcome == "ledger.too_old_to_reverse"
        assert msgspec.msgpack.decode(answer.detail) == {"number": number, "days": 30}
    assert reverse(gate, later).outcome == "ok"
    assert len(gate.engine.state.reversible) == 1


def test_a_freeze_stops_neither_a_correction_nor_its_reversal(gate: Harness) -> None:
    for name in ("ada", "bo"):
        gate.do(commands.Freeze(index_of(name), REASON))
    corrected = correct(gate, "ada", "bo", 300)
    assert corrected.outcome == "ok"
    assert reverse(gate, corrected.number).outcome == "ok"


def test_a_channel_may_not(gate: Harness) -> None:
    funded = gate.fund(ADA, 700).number
    answer = gate.do(commands.Reverse(funded, REASON), credential=gate.channel)
    assert answer.outcome == "access.not_permitted"
    assert reverse(gate, funded).outcome == "ok"


def test_a_correction_onto_itself_is_refused_by_name(gate: Harness) -> None:
    assert correct(gate, "ada", "ada", 1).outcome == "transfers.same_account"


@pytest.mark.parametrize("has_snapshot", [False, True])
def test_a_restart_knows_what_may_be_reversed(gate: Harness, *, has_snapshot: bool) -> None:
    old = gate.fund(ADA, 5).number
    gate.clock.now += WINDOW_MS
    done, open_ = gate.fund(ADA, 6).number, gate.fund(ADA, 7).number
    reverse(gate, done)
    if has_snapshot:
        gate.keep_snapshot()
    again = gate.restarted().start()
    assert again.engine.statistics.replayed == (0 if has_snapshot else old + 4)
    content = snapshot.encode_content(gate.engine.state)
    assert snapshot.encode_content(again.engine.state) == content
    outcomes = [reverse(again, number).outcome for number in (old, done, open_)]
    assert outcomes == ["ledger.too_old_to_reverse", "ledger.already_reversed", "ok"]


def test_a_snapshot_of_another_format_is_refused_by_name(
    gate: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "FORMAT", 1)
    gate.keep_snapshot()
    monkeypatch.undo()
    with pytest.raises(Tampered) as refusal:
        gate.restarted().start()
    assert refusal.value.details["what"] == "the snapshot has format 1, not 6"
