"""One alert and its life: open, acknowledged, closed with a disposition. Pure."""

from collections.abc import Iterable
from enum import IntEnum, StrEnum
from typing import NamedTuple

from countersign.alerts.errors import AlreadyAcknowledged, UnknownDisposition


class AlertStatus(IntEnum):
    OPEN = 1
    ACKNOWLEDGED = 2
    CLOSED = 3


class Disposition(StrEnum):
    """What an alert came to."""

    CONFIRMED_FRAUD = "confirmed_fraud"
    SUSPICIOUS = "suspicious"
    FALSE_POSITIVE = "false_positive"
    INCONCLUSIVE = "inconclusive"


class Alert(NamedTuple):
    """As it stands; `number` is the command that raised it, `changed_by` the one that did last."""

    number: int
    transfer: int
    typologies: str  # With their scores, joined by ",": "typologies.mule=160".
    rules: str  # The reasons of the decision, joined by ",".
    raised_ms: int
    status: int = AlertStatus.OPEN
    disposition: str = ""
    changed_by: int = 0


class Looks:
    """Alerts that no typology raised and that nobody has acknowledged, by what they are about.

    Whoever sends the same doubt again and again has one of them: it stands for all that came until
    somebody acknowledges it, and what comes after that raises another.
    """

    def __init__(self, alerts: Iterable[Alert] = ()) -> None:
        self._open: dict[tuple[int, str], set[int]] = {}
        for alert in alerts:
            self.keep(alert)

    def has(self, transfer: int, codes: str) -> bool:
        return (transfer, codes) in self._open

    def keep(self, alert: Alert) -> None:
        """As it stands now."""
        about = (alert.transfer, alert.rules)
        if alert.status == AlertStatus.OPEN and not alert.typologies:
            self._open.setdefault(about, set()).add(alert.number)
        elif about in self._open:
            self._open[about].discard(alert.number)
            if not self._open[about]:
                del self._open[about]


def acknowledge(alert: Alert, *, by: int) -> Alert:
    """Somebody looks into it; one person does."""
    if alert.status == AlertStatus.ACKNOWLEDGED:
        raise AlreadyAcknowledged
    return alert._replace(status=int(AlertStatus.ACKNOWLEDGED), changed_by=by)


def close(alert: Alert, disposition: str, *, by: int) -> Alert:
    """End it, acknowledged or not."""
    if disposition not in set(Disposition):
        raise UnknownDisposition(dispositions=", ".join(Disposition))
    return alert._replace(status=int(AlertStatus.CLOSED), disposition=disposition, changed_by=by)
