"""Attacks by who holds another's account or works at its owner's: takeover, sleeper, insider."""

from countersign.simulator.attacks.scene import LEFT, Scene, Script
from countersign.simulator.attacks.ways import creep, take, warm_up

MANY = 8  # Accounts that a thief has at hand at most.


def account_takeover(scene: Scene) -> Script:
    """A thief with the victim's credentials has one to four days until the victim looks.

    The bold pays several new accounts just under the limit for first payments, as soon after each
    other as may be; or spreads it thin over many; or warms two up and takes big pieces the next
    day. The careful stays within what the statements show as usual.
    """
    victim = scene.holder(lambda h: not h.is_asleep and h.balance >= scene.euros(60_000, h))
    if victim is None:
        return
    days = scene.chance.uniform(1, 4)
    if not scene.is_bold:
        mules = [scene.mule(), scene.mule()]
        most = min(scene.usual_most(victim), scene.later_most(victim))
        goal = min(scene.reach(victim), most * 4)
        scene.goes_for(victim, goal)
        yield from creep(scene, victim, mules, goal, hours=2, days=days)
        return
    goal = min(scene.reach(victim), 2 * scene.large(victim))
    scene.goes_for(victim, goal)
    way = scene.chance.random()
    haste = scene.haste_hours
    if way < 1 / 3:
        mules = [scene.mule() for _ in range(4)]
        most = scene.first_most(victim)
        yield from take(scene, victim, mules, goal, most=most, hours=haste, days=days)
        return
    if way < 2 / 3:
        mules = [scene.mule() for _ in range(MANY)]
        yield from creep(scene, victim, mules, goal, hours=haste, days=days)
        return
    mules = [scene.mule(), scene.mule()]
    yield from warm_up(scene, victim, mules, "Deposit")
    scene.waits_days(victim, 1)
    most = min(scene.later_most(victim), max(scene.first_most(victim), goal // 2))
    yield from take(scene, victim, mules, goal, most=most, hours=4, days=days)


def dormant_account(scene: Scene) -> Script:
    """Somebody found an account that nobody used for half a year, and wakes it with small payments.

    Once it is awake no rule about silence looks at it any more. Half of the bold go for big pieces
    at once; the others make it an account with a habit first and spread what they take thin.
    """
    victim = scene.holder(lambda h: h.is_asleep and h.balance >= scene.euros(40_000, h))
    if victim is None:
        return
    victim.is_asleep = False  # Nobody else finds it.
    victim.payees.clear()
    mules = [scene.mule() for _ in range(2 if scene.is_bold else 3)]
    most = scene.later_most(victim) if scene.is_bold else scene.quiet_most(victim)
    goal = scene.reach(victim) if scene.is_bold else min(scene.reach(victim), most * 6)
    scene.goes_for(victim, goal)
    yield from warm_up(scene, victim, mules, "Fee")
    if scene.is_bold and scene.chance.happens(0.5):
        many = [*mules, *(scene.mule() for _ in range(MANY - len(mules)))]
        yield from warm_up(scene, victim, many[: scene.habit_count], "Fee")
        scene.waits_days(victim, 1)
        haste = scene.haste_hours
        yield from creep(scene, victim, many, goal, hours=haste, days=8, what="Transfer")
        return
    if scene.is_bold:
        scene.waits_days(victim, 1)
        yield from take(scene, victim, mules, goal, most=most, hours=20, days=8, what="Transfer")
        return
    for _ in range(3):  # Until it is an account that pays now and then.
        scene.waits_days(victim, 2)
        yield from warm_up(scene, victim, mules, "Fee")
    yield from creep(scene, victim, mules, goal, hours=10, days=14, what="Transfer")


def insider(scene: Scene) -> Script:
    """Who keeps the books pays a supplier that does not exist, first little, then more.

    The invoices grow so that none is several times what was usual before, and all are like other
    suppliers'. The bold ends with one large invoice before leaving the company.
    """
    victim = scene.holder(lambda h: h.is_company and h.balance >= scene.euros(80_000, h))
    if victim is None:
        return
    shell = scene.mule()
    usual = max(victim.scale, scene.euros(2_000, victim))
    growth = scene.chance.uniform(1.5, 2.2)
    last = min(scene.reach(victim), scene.first_most(victim), usual * 25)
    steps = [usual // 2, int(usual * growth / 2), int(usual * growth)]
    if not scene.is_bold:
        steps += [int(usual * growth), int(usual * growth * 1.3), int(usual * growth * 1.5)]
    else:
        steps.append(last)
    scene.goes_for(victim, sum(steps))
    stopped = 0
    for step in steps:
        amount = step if scene.is_bold else min(step, scene.unseen_most(victim, shell))
        outcome = yield scene.pay(victim, shell, amount, f"Invoice {scene.chance.digits(5)}")
        if outcome not in LEFT:
            stopped += 1
            if stopped > 1:
                return
        scene.waits_days(victim, scene.chance.uniform(2.1, 5))
