"""What an attacker sees and can do: victims, published limits, the calendar, his accounts. Pure."""

from collections.abc import Callable, Generator, Mapping
from statistics import median_low
from typing import NamedTuple

from countersign.simulator.accounts import account_anywhere, minor_units
from countersign.simulator.chance import Chance
from countersign.simulator.model import Event, Holder, PlannedTransfer, Receipt, order_body
from countersign.simulator.places import DAY_MS, HOUR_MS, MINUTE_MS, local_day, office_time
from countersign.simulator.population import company_name, person_name

LEFT = frozenset({"released", "settled"})
Script = Generator[Event, str, None]
Creditor = tuple[str, str]  # Name and account.
Piece = tuple[int, int]  # When it was paid, and how much.


class Limits(NamedTuple):
    """What the policy's public text says, as attackers use it. Amounts are parts of `large`."""

    large: Mapping[str, int]  # Minor units by currency: from here on a person looks.
    new_payee_parts: int  # A first payment from 1/so many on is looked at.
    floor_parts: int  # Under 1/so many no rule about habits looks.
    usual_times: int  # So many times of what the debtor usually pays is unusual.
    seldom: int  # Up to so many payments of a month make no creditor known.
    growth_times: int  # So many times the greatest of them is a leap.
    pair_times: int  # With a known creditor, so many times of what is usual is unusual.
    young_parts: int  # To a creditor of this week, 1/so many together is looked at.
    young_sum_parts: int  # And so is 1/so many whatever is usual, if a tenth of it comes at once.
    just_below_percent: int  # Two a day from so much of `large` on are looked at.
    drained_percent: int  # Taking so much of what is there is looked at.
    day_parts: int  # 1/so many of the account in a day, to somebody hardly known, is looked at.
    inflow_days: int  # So long it is watched whether what came in leaves again.
    # A day's payments to creditors of this month are looked at from 1/so many of `large` on,
    fresh_parts: int
    fresh_times: int  # if they are so many times of what is usual,
    fresh_floor_parts: int  # and the last of them is 1/so many or more.


class Aim:
    """What one attack goes for; fixed by the script before its first move, in euros by the city."""

    def __init__(self, name: str, attack_id: str, *, is_bold: bool) -> None:
        self.name = name
        self.id = attack_id
        self.is_bold = is_bold
        self.goal = 0  # Minor units of the victim's currency.
        self.currency = ""


class Scene:
    """One attacker's view."""

    def __init__(
        self,
        aim: Aim,
        *,
        limits: Limits,
        holders: list[Holder],
        chance: Chance,
        start_ms: int,
        reference: Callable[[], str],
    ) -> None:
        self.aim = aim
        self.is_bold = aim.is_bold
        self.chance = chance
        self.now_ms = start_ms
        self._limits = limits
        self._holders = holders
        self._reference = reference

    def holder(self, fits: Callable[[Holder], bool]) -> Holder | None:
        """Somebody whom it could hit; none if it fits nobody."""
        fitting = [holder for holder in self._holders if fits(holder)]
        return self.chance.choice(fitting) if fitting else None

    def goes_for(self, victim: Holder, goal: int) -> None:
        self.aim.goal, self.aim.currency = goal, victim.currency

    def large(self, of: Holder) -> int:
        return self._limits.large[of.currency]

    def euros(self, amount: int, of: Holder) -> int:
        """So many euros in the minor units of a holder."""
        return minor_units(amount, of.currency)

    def first_most(self, of: Holder) -> int:
        """The most that a first payment may be without a look at it."""
        return self.large(of) // self._limits.new_payee_parts - 1

    def later_most(self, of: Holder) -> int:
        """The most that one payment a day may be."""
        return self.large(of) * self._limits.just_below_percent // 100 - 1

    def quiet_most(self, of: Holder) -> int:
        """The most that no rule about habits looks at."""
        return self.large(of) // self._limits.floor_parts - 1

    def usual_most(self, of: Holder) -> int:
        """The most that is not unusual for a holder, as his statements show what is usual."""
        return _usual(of) * self._limits.usual_times * 8 // 10

    def unseen_most(self, of: Holder, paid: list[Piece]) -> int:
        """The most of a next payment that no rule about habits looks at, as the attacker reads it.

        `paid` is what he had this debtor pay this creditor before.
        """
        limits, now_ms = self._limits, self.now_ms
        month = [amount for at_ms, amount in paid if at_ms > now_ms - 30 * DAY_MS]
        week = [amount for at_ms, amount in paid if at_ms > now_ms - 7 * DAY_MS]
        grown = limits.growth_times * max(month, default=0) - 1
        if len(month) > limits.seldom:
            grown = limits.pair_times * median_low(month) - 1
        most = max(self.quiet_most(of), self.usual_most(of), grown)
        if len(week) > 1 and len(week) == len(month):
            room = max(self.large(of) // limits.young_parts, self.usual_most(of)) - sum(week)
            most = min(most, room)
        if week and len(week) == len(month):
            young = self.large(of) // limits.young_sum_parts - sum(week) - 1
            most = min(most, max(young, self.large(of) // 10 - 1))
        day = sum(amount for at_ms, amount in paid if at_ms > now_ms - DAY_MS)
        first = self.first_most(of) if not paid else self.later_most(of)
        return min(most, first, self.large(of) - day - 1)

    def day_most(self, of: Holder, today: int) -> int:
        """The most of a payment to somebody new after so much today, all of it to somebody new.

        Neither is the account emptied too quickly, nor is it much more than usual to those of this
        month. The victim's own business of the day is unknown, so a fifth is left for that.
        """
        limits, large = self._limits, self.large(of)
        part = (of.balance + today) // limits.day_parts * 8 // 10 - today
        most = max(part, large // 10 - 1)
        if not today:
            return most
        usual = _usual(of) * limits.fresh_times * 8 // 10
        fresh = max(large // limits.fresh_parts, usual) - today
        return min(most, max(fresh, large // limits.fresh_floor_parts) - 1)

    @property
    def inflow_days(self) -> int:
        return self._limits.inflow_days

    def reach(self, of: Holder) -> int:
        """What can be taken without emptying the account."""
        return of.balance * (self._limits.drained_percent - 5) // 100

    def below(self, amount: int) -> int:
        """A little less, and no round figure."""
        return max(1, int(amount * self.chance.uniform(0.9, 0.995)))

    def mule(self) -> Creditor:
        """An account elsewhere that nobody here ever paid."""
        name = company_name if self.chance.happens(0.5) else person_name
        return name(self.chance), account_anywhere(self.chance)

    def waits(self, of: Holder, *, hours: float) -> int:
        """Go on after about so long, when the holder would order as well."""
        waited = int(hours * self.chance.uniform(0.9, 1.3) * HOUR_MS)
        self.now_ms = office_time(of.place, self.now_ms + waited)
        return self.now_ms

    def waits_days(self, of: Holder, days: float) -> int:
        """Go on after at least so many whole days: a window of that length has passed."""
        self.now_ms = office_time(of.place, self.now_ms + int(days * DAY_MS) + 5 * MINUTE_MS)
        return self.now_ms

    def pay(
        self, debtor: Holder, creditor: Creditor, amount: int, what: str, *, gains: bool = True
    ) -> PlannedTransfer:
        """An order of the victim's account; it `gains` if the money is then out of reach."""
        day = local_day(debtor.place, self.now_ms).isoformat()
        return PlannedTransfer(
            at_ms=self.now_ms,
            orderer=debtor.number,
            amount=amount,
            body=order_body(
                debtor,
                creditor,
                amount,
                day=day,
                reference=self._reference(),
                purpose="SUPP" if debtor.is_company else "OTHR",
                remittance=what,
            ),
            attack=self.aim.name,
            attack_id=self.aim.id,
            takes_value=gains,
        )

    def money_for(self, holder: Holder, amount: int) -> Receipt:
        """Money that comes from outside to an account of the attacker's."""
        return Receipt(at_ms=self.now_ms, holder=holder.number, amount=amount)


def _usual(of: Holder) -> int:
    """What the statements of a holder show as the usual payment."""
    return of.scale * _USUAL_PERCENT // 100


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
    paid: list[list[Piece]] = [[] for _ in creditors]
    stopped, turn = 0, 0
    while goal > scene.euros(1_000, debtor) and scene.now_ms < end_ms and stopped < _NERVE:
        place = turn % len(creditors)
        recent = (p for pieces in paid for p in pieces if p[0] > scene.now_ms - DAY_MS)
        most = min(
            scene.unseen_most(debtor, paid[place]),
            scene.day_most(debtor, sum(amount for _, amount in recent)),
        ) // (1 + 2 * stopped)
        turn += 1
        if most >= scene.euros(200, debtor):
            amount = min(goal, scene.below(most))
            outcome = yield scene.pay(debtor, creditors[place], amount, what)
            if outcome in LEFT:
                goal -= amount
                paid[place].append((scene.now_ms, amount))
            else:
                stopped += 1
        scene.waits(debtor, hours=hours)


_NERVE = 2
# Wages and small suppliers are among the payments, so their median is lower than the scale.
_USUAL_PERCENT = 65
