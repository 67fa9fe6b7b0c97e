"""What the worlds found once, each as the shortest story that shows it."""

from dataclasses import dataclass, field

import pytest
from tests.support.gate import TODAY, Harness, MemoryHead

from countersign.gate import snapshot
from countersign.gate.commands import Answer
from countersign.gate.errors import Fenced
from countersign.gate.journal.memory import Disk
from countersign.gate.journal.protocol import JournalBroken
from countersign.gate.waiting import Limits
from countersign.kernel.money import MINOR_UNITS_MAX
from countersign.ledger.errors import BalanceOutOfRange
from countersign.ledger.model import UNLIMITED, Balances
from countersign.rules.errors import MalformedPolicy
from countersign.rules.model import decode_policy

pytestmark = pytest.mark.fast
HOUR_MS = 3_600_000


@dataclass
class Script:
    """A fault hook that does one thing at one point, once."""

    point: str = ""
    steps: list[object] = field(default_factory=list)

    def __call__(self, point: str) -> None:
        if point == self.point and self.steps:
            step = self.steps.pop()
            if isinstance(step, Exception):
                raise step
            assert callable(step)
            step()


def test_a_hold_runs_out_although_the_clock_went_back_while_its_tick_was_lost() -> None:
    script = Script()
    gate = Harness(fault=script).start().a_city()
    number = gate.place(amount=100_000_000).number
    gate.clock.now += 73 * HOUR_MS

    def lose_the_tick() -> None:
        gate.clock.now -= 2 * HOUR_MS
        raise JournalBroken("lost")

    script.point, script.steps = "look_up", [lose_the_tick]
    gate.engine.drain()
    gate.clock.now += 10 * HOUR_MS
    gate.engine.drain()
    assert number not in gate.engine.state.open
    again = gate.restarted().start()
    again.engine.drain()
    assert number not in again.engine.state.open


def test_equal_states_give_equal_snapshots_whatever_timers_have_passed() -> None:
    gate = Harness().start().a_city()
    number = gate.place(amount=100_000_000).number
    gate.release(number)
    gate.clock.now += 100 * HOUR_MS
    gate.place(amount=5)
    again = gate.restarted().start()
    before, after = gate.engine.state, again.engine.state
    assert snapshot.encode_content(before) == snapshot.encode_content(after)


def test_a_gate_overtaken_while_it_starts_says_fenced_and_not_tampered() -> None:
    disk, head = Disk(), MemoryHead()
    first = Harness(disk=disk, head=head).start().a_city()

    def overtake() -> None:
        Harness(disk=disk, head=head, clock=first.clock).start().open_account("new")

    slow = Harness(
        disk=disk, head=head, clock=first.clock, fault=Script("after_commit", [overtake])
    )
    with pytest.raises(Fenced):
        slow.start()


def test_a_request_sent_again_gets_its_answer_though_another_body_came_with_it() -> None:
    gate = Harness().start().a_city()
    key = b"k" * 16
    first = gate.place(amount=1_000, key=key)
    answers: list[Answer] = []
    gate.on_answers = lambda pairs: answers.extend(answer for _, answer in pairs)
    for amount in (1_001, 1_000, 1_001):
        order = gate.order(amount=amount)
        gate.engine.submit(gate.submission(order, credential=gate.channel, key=key))
    gate.engine.drain()
    assert [answer.outcome for answer in answers] == [
        "gate.key_reused",
        first.outcome,
        "gate.key_reused",
    ]
    assert answers[1] == first


def test_a_policy_that_is_no_text_is_refused_and_is_no_fault_of_the_gate() -> None:
    for content in (b'{"factor":"\xff"}', b'{"\xff":1}'):
        with pytest.raises(MalformedPolicy):
            decode_policy(content)


def test_a_refused_post_leaves_what_is_held() -> None:
    balances = Balances()
    for floor in (-MINOR_UNITS_MAX, UNLIMITED, UNLIMITED):
        balances.open(floor)
    balances.hold(1, 500)
    balances.balance[2] = 2**62 - 1
    with pytest.raises(BalanceOutOfRange):
        balances.post(1, 2, 500)
    assert balances.held[1] == 500


def test_an_order_to_the_settlement_account_itself_ends_alike_on_every_day() -> None:
    """It settled at once today, and by the rail tomorrow."""
    gate = Harness().start().a_city()
    outcomes = {gate.place(creditor="settlement", day=TODAY + n).outcome for n in (0, 1)}
    assert outcomes == {"accounts.not_payable"}


def test_exactly_the_command_that_raises_is_refused() -> None:
    gate = Harness().start().a_city()
    orders = [gate.order(amount=n, salt=str(n)) for n in range(1, 17)]
    orders[4] = gate.order(amount=5, evidence=b"\x91\x93\xa1\xff\x01\x01")
    for order in orders:
        gate.engine.submit(gate.submission(order, credential=gate.channel))
    before = len(gate.every_answer)
    gate.engine.drain()
    outcomes = [answer.outcome for _, answer in gate.every_answer[before:]]
    assert outcomes == ["gate.fault" if n == 4 else "released" for n in range(16)]
    assert [code for code, _ in gate.alarms.raised] == ["gate.fault"]
    assert gate.dispatch(gate.place(amount=9).number).outcome == "dispatched"


def test_what_was_asked_before_is_answered_with_one_question_a_batch() -> None:
    """With a question each, a gate that was killed often never came to answer a resent frame."""
    asked: list[str] = []
    gate = Harness(fault=asked.append).start().a_city()
    keys = [b"again/%010d" % number for number in range(300)]
    first = [gate.place(amount=5, key=key) for key in keys]
    del asked[:]
    submissions = [
        gate.submission(gate.order(amount=5), credential=gate.channel, key=key) for key in keys
    ]
    for submission in submissions:
        gate.engine.submit(submission)
    gate.engine.drain()
    assert [gate.answers[key] for key in keys] == first
    assert asked.count("rows") == asked.count("look_up") == 1


def test_a_question_is_answered_with_what_is_durable() -> None:
    """A worker was told of a dispatch whose commit hung, and sent what the log never held."""
    seen: list[tuple[int, int]] = []
    points: set[str] = set()

    def ask(point: str) -> None:
        if point in points:
            gate.engine.ask(lambda state: seen.append((state.log.size, gate.engine.durable.size)))

    gate = Harness(limits=Limits(batch_max=2, busy_at=1), fault=ask).start().a_city()
    points |= {"send", "before_commit"}
    for number in range(20):
        submission = gate.submission(gate.order(salt=str(number)), credential=gate.channel)
        gate.engine.submit(submission)
    gate.engine.drain()
    assert len(seen) > 10
    assert all(size == durable for size, durable in seen)


def test_an_overtaken_gate_answers_no_question() -> None:
    """One that woke up answered from old memory, and the worker forgot what was released."""
    old = Harness().start().a_city()
    seen: list[int] = []
    old.restarted().start()
    old.engine.ask(lambda state: seen.append(state.log.size))
    with pytest.raises(Fenced):
        old.engine.turn()
    assert seen == []
