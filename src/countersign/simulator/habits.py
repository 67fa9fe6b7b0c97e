"""A normal day of one holder: invoices, wages, rents, taxes, sweeps, new suppliers, rare big buys.

Nothing here looks at a rule. What is rare in real life is rare here, and there all the same: a
house, a machine, a new supplier with a large first invoice.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from countersign.simulator.accounts import account_anywhere, account_in, minor_units
from countersign.simulator.chance import Chance
from countersign.simulator.model import Holder, Payee
from countersign.simulator.places import is_working_day, working_day
from countersign.simulator.population import TAX_OFFICES, a_supplier, company_name, person_name

PAY_DAY = 25
TAX_DAY = 10
NEW_SUPPLIER_SHARE = 1 / 30
BIG_BUY_SHARE = 1 / 130
CAR_SHARE = 1 / 700
HOUSE_SHARE = 1 / 3_000
_ROUND_SHARE = 0.15
_SPREAD = 0.35
_PEAK = {3: 1.25, 6: 1.25, 9: 1.25, 11: 1.3, 12: 1.6}
_PEAK_FROM_DAY = 20
_SPENT_AT_MOST = 0.6  # Of what the holder has, in one payment.
_FRIDAY = 4


class Payment(NamedTuple):
    """What a holder pays on a day: to whom, how much, at which local minute."""

    name: str
    account: str
    amount: int
    purpose: str
    remittance: str
    minute: int


def payments_of(holder: Holder, day: date, seed: int) -> Iterator[Payment]:
    """All payments of one holder on one day, in no order; changes whom the holder knows."""
    if holder.is_asleep:
        return
    chance = Chance.of(seed, "day", holder.number, day.toordinal())
    is_working = is_working_day(holder.place, day)
    if holder.is_company:
        if is_working:
            yield from _company_day(holder, day, chance)
    else:
        yield from _person_day(holder, day, chance, is_working=is_working)


def _company_day(holder: Holder, day: date, chance: Chance) -> Iterator[Payment]:
    busy = _PEAK.get(day.month, 1.0) if day.day >= _PEAK_FROM_DAY else 1.0
    for payee in holder.payees:
        if payee.every_days and chance.happens(busy / payee.every_days):
            yield _invoice(holder, payee, _amount(payee.amount, chance), chance)
    sweep = holder.payees[-1]
    if day.weekday() == _FRIDAY and sweep.every_days == 0:
        spare = int(max(0, holder.balance - holder.usual_balance // 2) * chance.uniform(0.1, 0.3))
        rounded = spare // (step := minor_units(5_000, holder.currency)) * step
        if rounded:
            yield _payment(holder, sweep, rounded, "Sweep", chance)
    if chance.happens(NEW_SUPPLIER_SHARE):
        fresh = a_supplier(holder, chance)
        place = chance.randrange(len(holder.payees) - 1)
        holder.payees[place] = fresh
        yield _invoice(holder, fresh, _amount(fresh.amount, chance), chance)
    if chance.happens(BIG_BUY_SHARE):
        known = chance.choice(holder.payees[:-1])
        seller = known if chance.happens(0.4) else a_supplier(holder, chance)
        yield _invoice(holder, seller, int(holder.scale * chance.uniform(5, 20)), chance)
    yield from _due_on_fixed_days(holder, day, chance)


def _due_on_fixed_days(holder: Holder, day: date, chance: Chance) -> Iterator[Payment]:
    if _is_due(holder, day, PAY_DAY):
        minute = _minute(holder, chance)
        for worker in holder.staff:
            amount = int(worker.amount * chance.uniform(0.97, 1.05))
            yield _payment(holder, worker, amount, f"Salary {day:%Y-%m}", chance, minute=minute)
    if _is_due(holder, day, TAX_DAY):
        office, account = TAX_OFFICES[holder.place.name]
        amount = int(holder.scale * chance.uniform(1.5, 4))
        payee = Payee(name=office, account=account, amount=amount, every_days=0, purpose="TAXS")
        yield _payment(holder, payee, amount, f"Tax {day:%Y-%m}", chance)
    if _is_due(holder, day, 1):
        of_holder = Chance.of("landlord", holder.account)
        amount = int(holder.scale * of_holder.uniform(0.5, 2))
        account = account_in(holder.place.country, of_holder)
        landlord = Payee(
            name=f"{company_name(of_holder)} Estates",
            account=account,
            amount=amount,
            every_days=0,
            purpose="RENT",
        )
        yield _payment(holder, landlord, amount, f"Rent {day:%Y-%m}", chance)


def _person_day(
    holder: Holder, day: date, chance: Chance, *, is_working: bool
) -> Iterator[Payment]:
    for payee in holder.payees:
        if chance.happens((1.0 if is_working else 0.3) / payee.every_days):
            yield _payment(holder, payee, _amount(payee.amount, chance), "Transfer", chance)
    if _is_due(holder, day, 1):
        of_holder = Chance.of("landlord", holder.account)
        payee = Payee(
            name=person_name(of_holder),
            account=account_in(holder.place.country, of_holder),
            amount=minor_units(of_holder.around(1_300, 0.4), holder.currency),
            every_days=0,
            purpose="RENT",
        )
        yield _payment(holder, payee, payee.amount, f"Rent {day:%Y-%m}", chance)
    if is_working and chance.happens(CAR_SHARE):
        price = minor_units(chance.around(24_000, 0.5), holder.currency)
        yield from _buy(holder, f"{company_name(chance)} Motors", price, "Car", chance)
    if is_working and chance.happens(HOUSE_SHARE):
        price = minor_units(chance.around(280_000, 0.5), holder.currency)
        yield from _buy(
            holder, f"Notary {person_name(chance)}", price, "Purchase of a house", chance
        )


def _buy(holder: Holder, seller: str, price: int, what: str, chance: Chance) -> Iterator[Payment]:
    """Only what the holder can pay."""
    if price < holder.balance * _SPENT_AT_MOST:
        payee = Payee(name=seller, account=account_anywhere(chance), amount=price, every_days=0)
        yield _payment(holder, payee, price, what, chance)


def _is_due(holder: Holder, day: date, of_month: int) -> bool:
    """Whether this is the first working day from that day of the month on."""
    first = date(day.year, day.month, of_month)
    if day.day < of_month:
        first = date(day.year, day.month, 1) - timedelta(1)
        first = date(first.year, first.month, of_month)
    return working_day(holder.place, first) == day


def _amount(usual: int, chance: Chance) -> int:
    amount = chance.around(usual, _SPREAD)
    if chance.happens(_ROUND_SHARE):
        step = 10 ** max(2, len(str(amount)) - 2)
        amount = max(step, amount // step * step)
    return amount


def _invoice(holder: Holder, payee: Payee, amount: int, chance: Chance) -> Payment:
    number = chance.randrange(10_000, 99_999)
    return _payment(holder, payee, amount, f"Invoice {number}", chance)


def _payment(  # What a payment says, in the order in which people say it.
    holder: Holder,
    payee: Payee,
    amount: int,
    remittance: str,
    chance: Chance,
    *,
    minute: int | None = None,
) -> Payment:
    minute = _minute(holder, chance) if minute is None else minute
    return Payment(payee.name, payee.account, amount, payee.purpose, remittance, minute)


def _minute(holder: Holder, chance: Chance) -> int:
    """When it is ordered: a file once a day at its hour, companies in working hours."""
    opens, closes = holder.place.opens * 60, holder.place.closes * 60
    if holder.by_file:
        return opens + 90 + holder.number * 7 % 240
    if holder.is_company:
        return chance.randrange(opens, closes)
    return chance.randrange(opens, closes + 60)
