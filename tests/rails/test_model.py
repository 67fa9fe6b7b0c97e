"""A sending: when it may leave, what an answer means for it, how often it is asked about."""

import pytest

from countersign.rails import ids
from countersign.rails.messages import RailStatusReport, Verdict
from countersign.rails.model import (
    Patience,
    Sending,
    State,
    is_contradiction,
    prepared,
    question,
    verdict_for,
)

pytestmark = pytest.mark.fast

DIGEST = bytes(range(32))


def a_sending(*, state: State = State.SENT, attempt: int = 2, status: str = "") -> Sending:
    return Sending(
        number=7,
        digest=DIGEST,
        transaction_id=ids.transaction_id(DIGEST),
        uetr=ids.uetr_of(DIGEST),
        state=state,
        attempt=attempt,
        asked=0,
        due_ms=0,
        status=status,
        reason="",
        changed_ms=0,
    )


def a_report(status: str, *reasons: str, attempt: int = 2) -> RailStatusReport:
    return RailStatusReport(
        message_id="R1",
        original_message_id=ids.message_id(DIGEST, attempt),
        status=status,
        transaction_id=ids.transaction_id(DIGEST),
        reason_codes=reasons,
    )


def test_a_new_sending_has_not_left() -> None:
    made = prepared(number=7, digest=DIGEST, uetr=None, now_ms=5, is_asked_first=False)
    assert (made.state, made.attempt, made.due_ms) == (State.PREPARED, 0, 5)
    assert made.uetr == ids.uetr_of(DIGEST)
    assert made.transaction_id == ids.transaction_id(DIGEST)


def test_what_may_have_left_before_is_asked_about_first() -> None:
    made = prepared(number=7, digest=DIGEST, uetr="given", now_ms=5, is_asked_first=True)
    assert (made.state, made.attempt, made.uetr) == (State.SENT, 1, "given")
    assert question(made).original_message_id == ids.message_id(DIGEST, 1)


def test_i2_never_received_counts_for_the_newest_attempt_alone() -> None:
    never = a_report("RJCT", "NOOR")
    assert verdict_for(a_sending(), never) is Verdict.NOT_RECEIVED
    late = a_report("RJCT", "NOOR", attempt=1)
    assert verdict_for(a_sending(), late) is Verdict.IN_PROGRESS
    prepared_again = a_sending(state=State.PREPARED)
    assert verdict_for(prepared_again, never) is Verdict.IN_PROGRESS


@pytest.mark.parametrize("attempt", [1, 2])
def test_a_settlement_counts_whichever_attempt_it_names(attempt: int) -> None:
    for state in State:
        report = a_report("ACSC", attempt=attempt)
        assert verdict_for(a_sending(state=state), report) is Verdict.SETTLED


def test_the_rail_contradicts_itself_only_with_another_final_word() -> None:
    over = a_sending(state=State.ANSWERED, status=Verdict.SETTLED)
    assert is_contradiction(over, Verdict.REJECTED)
    assert not is_contradiction(over, Verdict.SETTLED)
    assert not is_contradiction(over, Verdict.IN_PROGRESS)
    assert not is_contradiction(a_sending(status="ACSP"), Verdict.REJECTED)


def test_each_question_and_each_attempt_has_ids_of_its_own() -> None:
    seen = {ids.message_id(DIGEST, attempt) for attempt in range(1, 5)}
    seen |= {ids.request_id(DIGEST, attempt, n) for attempt in range(1, 5) for n in range(1, 5)}
    seen.add(ids.transaction_id(DIGEST))
    assert len(seen) == 4 + 16 + 1


def test_patience_doubles_and_has_an_end() -> None:
    patience = Patience(first_ms=100, longest_ms=1_000)
    assert [patience.after(n) for n in range(6)] == [100, 200, 400, 800, 1_000, 1_000]
    assert patience.after(10**9) == 1_000
