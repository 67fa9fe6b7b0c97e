"""One world from one seed: clients, a lossy channel, a jumping clock, gates that are struck down.

Rules: 1. Every choice is drawn from the one Random of the seed, so a seed is a story that can be
told again. 2. What the gate did is judged by the journal and by what it answered, never by asking
the gate. 3. A finding is kept under the number of its invariant; the world goes on.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from random import Random

from tests.simulation import faults
from tests.simulation.clients import Clients, Request, is_raising
from tests.simulation.faults import Crash, RememberingSigner, SimulatedHead, SimulatedJournal
from tests.simulation.model import Model
from tests.support.gate import Harness, ManualClock

from countersign.access.model import GATE
from countersign.gate import snapshot
from countersign.gate.changes import DISPATCH_DUE
from countersign.gate.commands import Answer, Kind, Submission
from countersign.gate.errors import Fenced, GateFault, KeyReused, NotReady, Overloaded, Tampered
from countersign.gate.journal.memory import Disk
from countersign.gate.journal.protocol import (
    CommitHindered,
    CommitRefused,
    CommitUnknown,
    JournalBroken,
    Recorded,
    RequestKey,
)
from countersign.gate.rows import BatchKind, CommandRow
from countersign.gate.waiting import Limits
from countersign.transfers.errors import NotDue
from countersign.transfers.model import Status, TransferRow

HOUR_MS = 3_600_000
TURNS_MAX = 2_000
_DOWN = (Crash, CommitUnknown, CommitRefused, JournalBroken)


class Stuck(Exception):
    """A gate that never comes to rest, without any fault from outside."""


class Gate:
    """One process: an engine with a journal and a head file of its own on the shared disk."""

    def __init__(self, world: "World", number: int) -> None:
        self.number = number
        self.world = world
        self.journal = SimulatedJournal(world.disk, self._strike, world.poisoned)
        self.harness = Harness(
            self.journal,
            disk=world.disk,
            head=SimulatedHead(world.head_slots, self._strike),
            clock=world.clock,
            limits=world.limits,
            on_answers=self._answered,
            signer=world.signer,
        )
        self.engine = self.harness.engine
        self.answered = 0

    @property
    def term(self) -> int:
        return self.engine._term

    def _strike(self, point: str) -> None:
        self.world.strike(self, point)

    def _answered(self, answers: list[tuple[Submission, Answer]]) -> None:
        self.answered += len(answers)
        for submission, answer in answers:
            self.world.acknowledge(self, submission, answer)


class World:
    """Run it with `run`; then read `findings`, `story`, `disk` and `model`."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.seed = seed
        self.story: list[str] = []
        self.findings: dict[str, list[str]] = defaultdict(list)
        self.counts: dict[str, int] = defaultdict(int)
        self.disk = Disk()
        self.signer = RememberingSigner()
        self.head_slots = faults.new_slots()
        self.clock = ManualClock()
        self.model = Model(self.find)
        self.clients = Clients(self.random, self.model)
        self.poisoned: set[RequestKey] = set()
        self.alone_refused: set[RequestKey] = set()  # Refused by the journal in a batch of one.
        self.requests: list[Request] = []
        self.waiting: dict[RequestKey, Request] = {}
        self.channel: list[Request] = []
        self.first_answers: dict[tuple[RequestKey, bytes], Answer] = {}
        self.gate: Gate | None = None
        self.final_content = b""
        self._draw_habits()
        self._gates = 0
        self._followed = 0
        self._newest_ms = 0
        self._is_calm = True
        self._rivals: list[Gate] = []
        self._is_nested = False

    def _draw_habits(self) -> None:
        random = self.random
        self.limits = Limits(
            batch_max=random.choice((1, 3, 8, 512)),
            waiting_max=random.choice((12, 60, 8192)),
            busy_at=random.choice((1, 2, 3, 64)),
            ticks_max=random.choice((1, 2, 64)),
        )
        self._fault_rate = random.choice((0.0, 0.01, 0.03, 0.1))
        self._loss = random.choice((0.0, 0.1, 0.4))
        self._steps = random.randrange(20, 45)

    def run(self) -> "World":
        """The opening in calm, the rough middle, and a calm end in which all is answered."""
        self._keep_a_gate()
        for asked in self.clients.opening():
            self._ask(asked)
        self._calm_down()
        self._is_calm = False
        for _ in range(self._steps):
            self._step()
            self._look()
        self._is_calm = True
        self._end()
        return self

    def find(self, invariant: str, what: str) -> None:
        """Keep what is wrong."""
        self.findings[invariant].append(what)
        self.tell(f"*** {invariant}: {what}")

    def tell(self, what: str) -> None:
        self.story.append(what)

    # What happens to a gate.

    def strike(self, gate: Gate, point: str) -> None:
        """Called by a gate's journal and head file at each point; may raise or do anything."""
        rate = self._fault_rate * (4 if point in faults.RARE else 1)
        if self._is_calm or self.random.random() >= rate:
            return
        fault = self.random.choice(faults.POINTS[point])
        if fault == faults.RIVAL and self._is_nested:
            return
        self.tell(f"gate {gate.number}: {fault} at {point}")
        self.counts[f"{fault} at {point}"] += 1
        # A gate that finds its journal away pauses for a moment; not in this world.
        gate.engine.wake()
        if fault == faults.CLOCK:
            self._move_clock()
        elif fault == faults.RIVAL:
            self._run_rival()
        else:
            self._raise(gate, fault)

    def _raise(self, gate: Gate, fault: str) -> None:
        if fault == faults.CRASH:
            raise Crash
        if fault == faults.UNKNOWN:
            raise CommitUnknown("simulated")
        if fault == faults.BROKEN:
            raise JournalBroken("simulated")
        if fault == faults.HINDERED:
            gate.journal._sent = None
            raise CommitHindered("simulated")
        batch = gate.journal.newest
        if batch and len(batch.submissions) == 1:
            alone = batch.submissions[0]
            self.alone_refused.add((alone.credential, alone.key))
        gate.journal._sent = None
        raise CommitRefused("simulated", is_taken=False)

    def _run_rival(self) -> None:
        """While the other one stands still: a gate starts beside it and serves."""
        self._is_nested = True
        rival = self._start_gate()
        if rival:
            self._rivals.append(rival)
            for _ in range(self.random.randrange(4)):
                self._send_new(rival)
                if not self._turn(rival):
                    self._rivals.remove(rival)
                    break
        self._is_nested = False

    def _start_gate(self) -> Gate | None:
        self._gates += 1
        gate = Gate(self, self._gates)
        try:
            gate.engine.start()
        except _DOWN as error:
            self.tell(f"gate {gate.number} did not start: {type(error).__name__}")
            return None
        except Fenced:
            self.tell(f"gate {gate.number} was fenced while it started")
            return None
        self.tell(f"gate {gate.number} serves term {gate.term}")
        return gate

    def _keep_a_gate(self) -> Gate:
        while self.gate is None:
            self.gate = self._start_gate()
            self._settle_rivals()
        return self.gate

    def _turn(self, gate: Gate) -> bool:
        """One turn; False when the gate is gone after it."""
        return self._run(gate, gate.engine.turn)

    def _run(self, gate: Gate, action: Callable[[], object]) -> bool:
        try:
            action()
        except Crash:
            self.tell(f"gate {gate.number} crashed")
            return False
        except Fenced as fenced:
            self.tell(f"gate {gate.number} stopped: {fenced}")
            self._check_fenced(gate)
            return False
        return True

    def _check_fenced(self, gate: Gate) -> None:
        if self.disk.batches[-1].header.term <= gate.term:
            self.find("fence", f"gate {gate.number} of the newest term says that it is fenced")

    def _settle_rivals(self) -> None:
        """Of all gates alive only the one that took over last goes on; it must fence the others."""
        if not self._rivals:
            return
        alive = [*self._rivals, *([self.gate] if self.gate else [])]
        self._rivals = []
        alive.sort(key=lambda gate: gate.term)
        newest = self.disk.batches[-1].header.term
        self.gate = alive.pop() if alive[-1].term == newest else None
        for gate in alive:
            self._probe(gate)

    def _probe(self, gate: Gate) -> None:
        """A gate whose term is over goes on as if nothing were, until it learns it is fenced."""
        self.tell(f"gate {gate.number} wakes up after its term {gate.term}")
        self.counts["woken"] += 1
        durable = len(self.disk.batches)
        was_calm, self._is_calm = self._is_calm, True
        fresh = self.clients.plain()
        self.requests.append(fresh)
        self._to_engine(gate, fresh)
        for _ in range(TURNS_MAX):
            if not self._turn(gate):
                break
        else:
            self.find("fence", f"gate {gate.number} was never fenced")
        if len(self.disk.batches) != durable:
            self.find("fence", f"gate {gate.number} wrote after its term was over")
        self._is_calm = was_calm

    # What clients and the channel do.

    def _step(self) -> None:
        gate = self._keep_a_gate()
        random = self.random
        chance = random.random()
        if chance < 0.05:
            self._move_clock()
        elif chance < 0.12:
            self._snapshot(gate)
        elif chance < 0.14:
            self.tell(f"gate {gate.number} is killed")
            self.gate = None
        elif chance < 0.14 + self._fault_rate / 4:
            self._run_rival()
        else:
            self._send_new(gate)
            for _ in range(random.choice((1, 1, 2, 5))):
                if not self._turn(gate):
                    self.gate = None
                    break
        self._settle_rivals()

    def _send_new(self, gate: Gate) -> None:
        """Clients ask, ask again, and at times ask something else under an old key."""
        random = self.random
        for _ in range(random.choice((0, 1, 1, 2, 5))):
            self._ask(self.clients.new())
            if random.random() < 0.02 and not self._is_calm:
                self.poisoned.add(self.requests[-1].request_key)
        if self.requests and random.random() < 0.3:
            self.channel += random.choices(self.requests, k=random.randrange(1, 4))
        if self.requests and random.random() < 0.1:
            self._ask(self.clients.twin(random.choice(self.requests)))
        if self.waiting and random.random() < 0.5:
            self.channel += [asked for asked in self.waiting.values() if random.random() < 0.5]
        self._carry(gate)

    def _carry(self, gate: Gate) -> None:
        """The channel loses, doubles, delays and shuffles."""
        random = self.random
        if random.random() < 0.3:
            random.shuffle(self.channel)
        staying = []
        for asked in self.channel:
            chance = random.random()
            if chance < 0.1:
                staying.append(asked)
            elif chance > self._loss * 0.5:
                self._to_engine(gate, asked)
                if chance > 0.95:
                    self._to_engine(gate, asked)
        self.channel = staying

    def _ask(self, asked: Request) -> None:
        self.requests.append(asked)
        self.waiting[asked.request_key] = asked
        self.channel.append(asked)

    def _to_engine(self, gate: Gate, asked: Request) -> None:
        try:
            gate.engine.submit(asked.submission())
        except Overloaded:
            self.counts["overloaded"] += 1

    def _move_clock(self) -> None:
        step = self.random.choice(
            (1, 1_000, HOUR_MS, 26 * HOUR_MS, 480 * HOUR_MS, -1_000, -HOUR_MS, -90 * HOUR_MS)
        )
        self.clock.now += step
        self.tell(f"the clock moves by {step} ms")

    def _snapshot(self, gate: Gate) -> None:
        if not gate.engine.is_idle:
            return
        state = gate.engine.state
        if state.chain.seq != self.disk.batches[-1].header.seq:
            return  # Another gate has gone on.
        content = snapshot.encode_content(state)
        stored = snapshot.sign_snapshot(content, state.chain, state.log.size, self.signer)
        try:
            gate.journal.keep_snapshot(state.chain.seq, stored)
        except JournalBroken:
            return
        except Crash:
            self.gate = None
        self.counts["snapshots"] += 1
        self.tell(f"gate {gate.number} kept a snapshot of batch {state.chain.seq}")

    # What is checked.

    def acknowledge(self, gate: Gate, submission: Submission, answer: Answer) -> None:
        """An answer leaves the gate: from here on it is a promise (I9)."""
        request_key = (submission.credential, submission.key)
        self.counts["answers"] += 1
        if answer.outcome == NotReady.code:
            return  # It decides nothing and says so: the client asks again.
        key = self.disk.keys.get(request_key)
        row = self.disk.rows.get(key.number) if key else None
        if row is None:
            self.find("I9", f"gate {gate.number} answered {answer}, which is not durable")
            return
        durable = _answer_of(row)
        if submission.mac != row.mac:
            durable = Answer(row.number, KeyReused.code)
            self.counts["reused keys"] += 1
        if answer != durable:
            self.find("I9", f"answered {answer}, durable is {durable}")
        self._check_head_knows(gate, row.number)
        first = self.first_answers.setdefault((request_key, submission.mac), answer)
        if answer != first:
            self.find("I9", f"answered {answer}, at first it was {first}")
        if submission.credential == GATE:
            self.counts["ticks"] += 1
            self.counts["early ticks"] += answer.outcome == NotDue.code
        if self._is_calm or self.random.random() >= self._loss:
            self.waiting.pop(request_key, None)

    def _check_head_knows(self, gate: Gate, number: int) -> None:
        """The head file is written before the answer, or a cut journal could take it back."""
        batches = self.disk.batches
        header = next(b.header for b in reversed(batches) if b.header.first_number <= number)
        if header.term == gate.term and header.seq > max(self.head_slots).seq:
            self.find("head", f"command {number} was answered, the head file does not know it")

    def _look(self) -> None:
        """Let the model read what has become durable; hold the gate's own sums against it."""
        for recorded in self.disk.batches[self._followed :]:
            if recorded.header.kind == BatchKind.VOID:
                self.counts["void batches"] += 1
            if recorded.header.batch_ms < self._newest_ms:
                self.find("I7", f"the time of batch {recorded.header.seq} goes back")
            self._newest_ms = recorded.header.batch_ms
            self._tell_batch(recorded)
            self.model.follow(recorded)
        self._followed = len(self.disk.batches)
        stored = [(b, h) for _, (b, h, _) in sorted(self.disk.balances.items())]
        if stored != self.model.balances():
            self.find("I1", "the stored balances are not the sums of the postings")
        due = {(number, DISPATCH_DUE): since for number, since in self.model.due.items()}
        if self.disk.outbox != due:
            wrong = set(self.disk.outbox.items()) ^ set(due.items())
            self.find("outbox", f"not due as it was released: {sorted(wrong)}")
        gate = self.gate
        if gate and gate.engine.is_idle and gate.term == self.disk.batches[-1].header.term:
            self._compare_state(gate)

    def _tell_batch(self, recorded: Recorded) -> None:
        header = recorded.header
        self.tell(f"batch {header.seq} of term {header.term}, {BatchKind(header.kind).name}")
        for row in recorded.transfers:
            status = Status(row.status).name.lower()
            self.tell(f"  {row.number}: order of {row.amount} from {row.debtor}: {status}")
        for command in recorded.commands:
            kind = Kind(command.kind).name.lower()
            self.tell(f"  {command.number}: {kind} {command.transfer or ''}: {command.outcome}")

    def _compare_state(self, gate: Gate) -> None:
        balances = gate.engine.state.balances
        own = list(zip(balances.balance[1:], balances.held[1:], strict=True))
        if own != self.model.balances():
            self.find("I1", f"gate {gate.number}'s balances are not the sums of the postings")
        final = {"cancelled", "rejected", "expired", "returned", "settled here", "settled"}
        mine = {n: life.status for n, life in self.model.lives.items() if life.status not in final}
        theirs = {
            number: transfer.status.name.lower()
            for number, transfer in gate.engine.state.open.items()
            if transfer.status != Status.SETTLED
        }
        if mine != theirs:
            self.find("I2", f"gate {gate.number} knows other open transfers than the journal")

    def _calm_down(self) -> None:
        """Without faults, until every request is answered."""
        for _ in range(20):
            gate = self._keep_a_gate()
            self.channel = []
            for asked in list(self.waiting.values())[: self.limits.waiting_max]:
                self._to_engine(gate, asked)
            self._drained_gate()
            if not self.waiting:
                break
        else:
            self.find("I9", f"never answered: {sorted(self.waiting)}")
        self._look()

    def _drained_gate(self) -> Gate:
        """A gate that serves and has nothing left to do."""
        while True:
            gate = self._keep_a_gate()
            if self._run(gate, partial(self._drain, gate)):
                return gate
            self.gate = None

    def _drain(self, gate: Gate) -> None:
        for _ in range(TURNS_MAX):
            if not gate.engine.turn() and gate.engine.is_idle:
                return
        raise Stuck(f"gate {gate.number} goes round in circles")

    def _end(self) -> None:
        self._calm_down()
        self.counts.update({f"reversal: {outcome}": 1 for outcome in self.model.reversals})
        self.clock.now = max(self.clock.now, self._newest_ms) + 100 * HOUR_MS
        gate = self._drained_gate()
        self._look()
        late = [n for n, life in self.model.lives.items() if life.status == "held"]
        if [n for n in late if gate.engine.state.open[n].until_ms <= self.clock.now]:
            self.find("timers", f"holds that never run out: {late}")
        self._ask_again(gate)
        self.final_content = snapshot.encode_content(gate.engine.state)
        self._check_cut()
        self.gate = None
        again = self._keep_a_gate()
        self._look()
        if snapshot.encode_content(again.engine.state) != self.final_content:
            self.find("I7", "a restarted gate has another state")
        self._check_faults()

    def _check_cut(self) -> None:
        """A journal that lost its newest batches is not served.

        What was committed after the head file's batch nobody was told of: losing it is no loss.
        """
        whole = self.disk
        last = max(self.head_slots).seq - self.random.randrange(1, 4)
        self.disk = replace(whole, batches=[b for b in whole.batches if b.header.seq <= last])
        try:
            Gate(self, 0).engine.start()
            self.find("head", "a gate serves a journal whose end was cut off")
        except Tampered:
            pass
        self.disk = whole

    def _ask_again(self, gate: Gate) -> None:
        """Every request once more: nothing may be decided twice."""
        before = len(self.disk.rows)
        for asked in self.requests:
            if asked.request_key in self.disk.keys:
                self._to_engine(gate, asked)
                if self.random.random() < 0.1:
                    self._drain(gate)
        self._drain(gate)
        if len(self.disk.rows) != before:
            self.find("I9", "a request that was answered was decided again")

    def _check_faults(self) -> None:
        """`gate.fault` is for what cannot be decided or committed, and for nothing else."""
        raising = {asked.request_key for asked in self.requests if is_raising(asked)}
        allowed = self.poisoned | self.alone_refused | raising
        for number, row in self.disk.rows.items():
            request_key = (row.credential, row.key)
            is_fault = not isinstance(row, TransferRow) and row.outcome == GateFault.code
            self.counts["faults"] += is_fault
            if is_fault and request_key not in allowed:
                self.find("fault", f"command {number} was refused for the fault of another")
            if not is_fault and request_key in self.poisoned:
                self.find("fault", f"command {number} is poisoned and was committed")


def _answer_of(row: TransferRow | CommandRow) -> Answer:
    """The answer that a row stands for."""
    if isinstance(row, TransferRow):
        return Answer(row.number, Status(row.status).name.lower(), row.reasons, row.digest)
    return Answer(row.number, row.outcome, "", row.detail)
