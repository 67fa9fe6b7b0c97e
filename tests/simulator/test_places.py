"""Cities have the holidays and hours that they are known for."""

from datetime import date

import pytest

from countersign.simulator.places import (
    HOUR_MS,
    PLACES,
    easter,
    is_working_day,
    local_day,
    moment,
    office_time,
    working_day,
)

pytestmark = pytest.mark.fast

BY_NAME = {place.name: place for place in PLACES}
EASTERS = [(2024, 3, 31), (2025, 4, 20), (2026, 4, 5), (2027, 3, 28), (2028, 4, 16), (2038, 4, 25)]


@pytest.mark.parametrize("day", EASTERS)
def test_easter(day: tuple[int, int, int]) -> None:
    assert easter(day[0]) == date(*day)


@pytest.mark.parametrize(
    ("place", "day"),
    [
        ("Frankfurt", date(2027, 5, 6)),  # Ascension.
        ("Frankfurt", date(2026, 6, 4)),  # Corpus Christi.
        ("London", date(2027, 3, 26)),  # Good Friday.
        ("London", date(2027, 12, 27)),  # Christmas Day was a Saturday, Boxing Day a Sunday.
        ("London", date(2027, 12, 28)),
        ("London", date(2028, 1, 3)),  # New Year's Day was a Saturday.
        ("London", date(2027, 8, 30)),
        ("Zurich", date(2026, 8, 1)),
        ("Zurich", date(2027, 5, 17)),  # Whit Monday.
        ("New York", date(2027, 1, 18)),  # Martin Luther King.
        ("New York", date(2027, 11, 25)),  # Thanksgiving.
        ("New York", date(2027, 7, 5)),  # Independence Day was a Sunday.
    ],
)
def test_a_holiday(place: str, day: date) -> None:
    assert not is_working_day(BY_NAME[place], day)


@pytest.mark.parametrize(
    ("place", "day"),
    [
        ("Frankfurt", date(2027, 5, 7)),
        ("London", date(2027, 5, 6)),
        ("Zurich", date(2026, 6, 4)),
        ("New York", date(2027, 3, 26)),
        ("New York", date(2027, 12, 24)),
    ],
)
def test_a_working_day(place: str, day: date) -> None:
    assert is_working_day(BY_NAME[place], day)
    assert working_day(BY_NAME[place], day) == day


def test_a_weekend_waits_for_monday() -> None:
    for place in PLACES:
        assert working_day(place, date(2027, 2, 6)) == date(2027, 2, 8)


def test_all_of_a_local_working_day_is_one_day_in_utc() -> None:
    """So a day's events can be put in order by themselves."""
    for place in PLACES:
        first = moment(place, date(2027, 2, 1), place.opens * 60 - 180)
        last = moment(place, date(2027, 2, 1), (place.closes + 1) * 60 - 1)
        assert first // (24 * HOUR_MS) == last // (24 * HOUR_MS)


def test_office_time_is_never_earlier_and_always_at_work() -> None:
    start = moment(BY_NAME["London"], date(2027, 3, 24), 0)
    for place in PLACES:
        for hours in range(0, 24 * 14, 3):
            at_ms = start + hours * HOUR_MS
            found = office_time(place, at_ms)
            day = local_day(place, found)
            assert found >= at_ms
            assert is_working_day(place, day)
            assert moment(place, day, place.opens * 60) <= found
            assert found <= moment(place, day, place.closes * 60)
