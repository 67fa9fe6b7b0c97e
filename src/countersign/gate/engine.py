"""The loop: takes what waits as one batch, decides it, makes it durable, answers.

Rules: 1. One thread calls `start` and `turn`. 2. Nobody is answered before the commit returned and
the head file was written. 3. Batch k+1 is decided while k commits, and sent only after k's answer.
4. An unknown outcome is settled by a void batch at the same place; what was void is decided again
from a reloaded state. 5. A gate that finds another one's batch in its place stops. 6. A command
that cannot be decided or committed is found by halving, refused as `gate.fault`, never retried.
7. What hinders every commit decides nothing: all of the batch may ask again under their keys.
"""

import contextlib
from collections.abc import Callable
from hashlib import sha256

from countersign.access.model import GATE
from countersign.gate import recovery
from countersign.gate.answers import answer_again
from countersign.gate.batch import (
    CommandRaised,
    Decided,
    decide_batch,
    empty_batch,
    signed,
)
from countersign.gate.commands import Answer, Submission, Tick, encode
from countersign.gate.errors import Fenced, GateFault, KeyReused, NotReady, Tampered
from countersign.gate.head import Durable, HeadKeeper, head_of
from countersign.gate.journal.protocol import (
    CommitHindered,
    CommitRefused,
    CommitUnknown,
    Journal,
    JournalBroken,
)
from countersign.gate.questions import Question, Questions
from countersign.gate.rows import BatchKind, Signer
from countersign.gate.state import State
from countersign.gate.statistics import Report, Statistics
from countersign.gate.term import begin_term
from countersign.gate.waiting import Limits, Waiting
from countersign.infra.clock import Clock
from countersign.kernel.invariant import invariant

Deliver = Callable[[list[tuple[Submission, Answer]]], None]
Alarm = Callable[[str, dict[str, str | int]], None]


class Engine:
    """One gate over one journal."""

    def __init__(
        self,
        *,
        journal: Journal,
        signer: Signer,
        head: HeadKeeper,
        clock: Clock,
        deliver: Deliver,
        alarm: Alarm,
        limits: Limits | None = None,
    ) -> None:
        self._journal = journal
        self._signer = signer
        self._head = head
        self.clock = clock
        self._deliver = deliver
        self._alarm = alarm
        self._limits = limits or Limits()
        self._waiting = Waiting(self._limits)
        self._in_flight: Decided | None = None
        self._ticks_tried: set[bytes] = set()
        self._questions = Questions()
        self._state: State | None = None
        self._term = 0
        self._latest_ms = 0
        self.durable = Durable(0, b"")
        self.statistics = Statistics()

    @property
    def state(self) -> State:
        invariant(self._state is not None, "the gate is started before its state is read")
        return self._state  # type: ignore[return-value]  # The invariant says so.

    def start(self) -> None:
        """Load, take over with a new term, compare, and be ready to serve."""
        self._journal.open()
        kept = self._head.read()
        loaded = recovery.load(self._journal, self._signer, kept)
        self.statistics.snapshot_size = loaded.first
        self.statistics.replayed = loaded.state.next_number - loaded.first
        self._journal.take_over()
        tiles = loaded.tiles + begin_term(
            loaded.state, self._journal, self._signer, self._head, now_ms=self.clock.now_ms
        )
        self._term = loaded.state.chain.term
        try:
            recovery.compare(self._journal, loaded.state, loaded.first)
            recovery.compare_tiles(self._journal, loaded.state, tiles)
        except Tampered:
            self._require_place()
            raise
        self._state = loaded.state
        self.durable = Durable(loaded.state.log.size, loaded.state.chain.root)

    def submit(self, submission: Submission) -> None:
        """Put a command in the queue; from any thread. Raises Overloaded when too much waits."""
        self._waiting.submit(submission)

    def ask(self, question: Question) -> None:
        """Have a question answered from durable state; from any thread."""
        self._questions.put(question)
        self._waiting.wake()

    def wait(self, timeout_seconds: float) -> None:
        """Sleep until a command arrives or the time is over."""
        self._waiting.sleep(timeout_seconds)

    def wake(self) -> None:
        self._waiting.wake()

    def report(self) -> Report:
        """What it counted of itself; for the batcher's thread."""
        return self.statistics.report(queued=self._waiting.queued)

    @property
    def is_idle(self) -> bool:
        return self._waiting.is_empty and self._in_flight is None

    @property
    def is_busy_with_a_batch(self) -> bool:
        """Whether memory runs ahead of what is durable."""
        return self._in_flight is not None or self._waiting.has_groups

    def check_place(self) -> None:
        """Ask whether another gate has taken over; for a gate that has nothing else to do."""
        with contextlib.suppress(JournalBroken):
            self._require_place()

    def turn(self) -> bool:
        """Do one batch, or finish the one in flight; False when there was nothing to do."""
        try:
            if self._questions:
                self._reply()
            return self._turn()
        except CommitUnknown as error:
            self._settle(str(error))
        except (CommitRefused, JournalBroken) as error:
            self._recover(error)
        return True

    def drain(self) -> None:
        """Go on until nothing waits."""
        while self.turn() or not self.is_idle:
            pass

    def close(self) -> None:
        self._journal.close()

    def _turn(self) -> bool:
        group = self._waiting.next_group() or self._waiting.take(self._due_ticks())
        if not group:
            if self._in_flight is None:
                return False
            self._finish()
            return True
        fresh = self._without_known(group)
        if self._in_flight and not self._waiting.is_busy:
            # Not busy: there is no reason to close the next batch early.
            self._guarded(self._finish, fresh)
        if not fresh:
            return True
        decided = self._decide(fresh)
        if decided is None:
            return True
        if self._in_flight:
            self._guarded(self._finish, fresh)
        self._in_flight = decided
        self.statistics.sent()
        self._journal.commit_start(decided)
        if self._waiting.is_empty:
            self._finish()
        return True

    def _reply(self) -> None:
        """Answer questions, once the state is what the journal holds and nobody else writes it."""
        self._finish_if_any()
        if not self._waiting.has_groups:
            self._require_place()
            self._questions.answer(self.state)

    def _due_ticks(self) -> list[Submission]:
        ticks = []
        for due_ms, number in self.state.due_holds(self._now_ms(), self._limits.ticks_max):
            key = sha256(b"countersign/tick/v1\x00%d/%d" % (number, due_ms)).digest()[:16]
            if key in self._ticks_tried or self._waiting.is_on_its_way((GATE, key)):
                continue
            if len(self._ticks_tried) >= _TICKS_TRIED_MAX:
                self._ticks_tried.clear()  # The look-up finds those that were decided.
            self._ticks_tried.add(key)
            command = Tick(number, due_ms)
            ticks.append(Submission(GATE, key, _NO_MAC, command, encode(command)))
        return ticks

    def _now_ms(self) -> int:
        """The time, never before what it was: a tick taken as due is decided as due."""
        self._latest_ms = max(self._latest_ms, self.state.chain.batch_ms, self.clock.now_ms())
        return self._latest_ms

    def _without_known(self, group: list[Submission]) -> list[Submission]:
        """Answer what was asked before; the rest."""
        try:
            self._journal.look_up_start([(s.credential, s.key) for s in group])
            known = self._journal.look_up_finish()
            if not known:
                return group
            rows = self._journal.rows_of(list(known.values()))
        except JournalBroken:
            self._waiting.put_back(group)
            raise
        answers = [
            (s, known[key].mac, answer_again(key, known[key], rows))
            for s in group
            if (key := (s.credential, s.key)) in known
        ]
        self.statistics.duplicates += len(answers)
        self._answer(answers)
        return [s for s in group if (s.credential, s.key) not in known]

    def _decide(self, group: list[Submission]) -> Decided | None:
        """Decide and sign a batch; None if a command raised and everything is to be done again."""
        self.statistics.begun()
        batch_ms = self._now_ms()
        try:
            decided = decide_batch(self.state, group, batch_ms=batch_ms, term=self._term)
        except CommandRaised as error:
            # The state is half changed: finish what is in flight, then decide the rest afresh.
            error.submission.is_faulty = True
            self._fault(error.submission, str(error.__cause__))
            self._guarded(self._finish_if_any, group)
            self._waiting.put_back(group)
            self._reload()
            return None
        decided.header = signed(decided.header, self._signer)
        return decided

    def _finish_if_any(self) -> None:
        if self._in_flight:
            self._finish()

    def _guarded(self, action: Callable[[], None], group: list[Submission]) -> None:
        """Run an action that may lose the state; the group decided on it is then done again."""
        try:
            action()
        except (CommitUnknown, CommitRefused, JournalBroken):
            self._waiting.put_back(group)
            raise

    def _finish(self) -> None:
        """Wait for the batch in flight and answer it."""
        decided = self._in_flight
        invariant(decided is not None, "a batch is in flight before it is finished")
        self._journal.commit_finish()
        self._in_flight = None
        self._done(decided)  # type: ignore[arg-type]  # The invariant says so.

    def _done(self, decided: Decided) -> None:
        header = decided.header
        self._head.write(head_of(header))
        self.durable = Durable(header.first_number + header.leaves, header.root)
        self.statistics.done(decided)
        pairs = zip(decided.submissions, decided.answers, strict=True)
        self._answer([(submission, submission.mac, answer) for submission, answer in pairs])

    def _answer(self, answers: list[tuple[Submission, bytes, Answer]]) -> None:
        """Give the first answer to whoever asks with the body that it was given to."""
        out = []
        for submission, mac, answer in answers:
            for asking in (submission, *self._waiting.answered(submission)):
                is_same = asking.mac == mac
                out.append((asking, answer if is_same else Answer(answer.number, KeyReused.code)))
        self._deliver(out)

    def _settle(self, why: str) -> None:
        """Learn what became of the batch in flight, whose outcome is unknown."""
        decided = self._in_flight
        invariant(decided is not None, "only a batch in flight can have an unknown outcome")
        self.statistics.unknown_outcomes += 1
        header = decided.header  # type: ignore[union-attr]  # The invariant says so.
        void = signed(
            empty_batch(
                BatchKind.VOID,
                decided.before,  # type: ignore[union-attr]
                first_number=header.first_number,
                batch_ms=header.batch_ms,
                term=self._term,
            ).header,
            self._signer,
        )
        try:
            standing = self._journal.settle(decided, void)  # type: ignore[arg-type]
        except JournalBroken:
            self._journal_down(why)
            return
        self._in_flight = None
        self._alarm("gate.unknown_outcome", {"seq": header.seq, "why": why[:200]})
        if standing.signature == header.signature:
            self._done(decided)  # type: ignore[arg-type]
        elif standing.signature == void.signature:
            self._head.write(head_of(void))
            self._waiting.put_back(decided.submissions)  # type: ignore[union-attr]
        else:
            raise Fenced(why=f"batch {standing.seq} is of term {standing.term}, not {self._term}")
        self._reload()

    def _recover(self, error: CommitRefused | JournalBroken) -> None:
        """A batch is certainly not committed, or the journal is away."""
        decided, self._in_flight = self._in_flight, None
        if isinstance(error, CommitRefused) and error.is_taken:
            raise Fenced(why="its place in the chain of batches is taken")
        if decided is None:
            self._reconnect(str(error))
        elif isinstance(error, CommitHindered):
            self._alarm("gate.commit_hindered", {"why": str(error)[:200]})
            self._leave_undecided(decided.submissions)
            self.wait(_PAUSE_SECONDS)
            self._reload()
        elif isinstance(error, CommitRefused):
            self._halve(decided.submissions, str(error))
            self._reload()
        else:
            self._in_flight = decided
            self._settle(str(error))

    def _reconnect(self, why: str) -> None:
        """The look-up broke while nothing was in flight: the state is what is durable."""
        try:
            self._journal.open()
        except JournalBroken:
            self._journal_down(why)

    def _halve(self, group: list[Submission], why: str) -> None:
        """Narrow down which command makes a batch fail."""
        if len(group) == 1 and group[0].is_faulty:
            # Not even its refusal can be committed, so nothing is decided and nobody is told so.
            self._leave_undecided(group)
            return
        if len(group) == 1:
            group[0].is_faulty = True
            self._fault(group[0], why)
            self._waiting.put_back(group)
            return
        middle = len(group) // 2
        self._waiting.put_back(group[:middle], group[middle:])

    def _leave_undecided(self, group: list[Submission]) -> None:
        """Nothing is booked under these keys, so whoever has one may send it again."""
        not_yet = Answer(0, NotReady.code)
        asking = [each for one in group for each in (one, *self._waiting.answered(one))]
        self._deliver([(each, not_yet) for each in asking])
        self._ticks_tried.difference_update(submission.key for submission in group)

    def _fault(self, submission: Submission, why: str) -> None:
        self.statistics.faults += 1
        details: dict[str, str | int] = {"kind": submission.command.kind.name, "why": why[:200]}
        self._alarm(GateFault.code, details)

    def _journal_down(self, why: str) -> None:
        self._alarm("gate.journal_unreachable", {"why": why[:200]})
        self.wait(_PAUSE_SECONDS)

    def _reload(self) -> None:
        """Drop memory and load again: the state ran ahead of what is durable."""
        self.statistics.reloads += 1
        loaded = None
        while loaded is None:
            try:
                self._journal.open()
                loaded = recovery.load(self._journal, self._signer, self._head.read())
            except JournalBroken as error:
                self._journal_down(str(error))
        if loaded.state.chain.term != self._term:
            raise Fenced(why=f"term {loaded.state.chain.term} has begun, not {self._term}")
        self._state = loaded.state

    def _require_place(self) -> None:
        """Raise Fenced if another gate has taken over."""
        head = self._journal.head()
        if head is not None and head.term > self._term:
            self._signer.check_header(head)
            raise Fenced(why=f"term {head.term} has begun, not {self._term}")


_NO_MAC = b"\x00" * 17
_PAUSE_SECONDS = 0.1
_TICKS_TRIED_MAX = 100_000
