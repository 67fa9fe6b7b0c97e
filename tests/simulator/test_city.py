"""Normal life: the same for a seed, in order, in the product's own words, with a heavy tail."""

import io
from collections import Counter
from datetime import date
from itertools import groupby

import pytest

from countersign.channels.credit_transfers import check_message, read_instructions
from countersign.channels.model import Instruction
from countersign.entrypoints.api.ordering import order_in
from countersign.flows.ingest_file import order_of
from countersign.kernel.account import Iban
from countersign.simulator.accounts import COUNTRIES, account_in, euros, minor_units
from countersign.simulator.chance import Chance
from countersign.simulator.city import City
from countersign.simulator.files import write_file
from countersign.simulator.model import Event, PlannedTransfer, Receipt
from countersign.simulator.places import MINUTE_MS, PLACES, is_working_day, local_day, moment
from countersign.transfers.order import check_order

pytestmark = pytest.mark.fast

FIRST = date(2027, 2, 1)


def a_city(seed: int = 1, *, companies: int = 30, persons: int = 60) -> City:
    return City(seed, companies=companies, persons=persons, sleepers=3)


def orders(seed: int = 1, days: int = 30) -> list[PlannedTransfer]:
    return [e for e in a_city(seed).life(FIRST, days) if isinstance(e, PlannedTransfer)]


@pytest.mark.parametrize("country", COUNTRIES)
def test_an_iban_is_one_that_the_kernel_takes(country: str) -> None:
    for number in range(50):
        text = account_in(country, Chance.of(country, number))
        assert Iban.parse(text).country == country


def test_euros_and_minor_units() -> None:
    assert minor_units(250, "EUR") == 25_000
    assert euros(25_099, "GBP") == 250


def test_the_same_seed_lives_the_same_life() -> None:
    assert orders(days=10) == orders(days=10)
    assert orders(days=10) != orders(2, days=10)


def test_events_come_in_the_order_of_time_with_references_of_their_own() -> None:
    city = a_city()
    events: list[Event] = [*city.before(FIRST), *city.life(FIRST, 40)]
    times = [event.at_ms for event in events]
    assert times == sorted(times)
    references = [e.body["end_to_end_id"] for e in events if isinstance(e, PlannedTransfer)]
    assert len(set(references)) == len(references) > 300


def test_every_order_is_one_that_a_bank_can_carry_out() -> None:
    for planned in orders():
        order = order_in(planned.body)
        check_order(order)
        assert order.instructed_amount == planned.amount
        assert not planned.attack


def test_companies_rest_when_their_city_does() -> None:
    city = a_city()
    for event in city.life(date(2027, 3, 22), 10):
        if isinstance(event, PlannedTransfer) and city.holders[event.orderer].is_company:
            place = city.holders[event.orderer].place
            assert is_working_day(place, local_day(place, event.at_ms))


def test_business_is_ordered_in_working_hours_and_a_file_at_its_own() -> None:
    """Local minutes from the hour at which people open, over a month and every city."""
    city = a_city()
    minutes: dict[int, set[int]] = {}
    for event in city.life(FIRST, 30):
        if isinstance(event, PlannedTransfer) and city.holders[event.orderer].is_company:
            place = city.holders[event.orderer].place
            midnight = moment(place, local_day(place, event.at_ms), 0)
            at_minute = (event.at_ms - midnight) // MINUTE_MS - place.opens * 60
            minutes.setdefault(event.orderer, set()).add(at_minute)
            assert 0 <= at_minute < (place.closes - place.opens) * 60
    by_hand = {n for n, found in minutes.items() if not city.holders[n].by_file}
    assert {city.holders[n].place for n in by_hand} == set(PLACES)
    all_day = set().union(*(minutes[n] for n in by_hand))
    assert (min(all_day), max(all_day) // 10) == (0, 59), "all ten hours"
    once_a_day = [found for n, found in minutes.items() if n not in by_hand]
    assert once_a_day
    assert all(len(found) == 1 for found in once_a_day)


# Around a turn of the year: holidays differ between the cities, and some days are Sundays.
PAY_DAYS = {
    ("SALA", "Frankfurt"): ["2025-12-29", "2026-01-26"],
    ("SALA", "London"): ["2025-12-29", "2026-01-26"],
    ("SALA", "Zurich"): ["2025-12-29", "2026-01-26"],
    ("SALA", "New York"): ["2025-12-26", "2026-01-26"],
    ("TAXS", "Frankfurt"): ["2025-12-10", "2026-01-12"],
    ("TAXS", "London"): ["2025-12-10", "2026-01-12"],
    ("TAXS", "Zurich"): ["2025-12-10", "2026-01-12"],
    ("TAXS", "New York"): ["2025-12-10", "2026-01-12"],
    ("RENT", "Frankfurt"): ["2026-01-02", "2026-02-02"],
    ("RENT", "London"): ["2026-01-02", "2026-02-02"],
    ("RENT", "Zurich"): ["2026-01-05", "2026-02-02"],
    ("RENT", "New York"): ["2026-01-02", "2026-02-02"],
}


def test_wages_taxes_and_rents_are_paid_on_their_day_or_the_next_working_day() -> None:
    city = a_city()
    paid: dict[tuple[str, str], set[str]] = {}
    for event in city.life(date(2025, 12, 8), 60):
        if isinstance(event, PlannedTransfer):
            place, purpose = city.holders[event.orderer].place, event.body["purpose_code"]
            day = local_day(place, event.at_ms).isoformat()
            assert event.body["requested_execution_date"] == day
            paid.setdefault((purpose, place.name), set()).add(day)
    assert {key: sorted(paid[key]) for key in PAY_DAYS} == PAY_DAYS


def test_life_has_wages_rents_taxes_sweeps_and_a_heavy_tail() -> None:
    kinds = Counter(planned.body["purpose_code"] for planned in orders(days=60))
    assert set(kinds) == {"SUPP", "SALA", "RENT", "TAXS", "INTC", "OTHR"}
    amounts = sorted(planned.amount for planned in orders(days=60))
    median, top = amounts[len(amounts) // 2], amounts[len(amounts) * 99 // 100]
    assert top > 20 * median


def test_nobody_spends_what_he_does_not_have_and_nothing_grows() -> None:
    city = a_city()
    known = [len(holder.payees) for holder in city.holders]
    for event in city.life(FIRST, 120):
        if isinstance(event, Receipt):
            assert event.amount > 0
    assert all(holder.balance >= 0 for holder in city.holders)
    assert [len(holder.payees) for holder in city.holders] == known


def test_who_sleeps_ordered_once_long_before_and_never_since() -> None:
    city = a_city()
    before = list(city.before(FIRST))
    asleep = {holder.number for holder in city.holders if holder.is_asleep}
    assert {e.orderer for e in before if isinstance(e, PlannedTransfer)} == asleep
    assert len(before) == 3
    for event in city.life(FIRST, 30):
        assert not isinstance(event, PlannedTransfer) or event.orderer not in asleep


def test_a_file_says_what_the_bodies_say() -> None:
    in_files = [planned for planned in orders() if planned.file]
    files = [list(group) for _, group in groupby(in_files, key=lambda planned: planned.file)]
    assert len(files) == len({planned.file for planned in in_files}) > 10
    for planned in files[:10]:
        stream = io.BytesIO(write_file(planned, created="2027-02-01T09:00:00+00:00"))
        checked = check_message(stream, schema_dir=None)
        read = list(read_instructions(stream, checked, schema_dir=None))
        assert len(read) == len(planned)
        for payment, one in zip(read, planned, strict=True):
            assert isinstance(payment, Instruction)
            order, wanted = order_of(payment), order_in(one.body)
            for name in one.body:
                assert getattr(order, name) == getattr(wanted, name), name


def test_every_place_has_holders() -> None:
    assert {holder.place.name for holder in a_city().holders} == {place.name for place in PLACES}
