"""Weeks of the city at the gate: orders in, transfers out, an officer who looks at what is held.

Rules: 1. Each order reaches the gate as a channel would bring it: the day of some companies as a
pain.001 file, all else as bodies of the public API. 2. Released transfers leave and settle within
minutes. 3. The officer looks at each held transfer after some hours: normal ones go on, an attack's
is rejected, and its attacker is found out.
"""

import heapq
import io
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import NamedTuple

from countersign.accounts.model import AccountKind
from countersign.channels.files import MessageFiles
from countersign.channels.model import ReportHead
from countersign.entrypoints.api.ordering import order_in
from countersign.entrypoints.bench.attacks.gate import SimulatedClock, SimulatedGate
from countersign.entrypoints.bench.attacks.tally import AttackFigures, Tally
from countersign.entrypoints.bench.figures import Figure
from countersign.entrypoints.simulate.limits import limits_of
from countersign.flows.ingest_file import ingest_file
from countersign.gate.commands import Answer, Kind
from countersign.gate.requests import Item, encode_body
from countersign.kernel.account import canonical, written_reference
from countersign.kernel.invariant import invariant
from countersign.rules.default import DEFAULT_POLICY
from countersign.rules.model import Policy
from countersign.simulator.chance import Chance
from countersign.simulator.files import write_file
from countersign.simulator.model import Holder, PlannedTransfer, Receipt
from countersign.simulator.places import DAY_MS, HOUR_MS, MINUTE_MS, PLACES
from countersign.simulator.story import Plot, Story
from countersign.transfers.order import Order

FIRST_DAY = date(2027, 1, 11)
FULL_AFTER_DAYS = 45
LOOKS_AFTER_HOURS = (2, 6)
_LEAVES_AFTER_MS = 5 * MINUTE_MS
Progress = Callable[[str], None]


class Findings(NamedTuple):
    figures: list[Figure]
    attacks: list[AttackFigures]
    troubled_by: dict[str, int]  # What held normal transfers, how often.


class _Look(NamedTuple):
    at_ms: int
    transfer: int
    planned: PlannedTransfer


PLOT = Plot(
    first=FIRST_DAY,
    days=FULL_AFTER_DAYS + 28 + 45,  # The last to begin have time to wait until they are known.
    companies=120,
    persons=400,
    attacks=10,
    attacks_from_day=FULL_AFTER_DAYS,
    attacks_to_day=FULL_AFTER_DAYS + 28,
)


def run(
    *, seed: int, progress: Progress, plot: Plot = PLOT, policy: Policy = DEFAULT_POLICY
) -> Findings:
    """Live the plot once; the same figures for the same seed."""
    weeks = _Weeks(seed, plot, policy)
    weeks.live(progress)
    tally, aims = weeks.tally, weeks.story.aims
    return Findings(
        tally.figures(aims, weeks.gate.alerts()),
        tally.attacks(aims),
        dict(tally.held_by.most_common()),
    )


class _Weeks:
    def __init__(self, seed: int, plot: Plot, policy: Policy) -> None:
        self.story = Story(seed, plot, limits_of(policy))
        first_ms = (plot.first.toordinal() - date(1970, 1, 1).toordinal()) * DAY_MS
        self.clock = SimulatedClock(first_ms - 300 * DAY_MS)
        currencies = sorted({place.currency for place in PLACES})
        self.gate = SimulatedGate(policy, clock=self.clock, currencies=currencies)
        self.tally = Tally(from_ms=first_ms + plot.attacks_from_day * DAY_MS)
        self._chance = Chance.of(seed, "officer")
        self._first_ms = first_ms
        self._released: list[tuple[int, PlannedTransfer]] = []
        self._left_ms = 0
        self._looks: list[_Look] = []
        self._file: list[PlannedTransfer] = []
        for holder in self.story.city.holders:
            self._open(holder)

    def live(self, progress: Progress) -> None:
        week = 0
        while (event := self.story.next()) is not None:
            if self._file and (isinstance(event, Receipt) or event.file != self._file[0].file):
                self._bring_file()
            self._until(event.at_ms)
            if (event.at_ms - self._first_ms) // (7 * DAY_MS) > week:
                week += 1
                progress(f"week {week}: {self.tally.normal} normal transfers counted")
            if isinstance(event, Receipt):
                holder = self.story.city.holders[event.holder]
                self.gate.fund(_canonical(holder), event.amount, holder.currency)
            elif event.file:
                self._file.append(event)
            else:
                self._bring(event)
        if self._file:
            self._bring_file()
        self._until(self.clock.now_ms() + DAY_MS)

    def _open(self, holder: Holder) -> None:
        account = _canonical(holder)
        self.gate.open_account(account, holder.name, holder.currency, AccountKind.CUSTOMER)
        self.gate.fund(account, holder.usual_balance, holder.currency)

    def _until(self, at_ms: int) -> None:
        """Let happen what is due before this moment."""
        while self._looks and self._looks[0].at_ms <= at_ms:
            look = heapq.heappop(self._looks)
            self.clock.move_to(look.at_ms)
            self._look_at(look)
        if self._released and at_ms - self._left_ms > _LEAVES_AFTER_MS:
            self._leave()
            self._left_ms = at_ms
        self.clock.move_to(at_ms)

    def _bring(self, planned: PlannedTransfer) -> None:
        """One order by the public API."""
        order = order_in(planned.body)
        answer = self.gate.submit([_item(self.gate.new_key(), order)])[0]
        self._answered(planned, answer)

    def _bring_file(self) -> None:
        """A day's orders of one company in a file."""
        planned, self._file = self._file, []
        created = datetime.fromtimestamp(planned[0].at_ms / 1000, tz=UTC).isoformat()
        answers: list[Answer] = []

        class _Listening:
            def submit(_, items: list[Item]) -> list[Answer]:  # noqa: N805
                given = self.gate.submit(items)
                if items[0].kind != Kind.RECEIVE_FILE:
                    answers.extend(given)
                return given

        ingested = ingest_file(
            io.BytesIO(write_file(planned, created=created)),
            gate=_Listening(),
            report=io.BytesIO(),
            head=ReportHead(message_id=planned[0].file, created_ms=self.clock.now_ms()),
            kind=MessageFiles(None),
        )
        invariant(ingested.refusal is None, f"a file of the city is taken: {ingested.sentence}")
        for one, answer in zip(planned, answers, strict=True):
            self._answered(one, answer)

    def _answered(self, planned: PlannedTransfer, answer: Answer) -> None:
        status, reasons = answer.outcome, answer.reasons
        if "." in status:
            status, reasons = "rejected", answer.outcome
        self.tally.ordered(planned, answer.number, status, reasons)
        if status == "held":
            self._to_be_looked_at(answer.number, planned)
        elif status == "released":
            self._released.append((answer.number, planned))
        self.story.hear(planned, status)

    def _leave(self) -> None:
        """The worker's turn: what is released is dispatched, which decides again."""
        leaving, self._released = self._released, []
        outcomes = self.gate.dispatch([number for number, _ in leaving])
        for (number, planned), outcome in zip(leaving, outcomes, strict=True):
            if outcome == "held":
                self.tally.held_at_dispatch(planned, self.gate.reasons_of(number))
                self._to_be_looked_at(number, planned)

    def _to_be_looked_at(self, number: int, planned: PlannedTransfer) -> None:
        after_ms = int(self._chance.uniform(*LOOKS_AFTER_HOURS) * HOUR_MS)
        heapq.heappush(self._looks, _Look(self.clock.now_ms() + after_ms, number, planned))

    def _look_at(self, look: _Look) -> None:
        if not self.gate.is_held(look.transfer):
            return
        if look.planned.attack:
            self.gate.reject(look.transfer)
            self.story.discovered(look.planned.attack_id)
        else:
            self.gate.release(look.transfer)
            self._released.append((look.transfer, look.planned))


def _canonical(holder: Holder) -> str:
    return canonical(written_reference(holder.account))


def _item(key: bytes, order: Order) -> Item:
    return Item(Kind.ORDER, key, encode_body(order))
