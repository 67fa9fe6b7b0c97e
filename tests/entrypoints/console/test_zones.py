"""Times stand in the zone that a reader chose; what machines read does not move."""

import zoneinfo
from collections.abc import Iterator
from datetime import UTC, timedelta, timezone

import pytest
from tests.entrypoints.console.test_timeline import STORY

from countersign.entrypoints.console import showing
from countersign.entrypoints.console.decisions import Span
from countersign.entrypoints.console.timeline import lanes_of
from countersign.entrypoints.console.zones import UTC_ZONE, Zone, chosen_zone, known_zones
from countersign.flows.tell_reasons import Sentences

pytestmark = pytest.mark.fast

TAIPEI = Zone("Asia/Taipei", timezone(timedelta(hours=8)))
MOMENT = "2026-11-28T23:30:00.250Z"
MOMENT_MS = 1_795_908_600_250


@pytest.fixture
def no_data() -> Iterator[None]:
    """A machine without any data of zones."""
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath(to=[])
    zoneinfo.ZoneInfo.clear_cache()
    known_zones.cache_clear()
    yield
    zoneinfo.reset_tzpath(to=before)
    known_zones.cache_clear()


def test_a_time_and_its_day_are_those_of_the_zone_and_its_title_is_utc() -> None:
    here = TAIPEI.info
    assert showing.clock_time(MOMENT_MS, here).striptags() == "07:30:00"
    assert showing.day_time(MOMENT, "en", here).striptags() == "29 Nov 07:30:00"
    assert showing.day_time_ms(MOMENT_MS, "zh", here).striptags() == "11 月 29 日 07:30:00"
    for shown in (showing.clock_time(MOMENT_MS, here), showing.day_time(MOMENT, "en", here)):
        assert 'title="2026-11-28 23:30:00' in shown
        assert " UTC" in shown
        assert 'datetime="2026-11-28T23:30:00.250' in shown
    # A date is a day of the ledger, which moves with nobody.
    assert showing.day("2026-11-28", "en", here) == "28 Nov"
    assert Span(MOMENT_MS // 60_000, 1, 0, 0, 0, here).clock == "07:30"


def test_a_story_tells_its_days_by_the_zone() -> None:
    lanes = lanes_of(STORY, [], Sentences(None, "en"), "en", TAIPEI.info)
    steps = [step for lane in lanes for step in lane.steps]
    assert [step.day for step in steps if step.day] == ["28 Nov", "01 Dec"]
    assert (steps[0].clock, steps[0].in_utc) == ("07:59:58.100", "2026-11-27 23:59:58.100 UTC")


@pytest.mark.parametrize("key", ["", "Mars/Olympus", "../etc/passwd", "Asia/Taipei\n", "localtime"])
def test_what_is_no_zone_is_utc(key: str) -> None:
    assert chosen_zone({"zone": key}) == UTC_ZONE
    assert chosen_zone({}).info is UTC


def test_without_data_of_zones_there_is_utc_alone(no_data: None) -> None:
    assert known_zones() == ("UTC",)
    assert chosen_zone({"zone": "Asia/Taipei"}) == UTC_ZONE


def test_a_zone_says_its_city_and_how_far_it_is() -> None:
    assert (TAIPEI.label, TAIPEI.offset_at(MOMENT_MS)) == ("Taipei", "UTC+8")
    west = Zone("America/St_Johns", timezone(-timedelta(hours=3, minutes=30)))
    assert (west.label, west.offset_at(MOMENT_MS)) == ("St Johns", "UTC\N{MINUS SIGN}3:30")
    assert UTC_ZONE.label == "UTC"
