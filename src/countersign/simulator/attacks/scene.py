"""What an attacker sees and can do: victims, published limits, the calendar, his accounts. Pure."""

from collections.abc import Callable, Generator
from statistics import median_low
from typing import NamedTuple

from countersign.simulator.accounts import account_anywhere, minor_units
from countersign.simulator.attacks.limits import Limits
from countersign.simulator.chance import Chance
from countersign.simulator.model import Event, Holder, PlannedTransfer, Receipt, order_body
from countersign.simulator.places import DAY_MS, HOUR_MS, MINUTE_MS, local_day, office_time
from countersign.simulator.population import company_name, person_name

LEFT = frozenset({"released", "settled"})
Script = Generator[Event, str, None]
Creditor = tuple[str, str]  # Name and account.


class _Given(NamedTuple):
    """An order that the attacker gave."""

    at_ms: int
    debtor: int
    creditor: Creditor
    amount: int


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
        self._given: list[_Given] = []

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
        parts = max(self._limits.new_payee_parts, self._limits.first_order_parts)
        return self.large(of) // parts - 1

    def later_most(self, of: Holder) -> int:
        """The most that one payment a day may be."""
        return self.large(of) * self._limits.just_below_percent // 100 - 1

    def quiet_most(self, of: Holder) -> int:
        """The most that no rule about habits looks at."""
        limits = self._limits
        parts = limits.floor_parts if self._has_habit(of) else limits.quiet_parts
        return self.large(of) // parts - 1

    def usual_most(self, of: Holder) -> int:
        """The most that is not unusual for a holder, as his statements show what is usual."""
        limits = self._limits
        if self._has_habit(of):
            return self._usual(of) * limits.usual_times * 8 // 10
        return limits.quiet_times * max([self._usual(of), *self._amounts_in(of, 30)]) * 8 // 10

    def week_of(self, of: Holder) -> int:
        """What a holder's own business usually pays in a week."""
        return sum(p.amount * 5 // p.every_days for p in of.payees if p.every_days)

    def unseen_most(self, of: Holder, to: Creditor) -> int:
        """The most of a next payment that no rule about habits looks at, as he reads it."""
        limits, large = self._limits, self.large(of)
        month, week, day = (self._to(of, to, days) for days in (30, 7, 1))
        grown = limits.growth_times * max(month, default=0) - 1
        if len(month) > limits.seldom:
            grown = limits.pair_times * median_low(month) - 1
        most = max(self.quiet_most(of), self.usual_most(of), grown)
        if len(week) >= limits.young_count and len(week) == len(month):
            usual = self._usual(of) * limits.young_times * 8 // 10
            most = min(most, max(large // limits.young_parts, usual) - sum(week))
        if week and len(week) == len(month):
            young = large // limits.young_sum_parts - sum(week) - 1
            most = min(most, max(young, large // limits.young_piece_parts - 1))
        first = self.later_most(of) if self._first(of, to) else self.first_most(of)
        return min(most, first, large - sum(day) - 1)

    def day_most(self, of: Holder, to: Creditor) -> int:
        """The most of a payment to somebody hardly known, after what such got before.

        Neither is the account emptied too quickly, nor is it much more than usual to those of this
        month. The victim's own business of the day is unknown, so a fifth is left for that.
        """
        limits, large = self._limits, self.large(of)
        today = self._given_in(of, 1)
        all_today = sum(one.amount for one in today)
        part = (of.balance + all_today) // limits.day_parts * 8 // 10 - all_today
        most = max(part, large // limits.day_piece_parts - 1)
        if not self._is_fresh(of, to):
            return most
        fresh = [one for one in today if self._is_fresh(of, one.creditor)]
        so_far, usual = sum(one.amount for one in fresh), self._usual(of) * 8 // 10
        if fresh:
            room = max(large // limits.fresh_parts, usual * limits.fresh_times) - so_far
            most = min(most, max(room, large // limits.fresh_floor_parts) - 1)
        if len({one.creditor for one in fresh}) >= limits.scattered_count:
            room = max(large // limits.scattered_parts, usual * limits.scattered_times) - so_far
            most = min(most, max(room, large // limits.scattered_floor_parts) - 1)
        return min(most, self._month_most(of))

    def _month_most(self, of: Holder) -> int:
        """The most, so that those of this month get little in it, or a part of all that is paid."""
        limits, large = self._limits, self.large(of)
        month = self._given_in(of, 30)
        fresh = sum(one.amount for one in month if self._is_fresh(of, one.creditor))
        if not fresh:
            return self.first_most(of)
        known = sum(one.amount for one in month) - fresh + self.week_of(of) * 4 * 8 // 10
        little = max(large // limits.only_new_parts - fresh, large // limits.only_new_floor_parts)
        percent = limits.only_new_percent
        return max(little, known * percent // (100 - percent) - fresh) - 1

    @property
    def fresh_days(self) -> int:
        return self._limits.fresh_days

    @property
    def habit_count(self) -> int:
        return self._limits.habit_count

    @property
    def inflow_days(self) -> int:
        return self._limits.inflow_days

    def passing_most(self, came_in: int) -> int:
        """The most of what came in that may leave again within a day; a fifth is for business."""
        return came_in * self._limits.passing_from_percent * 8 // 1000

    def hides(self, of: Holder, came_in: int) -> bool:
        """Whether a holder's own business is so much that nobody sees this money pass."""
        return self.week_of(of) * 100 >= came_in * self._limits.passed_to_percent

    def passed_most(self, of: Holder) -> int:
        """The most that may be passed on within the week."""
        return self.large(of) // self._limits.passed_parts - 1

    def reach(self, of: Holder) -> int:
        """What can be taken without emptying the account at once, or all but all of a small one."""
        percent = self._limits.drained_percent - 5
        if of.balance < self.large(of) // self._limits.drained_parts:
            percent = 95
        return of.balance * percent // 100

    def waking_most(self, of: Holder) -> int:
        """The most that may wake an account that slept."""
        return self.large(of) // self._limits.dormant_parts - 1

    @property
    def haste_hours(self) -> float:
        """How soon the next order to somebody new may follow."""
        return 1 / (self._limits.creditors_count - _LEFT_TO_OTHERS)

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
        self._pace(debtor, creditor)
        amount = self._unlike_before(debtor, creditor, amount)
        self._given.append(_Given(self.now_ms, debtor.number, creditor, amount))
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

    def _pace(self, debtor: Holder, creditor: Creditor) -> None:
        """Wait until no rule about haste would look; an hour leaves room for the victim's own."""
        orders_most = self._limits.frequency_count * 3 // 4
        creditors_most = self._limits.creditors_count - _LEFT_TO_OTHERS
        while True:
            hour = [
                one
                for one in self._given
                if one.debtor == debtor.number and one.at_ms > self.now_ms - HOUR_MS
            ]
            others = {one.creditor for one in hour} - {creditor}
            if len(hour) < orders_most and len(others) < creditors_most:
                return
            self.now_ms = office_time(debtor.place, hour[0].at_ms + HOUR_MS + MINUTE_MS)

    def _unlike_before(self, debtor: Holder, creditor: Creditor, amount: int) -> int:
        """The amount, or a little less where the same went there too often within the hour."""
        hour = [
            one.amount
            for one in self._given
            if (one.debtor, one.creditor) == (debtor.number, creditor)
            and one.at_ms > self.now_ms - HOUR_MS
        ]
        while hour.count(amount) >= self._limits.repeated_count - 1 and amount > 1:
            amount -= 1
        return amount

    def _given_in(self, of: Holder, days: int) -> list[_Given]:
        """What the attacker ordered for a holder in so many days; the rules count what was held."""
        since_ms = self.now_ms - days * DAY_MS
        return [one for one in self._given if one.debtor == of.number and one.at_ms > since_ms]

    def _amounts_in(self, of: Holder, days: int) -> list[int]:
        return [one.amount for one in self._given_in(of, days)]

    def _to(self, of: Holder, to: Creditor, days: int) -> list[int]:
        """The same to one creditor."""
        return [one.amount for one in self._given_in(of, days) if one.creditor == to]

    def _first(self, of: Holder, to: Creditor) -> int:
        """When the attacker first paid a creditor from this account; 0 where he never did."""
        number = of.number
        return next((g.at_ms for g in self._given if (g.debtor, g.creditor) == (number, to)), 0)

    def _is_fresh(self, of: Holder, to: Creditor) -> bool:
        """Whether a creditor counts as one of this month."""
        first_ms = self._first(of, to)
        return not first_ms or first_ms >= self.now_ms - self._limits.fresh_days * DAY_MS

    def _has_habit(self, of: Holder) -> bool:
        """Whether a month has so many orders that the rules know a habit, as statements show."""
        own = sum(20 / p.every_days for p in of.payees if p.every_days) + len(of.staff)
        return own * 7 // 10 + len(self._given_in(of, 30)) >= self._limits.habit_count

    def _usual(self, of: Holder) -> int:
        """What the statements of a holder show as the usual payment; of who slept, the newest."""
        if of.payees or of.staff:
            return of.scale * _USUAL_PERCENT // 100
        given = self._amounts_in(of, 30)
        return median_low(given) if given else 0


# Creditors within an hour that are the victim's own business.
_LEFT_TO_OTHERS = 2
# Wages and small suppliers are among the payments, so their median is lower than the scale.
_USUAL_PERCENT = 65
