"""Attacks by account holders themselves: money in pieces, money passed on from hand to hand."""

from collections.abc import Generator

from countersign.simulator.attacks.scene import LEFT, Scene, Script
from countersign.simulator.attacks.ways import age, creep, take, warm_up
from countersign.simulator.model import Holder, PlannedTransfer


def structuring(scene: Scene) -> Script:
    """A customer moves a sum out that nobody is to look at, in pieces that need no look.

    Each creditor is known before the first real piece, gets one a day, and no piece is just below
    the limit. The bold uses large pieces, the careful many small ones to many accounts; half of the
    careful wait first until these accounts are new no more.
    """
    sender = scene.holder(lambda h: not h.is_asleep and h.balance >= scene.large(h) * 2 // 3)
    if sender is None:
        return
    goal = min(scene.reach(sender), scene.large(sender) * 3 // (2 if scene.is_bold else 4))
    scene.goes_for(sender, goal)
    if not scene.is_bold:
        creditors = [scene.mule() for _ in range(6)]
        if scene.chance.happens(0.5):
            yield from age(scene, sender, creditors, "Deposit")
            yield from creep(scene, sender, creditors, goal, hours=5, days=14, what="Loan")
            return
        yield from creep(scene, sender, creditors, goal, hours=5, days=30, what="Loan")
        return
    creditors = [scene.mule() for _ in range(3)]
    for _ in range(4):  # A creditor who was paid four times is known.
        yield from warm_up(scene, sender, creditors, "Deposit")
        scene.waits_days(sender, 1)
    # Three creditors a day apart: none gets two pieces within a day.
    most = scene.later_most(sender)
    yield from take(scene, sender, creditors, goal, most=most, hours=26, days=18, what="Loan")


def mule_chain(scene: Scene) -> Script:
    """Stolen money comes to a hired account here, goes on to two others here, and leaves.

    The bold hire front companies whose usual business hides the sums, and pass them on within
    hours but never whole. The careful hire persons, pass on what is usual for each, and let the
    week go by in which it is watched whether what came in leaves again.
    """
    first = scene.holder(lambda h: _is_hired(scene, h))
    if first is None:
        return
    total = min(scene.euros(scene.chance.around(120_000, 0.6), first), scene.first_most(first) * 3)
    share = total * 45 // 100
    hops = [hop for _ in range(2) if (hop := _another(scene, first, share)) is not None]
    scene.goes_for(first, total * 8 // 10)
    yield scene.money_for(first, total)
    if not scene.is_bold:
        scene.waits_days(first, scene.inflow_days)
    for hop in hops:
        passed = yield from _pass_on(scene, first, hop, share)
        exits = [scene.mule(), scene.mule()]
        rest = passed * 9 // 10
        if scene.is_bold:
            scene.waits(hop, hours=2)
            day = max(scene.passing_most(passed), scene.passed_most(hop))
            most = min(day, scene.first_most(hop))
            yield from take(scene, hop, exits, min(day, rest), most=most, hours=2, days=1)
            scene.waits_days(hop, 1)  # What leaves is held against what came in that day.
            yield from take(scene, hop, exits, rest - min(day, rest), most=most, hours=2, days=2)
        else:
            scene.waits_days(hop, scene.inflow_days)
            yield from creep(scene, hop, exits, rest, hours=12, days=14, what="Goods")


def _pass_on(
    scene: Scene, first: Holder, hop: Holder, share: int
) -> Generator[PlannedTransfer, str, int]:
    """Pay a share to the next account; how much of it got there."""
    passed = 0
    to = (hop.name, hop.account)
    for _ in range(1 if scene.is_bold else 6):
        scene.waits(first, hours=3 if scene.is_bold else 20)
        most = scene.first_most(first) if scene.is_bold else scene.unseen_most(first, to)
        amount = min(share - passed, scene.below(most))
        if amount < scene.euros(200, first):
            break
        outcome = yield scene.pay(first, to, amount, "Rent share", gains=False)
        if outcome not in LEFT:
            break
        passed += amount
    return passed


def _is_hired(scene: Scene, holder: Holder) -> bool:
    if scene.is_bold:
        return holder.is_company and scene.usual_most(holder) >= scene.euros(50_000, holder)
    return not holder.is_company and not holder.is_asleep


def _another(scene: Scene, first: Holder, share: int) -> Holder | None:
    """An account of the same kind that can take the same money, and hide it if it may."""

    def fits(holder: Holder) -> bool:
        is_alike = holder.currency == first.currency and holder is not first
        return is_alike and _is_hired(scene, holder)

    hiding = scene.holder(lambda h: fits(h) and scene.hides(h, share)) if scene.is_bold else None
    return hiding or scene.holder(fits)
