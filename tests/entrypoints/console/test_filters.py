"""Filters in force are words above a list; each leads to the list without it."""

from datetime import date

import pytest

from countersign.entrypoints.console.filters import Filter, of_alerts, of_log, of_transfers
from countersign.entrypoints.console.finding import Search
from countersign.entrypoints.console.views import QUERY
from countersign.transfers.model import Status

pytestmark = pytest.mark.fast

NOTHING = dict.fromkeys(QUERY, "")


def test_each_filter_of_a_search_is_left_out_alone() -> None:
    asked = {
        **NOTHING,
        "status": "held",
        "least": "1000000",
        "from": "2026-11-27",
        "sort": "largest",
    }
    search = Search(
        status=Status.HELD, least=1_000_000, first_day=date(2026, 11, 27), sort="largest"
    )
    found = of_transfers(asked, search, "en")
    assert found == [
        Filter("Status", "Held", "/transfers?least=1000000&from=2026-11-27&sort=largest"),
        Filter("Amount", "≥ 1,000,000", "/transfers?status=held&from=2026-11-27&sort=largest"),
        Filter("Ordered", "≥ 2026-11-27", "/transfers?status=held&least=1000000&sort=largest"),
    ]
    assert of_transfers(asked, search, "zh")[0] == found[0]._replace(name="狀態", value="暫緩")
    assert of_transfers({**NOTHING, "status": "held"}, Search(status=Status.HELD), "en") == [
        Filter("Status", "Held", "/transfers")
    ]


def test_what_narrows_nothing_is_no_filter() -> None:
    """A sort, and what could not be read."""
    asked = {**NOTHING, "sort": "largest", "status": "nonsense", "least": "many", "currency": "XXX"}
    assert of_transfers(asked, Search(sort="largest"), "en") == []
    assert of_alerts("all", "/alerts", "en") == []
    assert of_log(None, "en", is_refused=False) == []


def test_views_of_alerts_and_the_log_lead_back() -> None:
    assert of_alerts("open", "/alerts/7", "en") == [Filter("State", "Open", "/alerts/7")]
    assert of_log(1_234, "en", is_refused=True) == [
        Filter("Outcome", "Refused", "/log?before=1234"),
        Filter("Leaf", "< 1,234", "/log?view=refused"),
    ]
