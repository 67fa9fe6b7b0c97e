"""A transfer's story by layer: prevention before the decision, monitoring at it, disposal after.

Every control that the order passed is an entry, and so is whatever was done with the transfer. What
the gate found when it decided stands in the leaf of the order, which its controls name.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

import msgspec

from countersign.alerts.model import Alert
from countersign.flows.tell_transfer import EventTold, TransferTold, codes_in, pairs_in
from countersign.gate import checks
from countersign.infra.clock import moment
from countersign.ledger.errors import InsufficientFunds

GATE = "gate"


class Layer(StrEnum):
    PREVENTION = "prevention"
    MONITORING = "monitoring"
    DISPOSAL = "disposal"


class Control(StrEnum):
    """What an order passes before anybody acts on it."""

    FORM = "form"
    FACTOR = "factor"
    CREDENTIAL = "credential"
    FREEZES = "freezes"
    CREDITOR_ACCOUNT = "creditor_account"
    RULES = "rules"
    FUNDS = "funds"


PASSED, STOPPED = "passed", "stopped"
ORDER, VERDICT, ALERT = "order", "verdict", "alert"
RAISED = "raised"


class EntryTold(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a timeline."""

    layer: Layer
    number: int  # The index of the leaf in which it stands; of an alert, the one that raised it.
    time: str
    event: str  # "order", a control, "verdict", "alert", or the kind of a command.
    outcome: str  # Of a control "passed" or "stopped"; of a command a status or a refusal.
    reason: str  # Codes joined by ",".
    by: str


class _Found(NamedTuple):
    """What one control said when the order was decided."""

    control: Control
    code: str  # That it leaves where it stops an order.


_BEFORE_RULES = (
    _Found(Control.FREEZES, checks.FROZEN_SIDE),
    _Found(Control.CREDITOR_ACCOUNT, checks.CREDITOR_CHANGED),
)
_FACTOR = _Found(Control.FACTOR, checks.FACTOR_MISSING)
_CREDENTIAL = _Found(Control.CREDENTIAL, checks.CREDENTIAL_REVOKED)
_FUNDS = _Found(Control.FUNDS, InsufficientFunds.code)
_OF_CONTROLS = {each.code for each in (_FACTOR, _CREDENTIAL, *_BEFORE_RULES, _FUNDS)}


def timeline_of(told: TransferTold, alerts: Sequence[Alert]) -> list[EntryTold]:
    """All that happened, each in its layer; `alerts` are those about this transfer."""
    return [*_prevention(told), *_monitoring(told, alerts), *_disposal(told)]


def rules_fired(told: TransferTold) -> list[str]:
    """The reasons that the rules gave, without those of the gate's other controls."""
    return [code for code in told.reasons if code not in _OF_CONTROLS]


def _prevention(told: TransferTold) -> Iterator[EntryTold]:
    order = told.events[0]
    yield _entry(Layer.PREVENTION, order)
    # What has no such form, account or date is refused before there is a transfer.
    yield _passing(told, Layer.PREVENTION, Control.FORM, [])
    is_attested = told.factor == "attested"
    lacking = [] if is_attested else [checks.FACTOR_MISSING]
    yield _passing(told, Layer.PREVENTION, Control.FACTOR, lacking)
    yield _control(told, Layer.PREVENTION, _CREDENTIAL)


def _monitoring(told: TransferTold, alerts: Sequence[Alert]) -> Iterator[EntryTold]:
    for each in _BEFORE_RULES:
        yield _control(told, Layer.MONITORING, each)
    yield _passing(told, Layer.MONITORING, Control.RULES, rules_fired(told))
    if told.action != "block" or InsufficientFunds.code in told.reasons:
        yield _control(told, Layer.MONITORING, _FUNDS)  # Else it was not asked any more.
    verdict = _said(told, Layer.MONITORING, VERDICT, told.action, told.reasons)
    yield verdict
    for alert in alerts:
        # What no typology raised says itself what it is about.
        codes = [code for code, _ in pairs_in(alert.typologies)] or codes_in(alert.rules)
        yield msgspec.structs.replace(
            verdict,
            number=alert.number,
            time=moment(alert.raised_ms),
            event=ALERT,
            outcome=RAISED,
            reason=",".join(codes),
        )


def _disposal(told: TransferTold) -> Iterator[EntryTold]:
    for event in told.events[1:]:
        yield _entry(Layer.DISPOSAL, event)


def _control(told: TransferTold, layer: Layer, found: _Found) -> EntryTold:
    codes = [found.code] if found.code in told.reasons else []
    return _passing(told, layer, found.control, codes)


def _passing(told: TransferTold, layer: Layer, control: Control, codes: list[str]) -> EntryTold:
    return _said(told, layer, control, STOPPED if codes else PASSED, codes)


def _said(
    told: TransferTold, layer: Layer, event: str, outcome: str, codes: list[str]
) -> EntryTold:
    order = told.events[0]
    return EntryTold(
        layer=layer,
        number=order.number,
        time=order.time,
        event=event,
        outcome=outcome,
        reason=",".join(codes),
        by=GATE,
    )


def _entry(layer: Layer, event: EventTold) -> EntryTold:
    return EntryTold(layer=layer, **msgspec.structs.asdict(event))
