"""Ways of taking money that several attacks share: at a bite, in small pieces, warmed up before."""

from countersign.simulator.attacks.scene import LEFT, Creditor, Scene, Script
from countersign.simulator.model import Holder
from countersign.simulator.places import DAY_MS

_NERVE = 2  # Who was stopped so often gives up.


def take(
    scene: Scene,
    debtor: Holder,
    creditors: list[Creditor],
    goal: int,
    *,
    most: int,
    hours: float,
    days: float,
    what: str = "Invoice",
) -> Script:
    """Pay piece after piece, in turn to each creditor, until goal, days or nerve are over.

    A piece that is held or rejected is tried again with less at the next creditor; twice is enough.
    """
    end_ms = scene.now_ms + int(days * DAY_MS)
    stopped, turn = 0, 0
    while goal > scene.euros(1_000, debtor) and scene.now_ms < end_ms and stopped < _NERVE:
        amount = min(goal, scene.below(most))
        outcome = yield scene.pay(debtor, creditors[turn % len(creditors)], amount, what)
        if outcome in LEFT:
            goal -= amount
        else:
            stopped += 1
            most = amount * 4 // 10
        turn += 1
        scene.waits(debtor, hours=hours)


def warm_up(scene: Scene, debtor: Holder, creditors: list[Creditor], what: str) -> Script:
    """A small payment to each, so that the next one is no first one."""
    for creditor in creditors:
        amount = scene.euros(scene.chance.randint(150, 900), debtor)
        yield scene.pay(debtor, creditor, amount, what)
        scene.waits(debtor, hours=1.2)


def creep(
    scene: Scene,
    debtor: Holder,
    creditors: list[Creditor],
    goal: int,
    *,
    hours: float,
    days: float,
    what: str = "Invoice",
) -> Script:
    """The same for the patient: each piece as large as no rule would look at, and no larger."""
    end_ms = scene.now_ms + int(days * DAY_MS)
    stopped, turn = 0, 0
    while goal > scene.euros(1_000, debtor) and scene.now_ms < end_ms and stopped < _NERVE:
        creditor = creditors[turn % len(creditors)]
        most = min(scene.unseen_most(debtor, creditor), scene.day_most(debtor, creditor))
        most //= 1 + 2 * stopped
        turn += 1
        if most >= scene.euros(200, debtor):
            amount = min(goal, scene.below(most))
            outcome = yield scene.pay(debtor, creditor, amount, what)
            if outcome in LEFT:
                goal -= amount
            else:
                stopped += 1
        scene.waits(debtor, hours=hours)


def age(scene: Scene, debtor: Holder, creditors: list[Creditor], what: str) -> Script:
    """Pay each a little now and then, until none is new any more."""
    rounds = 3
    for _ in range(rounds):
        yield from warm_up(scene, debtor, creditors, what)
        scene.waits_days(debtor, scene.fresh_days / rounds + 0.4)
