"""The cities: currency, hours and days of work, holidays as their own rules give them. Pure.

Hours are standard time all year round; summer time would only move everybody alike.
"""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
_SATURDAY = 5
_SUNDAY = 6
_MONDAY, _THURSDAY = 0, 3
_EPOCH = date(1970, 1, 1).toordinal()


class Place(NamedTuple):
    name: str
    country: str
    currency: str
    utc_hours: int  # How far its clocks are ahead of UTC.
    opens: int  # Hour of the day, local.
    closes: int
    holidays: Callable[[int], Iterator[date]]  # Of a year.


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar."""
    golden, century = year % 19, year // 100
    leap = century // 4
    moon = (19 * golden + century - leap - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    week = (32 + 2 * (century % 4) + 2 * (year % 100 // 4) - moon - year % 100 % 4) % 7
    late = (golden + 11 * moon + 22 * week) // 451
    months, days = divmod(moon + week - 7 * late + 114, 31)
    return date(year, months, days + 1)


def _nth(year: int, month: int, weekday: int, nth: int) -> date:
    """The nth such weekday of a month; -1 is the last one."""
    if nth < 0:
        last = date(year + month // 12, month % 12 + 1, 1) - timedelta(1)
        return last - timedelta((last.weekday() - weekday) % 7)
    first = date(year, month, 1)
    return first + timedelta((weekday - first.weekday()) % 7 + 7 * (nth - 1))


def _frankfurt(year: int) -> Iterator[date]:
    sunday = easter(year)
    yield from (sunday + timedelta(days) for days in (-2, 1, 39, 50, 60))
    yield from (date(year, *day) for day in ((1, 1), (5, 1), (10, 3), (12, 25), (12, 26)))


def _london(year: int) -> Iterator[date]:
    sunday = easter(year)
    yield from (sunday + timedelta(-2), sunday + timedelta(1))
    yield from (_nth(year, month, _MONDAY, nth) for month, nth in ((5, 1), (5, -1), (8, -1)))
    taken: set[date] = set()
    for day in (date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)):
        while day.weekday() >= _SATURDAY or day in taken:
            day += timedelta(1)  # noqa: PLW2901  # The next working day is taken off instead.
        taken.add(day)
        yield day


def _zurich(year: int) -> Iterator[date]:
    sunday = easter(year)
    yield from (sunday + timedelta(days) for days in (-2, 1, 39, 50))
    yield from (date(year, *day) for day in ((1, 1), (1, 2), (5, 1), (8, 1), (12, 25), (12, 26)))


def _new_york(year: int) -> Iterator[date]:
    mondays = ((1, 3), (2, 3), (5, -1), (9, 1), (10, 2))
    yield from (_nth(year, month, _MONDAY, nth) for month, nth in mondays)
    yield _nth(year, 11, _THURSDAY, 4)
    for day in ((1, 1), (6, 19), (7, 4), (11, 11), (12, 25)):
        found = date(year, *day)
        yield found + timedelta(found.weekday() == _SUNDAY)


PLACES: Final = (
    Place("Frankfurt", "DE", "EUR", 1, 8, 18, _frankfurt),
    Place("London", "GB", "GBP", 0, 8, 18, _london),
    Place("Zurich", "CH", "CHF", 1, 7, 17, _zurich),
    Place("New York", "US", "USD", -5, 8, 18, _new_york),
)


@lru_cache(maxsize=256)
def _holidays(place: Place, year: int) -> frozenset[date]:
    return frozenset(place.holidays(year))


def is_working_day(place: Place, day: date) -> bool:
    return day.weekday() < _SATURDAY and day not in _holidays(place, day.year)


def working_day(place: Place, day: date) -> date:
    """This day, or the first one after it on which people work."""
    while not is_working_day(place, day):
        day += timedelta(1)
    return day


def moment(place: Place, day: date, minute: int) -> int:
    """The time in ms of a local minute of a day."""
    local = (day.toordinal() - _EPOCH) * DAY_MS + minute * MINUTE_MS
    return local - place.utc_hours * HOUR_MS


def local_day(place: Place, at_ms: int) -> date:
    return date.fromordinal(_EPOCH + (at_ms + place.utc_hours * HOUR_MS) // DAY_MS)


def office_time(place: Place, at_ms: int) -> int:
    """This moment if people are at work then, else when they next are."""
    day = local_day(place, at_ms)
    if is_working_day(place, day):
        if at_ms <= moment(place, day, place.closes * 60):
            return max(at_ms, moment(place, day, place.opens * 60) + at_ms % (90 * MINUTE_MS))
        day += timedelta(1)
    start = moment(place, working_day(place, day), place.opens * 60)
    return start + at_ms % (90 * MINUTE_MS)
