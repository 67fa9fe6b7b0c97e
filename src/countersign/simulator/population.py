"""Who lives in the city: companies and persons, what they own, whom they pay. Pure.

Amounts have heavy tails: most holders are small, a few move most of the money.
"""

from typing import Final

from countersign.simulator.accounts import account_anywhere, account_in, minor_units
from countersign.simulator.chance import Chance
from countersign.simulator.model import Holder, Payee
from countersign.simulator.places import PLACES, Place

_GIVEN = (
    *("Anna", "Bo", "Chidi", "Dora", "Emre", "Fatima", "Goran", "Hanae", "Ines", "Jonas"),
    *("Kofi", "Leila", "Mateo", "Nadia", "Oskar", "Priya", "Quentin", "Rosa", "Samir", "Tess"),
)
_FAMILY = (
    *("Okafor", "Lindqvist", "Haddad", "Moreau", "Sato", "Kowalczyk", "Nguyen", "Ferrari"),
    *("Brandt", "Castellanos", "Dubois", "Egli", "Fraser", "Grunwald", "Hollis", "Iversen"),
)
_STEMS = (
    *("Alder", "Borealis", "Cormorant", "Delta", "Elm", "Fathom", "Granite", "Harbour"),
    *("Indigo", "Juniper", "Keystone", "Lantern", "Meridian", "Northgate", "Orchard", "Pinnacle"),
)
_TRADES = (
    *("Logistics", "Foods", "Engineering", "Textiles", "Optics", "Paper", "Pharma", "Shipping"),
    *("Software", "Steel", "Timber", "Tools"),
)
COMPANY_SCALE = 10_000
PERSON_SCALE = 600
_FILES_SHARE = 0.12
_HERE_SHARE = 0.25


def person_name(chance: Chance) -> str:
    return f"{chance.choice(_GIVEN)} {chance.choice(_FAMILY)}"


def company_name(chance: Chance) -> str:
    return f"{chance.choice(_STEMS)} {chance.choice(_TRADES)}"


def a_supplier(of: Holder, chance: Chance) -> Payee:
    """Somebody whom a company buys from."""
    return Payee(
        name=company_name(chance),
        account=account_anywhere(chance),
        amount=chance.around(of.scale, 0.8),
        every_days=chance.choice((5, 10, 10, 20, 20, 20, 40)),
    )


def settle(seed: int, *, companies: int, persons: int, sleepers: int) -> list[Holder]:
    """Everybody with an account here, numbered from 0; companies first, who sleeps last."""
    holders = [_company(number, Chance.of(seed, "company", number)) for number in range(companies)]
    holders += [
        _person(number, Chance.of(seed, "person", number))
        for number in range(companies, companies + persons + sleepers)
    ]
    for holder in holders[companies + persons :]:
        holder.is_asleep = True
    _make_them_known(holders, seed)
    return holders


def _company(number: int, chance: Chance) -> Holder:
    place = chance.choice(PLACES)
    scale = minor_units(chance.around(COMPANY_SCALE, 1.2), place.currency)
    holder = _holder(number, place, company_name(chance), scale, chance, is_company=True)
    holder.usual_balance = holder.balance = int(scale * chance.uniform(25, 90))
    holder.by_file = chance.happens(_FILES_SHARE)
    holder.payees = [a_supplier(holder, chance) for _ in range(chance.randint(8, 26))]
    sweep = Payee(
        name=f"{holder.name} Treasury",
        account=account_in(place.country, chance),
        amount=scale * 8,
        every_days=0,
        purpose="INTC",
    )
    holder.payees.append(sweep)
    return holder


def _person(number: int, chance: Chance) -> Holder:
    place = chance.choice(PLACES)
    scale = minor_units(chance.around(PERSON_SCALE, 0.7), place.currency)
    holder = _holder(number, place, person_name(chance), scale, chance, is_company=False)
    holder.usual_balance = holder.balance = minor_units(chance.around(35_000, 1.4), place.currency)
    holder.payees = [
        Payee(
            name=person_name(chance) if chance.happens(0.5) else company_name(chance),
            account=account_in(place.country, chance),
            amount=chance.around(scale, 0.7),
            every_days=chance.choice((10, 20, 20)),
            purpose="OTHR",
        )
        for _ in range(chance.randint(2, 6))
    ]
    return holder


def _holder(
    number: int, place: Place, name: str, scale: int, chance: Chance, *, is_company: bool
) -> Holder:
    return Holder(
        number=number,
        name=name,
        account=account_in(place.country, chance),
        place=place,
        is_company=is_company,
        scale=scale,
        usual_balance=0,
        balance=0,
    )


def _make_them_known(holders: list[Holder], seed: int) -> None:
    """Some suppliers are companies here, and companies pay wages to persons here and elsewhere."""
    companies = [holder for holder in holders if holder.is_company]
    persons = [holder for holder in holders if not holder.is_company and not holder.is_asleep]
    for company in companies:
        chance = Chance.of(seed, "known", company.number)
        for payee in company.payees[:-1]:
            other = chance.choice(companies)
            if chance.happens(_HERE_SHARE) and _can_pay(company, other):
                payee.name, payee.account = other.name, other.account
        for _ in range(chance.randint(4, 14)):
            found = chance.choice(persons) if persons and chance.happens(0.6) else None
            worker = found if found and _can_pay(company, found) else None
            company.staff.append(
                Payee(
                    name=worker.name if worker else person_name(chance),
                    account=worker.account if worker else account_in(company.place.country, chance),
                    amount=minor_units(chance.around(3_400, 0.35), company.currency),
                    every_days=0,
                    purpose="SALA",
                )
            )


def _can_pay(company: Holder, other: Holder) -> bool:
    """Whether an order between them can be carried out: in one currency, and not to itself."""
    return other is not company and other.currency == company.currency


TAX_OFFICES: Final = {
    place.name: (f"{place.name} Tax Office", account_in(place.country, Chance.of(place.name)))
    for place in PLACES
}
