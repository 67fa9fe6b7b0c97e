"""An alert is acknowledged once and closed once, by a disposition that is one."""

import pytest

from countersign.alerts.errors import AlreadyAcknowledged, UnknownDisposition
from countersign.alerts.model import Alert, AlertStatus, Disposition, acknowledge, close
from countersign.alerts.store import alert_columns, read_alerts

pytestmark = pytest.mark.fast

ALERT = Alert(7, 5, "typologies.mule=160", "rules.pass_through", 1_800_000_000_000)


def test_acknowledged_then_closed() -> None:
    seen = acknowledge(ALERT, by=8)
    assert (seen.status, seen.changed_by) == (AlertStatus.ACKNOWLEDGED, 8)
    closed = close(seen, "confirmed_fraud", by=9)
    assert (closed.status, closed.disposition, closed.changed_by) == (3, "confirmed_fraud", 9)
    assert closed[:5] == ALERT[:5]


def test_it_is_acknowledged_once() -> None:
    with pytest.raises(AlreadyAcknowledged):
        acknowledge(acknowledge(ALERT, by=8), by=9)


@pytest.mark.parametrize("disposition", list(Disposition))
def test_it_can_be_closed_unseen(disposition: str) -> None:
    assert close(ALERT, disposition, by=8).disposition == disposition


@pytest.mark.parametrize("disposition", ["", "fraud", "Confirmed_Fraud", "closed"])
def test_what_is_no_disposition_closes_nothing(disposition: str) -> None:
    with pytest.raises(UnknownDisposition):
        close(ALERT, disposition, by=8)


def test_rows_survive_their_columns() -> None:
    rows = [ALERT, close(ALERT, "suspicious", by=10)]
    assert read_alerts(alert_columns(rows)) == rows
    assert read_alerts([None] * 8) == []
