"""What waits is bounded: too much is refused early, with a time to try again."""

import pytest
from tests.support.gate import Harness

from countersign.gate.errors import Overloaded
from countersign.gate.questions import Questions
from countersign.gate.waiting import Limits, Waiting

pytestmark = pytest.mark.fast

LIMITS = Limits(batch_max=2, waiting_max=3, retry_ms=70)


@pytest.fixture
def gate() -> Harness:
    """Makes submissions; it is the gate of the limits in the tests of a whole gate too."""
    return Harness(limits=LIMITS).start().a_city()


def refused(waiting: Waiting, gate: Harness) -> dict[str, object]:
    with pytest.raises(Overloaded) as refusal:
        waiting.submit(gate.submission(gate.order()))
    return dict(refusal.value.details)


def test_a_full_queue_refuses_with_the_time_to_wait(gate: Harness) -> None:
    waiting = Waiting(LIMITS)
    for _ in range(3):
        waiting.submit(gate.submission(gate.order()))
    assert refused(waiting, gate) == {"retry_ms": 70}
    waiting.take([])
    assert refused(waiting, gate) == {"retry_ms": 70}  # They are on their way and count.


def test_what_is_answered_makes_room(gate: Harness) -> None:
    waiting = Waiting(LIMITS)
    for _ in range(3):
        waiting.submit(gate.submission(gate.order()))
    taken = waiting.take([])
    assert len(taken) == 2
    assert waiting.answered(taken[0]) == []
    waiting.submit(gate.submission(gate.order()))
    assert refused(waiting, gate)


def test_who_waits_for_the_answer_of_another_counts_too(gate: Harness) -> None:
    waiting = Waiting(LIMITS)
    twins = [gate.submission(gate.order(), key=b"t" * 16) for _ in range(3)]
    for twin in twins:
        waiting.submit(twin)
    taken = waiting.take([])
    assert taken == twins[:1]
    assert refused(waiting, gate)
    assert waiting.answered(taken[0]) == twins[1:]
    for _ in range(3):
        waiting.submit(gate.submission(gate.order()))
    assert refused(waiting, gate)


def test_the_gates_own_commands_are_never_refused_but_counted(gate: Harness) -> None:
    waiting = Waiting(LIMITS)
    own = [gate.submission(gate.order()) for _ in range(3)]
    assert waiting.take(own) == own
    assert refused(waiting, gate)


def test_an_overloaded_gate_loses_nothing_that_it_took(gate: Harness) -> None:
    taken = [gate.submission(gate.order(salt=f"{n}"), credential=gate.channel) for n in range(3)]
    for submission in taken:
        gate.engine.submit(submission)
    before = gate.engine.state.log.size
    with pytest.raises(Overloaded):
        gate.engine.submit(gate.submission(gate.order(), credential=gate.channel))
    gate.engine.drain()
    assert [gate.answers[s.key].outcome for s in taken] == ["released"] * 3
    assert gate.engine.state.log.size == before + 3
    assert gate.place(salt="again").outcome == "released"


def test_questions_are_bounded_too(gate: Harness) -> None:
    questions = Questions()
    seen: list[int] = []
    for number in range(256):
        questions.put(lambda _, number=number: seen.append(number))  # type: ignore[misc]
    with pytest.raises(Overloaded) as refusal:
        questions.put(lambda _: seen.append(-1))
    assert refusal.value.details == {"retry_ms": 200}
    questions.answer(gate.engine.state)
    assert seen == list(range(256))
    questions.put(lambda _: seen.append(-1))
