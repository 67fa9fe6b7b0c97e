"""What became of every order: what of each attack was stopped or lost, whom it troubled.

Definitions: docs/benchmarks.md. All sums are euros at the city's constant rates, so that one figure
covers all currencies.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from countersign.alerts.model import Alert
from countersign.entrypoints.bench.figures import Figure
from countersign.simulator.accounts import euros
from countersign.simulator.attacks.scene import Aim
from countersign.simulator.model import PlannedTransfer

STOPPED_SHARE_TARGET = 0.5
ALERTS_PER_1000_TARGET = 5
# A rejection for these is the attacker's own mistake, and no find of a rule.
_RULES = "rules."


def is_missed(figure: Figure) -> bool:
    """Whether a figure is on the wrong side of its target."""
    match figure.name:
        case "value_stopped_share":
            return figure.value < STOPPED_SHARE_TARGET
        case "alerts_per_1000":
            return figure.value > ALERTS_PER_1000_TARGET
        case _:
            return False


@dataclass(slots=True)
class _Attempt:
    """One attack as the gate met it."""

    ordered: int = 0
    held: int = 0  # Of what was ordered to gain.
    lost: int = 0
    orders: int = 0
    named_by: str = ""  # The first rule that stopped one of its orders.


@dataclass(frozen=True, slots=True)
class AttackFigures:
    """All attempts of one name."""

    name: str
    attempts: int
    stopped_attempts: int
    value: int
    lost: int
    stopped_share: float
    held_share: float
    first_by: str


@dataclass(slots=True)
class Tally:
    """Counts as the days go by. `from_ms` is when windows are full and counting begins."""

    from_ms: int
    normal: int = 0
    normal_held: int = 0
    normal_rejected: int = 0
    held_by: Counter[str] = field(default_factory=Counter)
    attempts: dict[str, _Attempt] = field(default_factory=lambda: defaultdict(_Attempt))
    counted: set[int] = field(default_factory=set)  # Numbers of normal transfers.

    def ordered(self, planned: PlannedTransfer, number: int, status: str, reasons: str) -> None:
        """An order was answered."""
        if planned.attack:
            attempt = self.attempts[planned.attack_id]
            amount = _gain(planned)
            attempt.orders += 1
            attempt.ordered += amount
            if status in {"held", "rejected"}:
                self._stop(attempt, amount, reasons)
            else:
                attempt.lost += amount
        elif planned.at_ms >= self.from_ms:
            self.normal += 1
            self.counted.add(number)
            if status == "held":
                self._trouble(reasons)
            elif status not in {"released", "settled"}:
                self.normal_rejected += 1

    def held_at_dispatch(self, planned: PlannedTransfer, reasons: str) -> None:
        """What was released before is held now."""
        if planned.attack:
            attempt = self.attempts[planned.attack_id]
            attempt.lost -= _gain(planned)
            self._stop(attempt, _gain(planned), reasons)
        elif planned.at_ms >= self.from_ms:
            self._trouble(reasons)

    def _stop(self, attempt: _Attempt, amount: int, reasons: str) -> None:
        rules = [code for code in reasons.split(",") if code.startswith(_RULES)]
        if rules:
            attempt.held += amount
            attempt.named_by = attempt.named_by or "+".join(r.removeprefix(_RULES) for r in rules)

    def _trouble(self, reasons: str) -> None:
        self.normal_held += 1
        self.held_by["+".join(code.removeprefix(_RULES) for code in reasons.split(","))] += 1

    def figures(self, aims: Mapping[str, Aim], alerts: Iterable[Alert]) -> list[Figure]:
        """All figures, those with targets first."""
        by_name = self.attacks(aims)
        value = sum(attack.value for attack in by_name)
        lost = sum(attack.lost for attack in by_name)
        kept = sum(attack.stopped_share * attack.value for attack in by_name)
        held = sum(attempt.held for attempt in self.attempts.values())
        ordered = sum(attempt.ordered for attempt in self.attempts.values())
        raised = sum(alert.transfer in self.counted for alert in alerts)
        return [
            Figure("value_stopped_share", _share(kept, value), "share", STOPPED_SHARE_TARGET),
            Figure(
                "alerts_per_1000", _per_1000(raised, self.normal), "1/1000", ALERTS_PER_1000_TARGET
            ),
            Figure("holds_per_1000", _per_1000(self.normal_held, self.normal), "1/1000"),
            Figure("ordered_held_share", _share(held, ordered), "share"),
            Figure("attack_value", value, "EUR"),
            Figure("attack_value_lost", lost, "EUR"),
            Figure("attacks", len(aims), "count"),
            Figure("normal_transfers", self.normal, "count"),
            Figure("normal_rejected", self.normal_rejected, "count"),
            *(
                Figure(f"stopped_share_{attack.name}", attack.stopped_share, "share")
                for attack in by_name
            ),
        ]

    def attacks(self, aims: Mapping[str, Aim]) -> list[AttackFigures]:
        """One entry for each name, by name."""
        names = sorted({aim.name for aim in aims.values()})
        return [self._of(name, [a for a in aims.values() if a.name == name]) for name in names]

    def _of(self, name: str, aims: list[Aim]) -> AttackFigures:
        value = lost = kept = stopped = held = ordered = 0
        first_by: Counter[str] = Counter()
        for aim in aims:
            attempt = self.attempts[aim.id]
            goal = max(euros(aim.goal, aim.currency), attempt.lost)
            value += goal
            lost += attempt.lost
            held += attempt.held
            ordered += attempt.ordered
            if attempt.named_by:
                stopped += 1
                kept += goal - attempt.lost
                first_by[attempt.named_by] += 1
        return AttackFigures(
            name=name,
            attempts=len(aims),
            stopped_attempts=stopped,
            value=value,
            lost=lost,
            stopped_share=_share(kept, value),
            held_share=_share(held, ordered),
            first_by=", ".join(f"{rule} {count}" for rule, count in first_by.most_common(3)),
        )


def _gain(planned: PlannedTransfer) -> int:
    return euros(planned.amount, planned.body["currency"]) if planned.takes_value else 0


def _share(part: float, whole: float) -> float:
    return round(part / whole, 4) if whole else 0.0


def _per_1000(part: int, whole: int) -> float:
    return round(1000 * part / whole, 2) if whole else 0.0
