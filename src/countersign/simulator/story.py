"""Normal life and attacks in one order of time, told what becomes of each order.

Rules: 1. `next` gives one event after the other, never earlier than the one before. 2. After an
order of an attack `hear` is called before `next`: the attacker goes on with what he heard.
3. Whoever finds an attack out says `discovered`, and it is over.
"""

import heapq
from collections.abc import Collection, Iterator
from datetime import date, timedelta
from itertools import chain
from typing import NamedTuple

from countersign.simulator.attacks.deceived import invoice_redirection, payee_scam
from countersign.simulator.attacks.laundered import mule_chain, structuring
from countersign.simulator.attacks.limits import Limits
from countersign.simulator.attacks.scene import LEFT, Aim, Scene, Script
from countersign.simulator.attacks.stolen import account_takeover, dormant_account, insider
from countersign.simulator.chance import Chance
from countersign.simulator.city import City
from countersign.simulator.model import Event, PlannedTransfer, Receipt
from countersign.simulator.places import PLACES, moment, office_time

ATTACKS = {
    "account_takeover": account_takeover,
    "dormant_account": dormant_account,
    "insider": insider,
    "invoice_redirection": invoice_redirection,
    "mule_chain": mule_chain,
    "payee_scam": payee_scam,
    "structuring": structuring,
}
_NOON = 12 * 60


class Plot(NamedTuple):
    """How long, and how much of what."""

    first: date
    days: int
    companies: int
    persons: int
    attacks: int  # Of each name.
    attacks_from_day: int
    attacks_to_day: int
    has_past: bool = True  # Whether who sleeps gives a last order, long before the first day.
    names: Collection[str] = ATTACKS.keys()  # Of the attacks; each comes as it would among all.


class _Waiting(NamedTuple):
    at_ms: int
    number: int
    event: Event | None  # None: the script has not begun.


class Story:
    """One seed's life. `aims` are the attacks that have begun, by id."""

    def __init__(self, seed: int, plot: Plot, limits: Limits) -> None:
        self.city = City(
            seed, companies=plot.companies, persons=plot.persons, sleepers=plot.attacks * 3
        )
        self.aims: dict[str, Aim] = {}
        before = self.city.before(plot.first) if plot.has_past else ()
        self._life: Iterator[Event] = chain(before, self.city.life(plot.first, plot.days))
        self._seed = seed
        self._limits = limits
        self._normal = next(self._life, None)
        self._scripts: list[tuple[Aim, Script]] = []
        self._heap: list[_Waiting] = []
        self._told: _Waiting | None = None  # The move whose outcome an attacker waits for.
        self._start_attacks(plot)

    def next(self) -> Event | None:
        """What happens next; None at the end."""
        while self._heap and (self._normal is None or self._heap[0].at_ms <= self._normal.at_ms):
            waiting = heapq.heappop(self._heap)
            if waiting.event is None:
                self._go_on(waiting.number, None)
                continue
            if isinstance(waiting.event, Receipt):
                self._go_on(waiting.number, "ok")
            else:
                self._told = waiting
            return waiting.event
        event, self._normal = self._normal, next(self._life, None)
        return event

    def hear(self, planned: PlannedTransfer, status: str) -> None:
        """What became of an order: the status that the answer gave."""
        if not planned.attack:
            return
        if status in LEFT:
            self.city.holders[planned.orderer].balance -= planned.amount
        told, self._told = self._told, None
        if told is not None:
            self._go_on(told.number, status)

    def discovered(self, attack_id: str) -> None:
        """The attack is over: its owner knows."""
        for number, (aim, script) in enumerate(self._scripts):
            if aim.id == attack_id:
                script.close()
                self._heap = [waiting for waiting in self._heap if waiting.number != number]
                heapq.heapify(self._heap)

    def _start_attacks(self, plot: Plot) -> None:
        for name, script in ATTACKS.items():
            if name not in plot.names:
                continue
            for turn in range(plot.attacks):
                chance = Chance.of(self._seed, name, turn)
                day = plot.first + timedelta(
                    chance.randrange(plot.attacks_from_day, plot.attacks_to_day)
                )
                start_ms = office_time(PLACES[0], moment(PLACES[0], day, _NOON))
                aim = Aim(name, f"{name}-{turn + 1}", is_bold=turn % 2 == 0)
                scene = Scene(
                    aim,
                    limits=self._limits,
                    holders=self.city.holders,
                    chance=chance,
                    start_ms=start_ms,
                    reference=self.city.reference,
                )
                number = len(self._scripts)
                self._scripts.append((aim, script(scene)))
                heapq.heappush(self._heap, _Waiting(start_ms, number, None))

    def _go_on(self, number: int, outcome: str | None) -> None:
        aim, script = self._scripts[number]
        try:
            event = next(script) if outcome is None else script.send(outcome)
        except StopIteration:
            return
        self.aims[aim.id] = aim
        heapq.heappush(self._heap, _Waiting(event.at_ms, number, event))
