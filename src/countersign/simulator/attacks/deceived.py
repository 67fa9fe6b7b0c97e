"""Attacks in which the debtor orders in good faith: a redirected invoice, a scam."""

from countersign.simulator.attacks.scene import LEFT, Scene, Script
from countersign.simulator.model import Holder, Payee


def invoice_redirection(scene: Scene) -> Script:
    """A supplier "has a new bank account": the next invoices go there until the real one reminds.

    Invoices are what they always were, and the fraudster chooses one whose invoices need no look.
    The bold has what is owed paid at once, in one sum just under the limit; the careful has a cent
    amount tested first and takes invoice by invoice.
    """
    victim = scene.holder(lambda h: h.is_company and bool(_worth(scene, h)))
    if victim is None:
        return
    payee = scene.chance.choice(_worth(scene, victim))
    thief = payee.name, scene.mule()[1]
    usual = payee.amount
    if scene.is_bold:
        owed = min(scene.below(scene.first_most(victim)), int(usual * scene.chance.uniform(2, 6)))
        amounts = [owed, min(owed, usual * 2)]
    else:
        amounts = [scene.chance.around(usual, 0.2) for _ in range(3)]
        amounts.insert(0, scene.euros(10, victim))
    amounts = [min(amount, scene.reach(victim) // 2) for amount in amounts]
    scene.goes_for(victim, sum(amounts))
    for amount in amounts:
        what = f"Invoice {scene.chance.digits(5)}"
        outcome = yield scene.pay(victim, thief, amount, what)
        if outcome not in LEFT:
            return  # Whoever is asked about it calls the supplier.
        scene.waits_days(victim, scene.chance.uniform(3, 7))


def _worth(scene: Scene, victim: Holder) -> list[Payee]:
    """Suppliers elsewhere whose invoices are worth it and need no look."""
    least, most = scene.euros(8_000, victim), scene.first_most(victim)
    return [p for p in victim.payees if p.every_days and least <= p.amount <= most]


def payee_scam(scene: Scene) -> Script:
    """A person pays a false broker, lover or policeman, coached to stay under the limits.

    It begins small; what follows grows with the trust. Held once, the coach has the victim pay less
    to another account.
    """
    victim = scene.holder(
        lambda h: not h.is_company and not h.is_asleep and h.balance >= scene.euros(15_000, h)
    )
    if victim is None:
        return
    friend = scene.mule()
    first = scene.euros(scene.chance.randint(300, 2_000), victim)
    if scene.is_bold:
        goal = scene.reach(victim)
        most = min(scene.later_most(victim), goal)
        grows = 6.0
    else:
        most = max(scene.usual_most(victim), scene.quiet_most(victim))
        goal = min(scene.reach(victim), most * 5)
        grows = 2.5
    scene.goes_for(victim, goal)
    amount, stopped = first, 0
    for _ in range(8):
        unseen = most if scene.is_bold else min(most, scene.unseen_most(victim, friend))
        amount = min(amount, goal, scene.below(unseen))
        if amount < scene.euros(100, victim):
            return
        outcome = yield scene.pay(victim, friend, amount, "Investment")
        if outcome in LEFT:
            goal -= amount
            amount = int(amount * grows)
        else:
            stopped += 1
            if stopped > 1:
                return
            friend, amount = scene.mule(), amount // 3
        scene.waits_days(victim, scene.chance.uniform(1, 4))
