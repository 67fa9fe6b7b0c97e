"""A transfer's story by layer: prevention before the decision, monitoring at it, disposal after."""

from datetime import UTC, tzinfo
from typing import Any, NamedTuple

import psycopg

from countersign.alerts.model import AlertStatus
from countersign.entrypoints.console.catalogue import actor_words, known_code, translated
from countersign.entrypoints.console.sentences import Sentences
from countersign.entrypoints.console.showing import day, in_utc, local, mark_of
from countersign.flows.tell_transfer import EventTold, TransferTold, codes_in, pairs_in
from countersign.gate import checks
from countersign.infra.clock import moment
from countersign.kernel.refusal import Language
from countersign.ledger.errors import InsufficientFunds

_ALERTS_OF = """
SELECT number, typologies, rules, raised_ms, status, disposition FROM alerts.alert
WHERE transfer = %s ORDER BY number
"""


class AlertSeen(NamedTuple):
    """An alert about one transfer."""

    number: int
    typologies: list[tuple[str, int]]  # Codes with their scores.
    rules: list[str]
    raised_ms: int
    status: str
    disposition: str


class Step(NamedTuple):
    """One line: when, how it went, what, and in words how."""

    time: str  # As RFC 3339; empty where it has not come yet.
    mark: str
    what: str
    how: str
    day: str = ""  # In words, where it is another than that of the step before.
    clock: str = ""  # The time of day in the reader's zone, to the millisecond.

    @property
    def in_utc(self) -> str:
        return in_utc(self.time)


class _Control(NamedTuple):
    """A control of the gate beside its rules, which leaves its code where it stops an order."""

    title: str
    code: str
    passed: str


_CREDENTIAL = _Control("Credential", checks.CREDENTIAL_REVOKED, "In force, and may order")
_BEFORE_RULES = (
    _Control("Freezes", checks.FROZEN_SIDE, "Neither account is frozen"),
    _Control("Creditor's account", checks.CREDITOR_CHANGED, "The one that was ordered"),
)
_FUNDS = _Control("Funds", InsufficientFunds.code, "Enough was available when it was decided")
_OF_CONTROLS = {
    checks.FACTOR_MISSING,
    *(each.code for each in (_CREDENTIAL, *_BEFORE_RULES, _FUNDS)),
}


class Lane(NamedTuple):
    title: str
    when: str
    steps: list[Step]


def alerts_of(connection: psycopg.Connection[Any], transfer: int) -> list[AlertSeen]:
    """The alerts of a transfer, the first one first."""
    return [alert_seen(row) for row in connection.execute(_ALERTS_OF, [transfer])]


def alert_seen(row: tuple[Any, ...]) -> AlertSeen:
    number, typologies, rules, raised_ms, status, disposition = row
    return AlertSeen(
        number,
        [(code, int(score)) for code, score in pairs_in(typologies)],
        codes_in(rules),
        raised_ms,
        AlertStatus(status).name.lower(),
        disposition,
    )


def lanes_of(
    told: TransferTold,
    alerts: list[AlertSeen],
    words: Sentences,
    language: Language,
    zone: tzinfo = UTC,
) -> list[Lane]:
    """All that happened, in the reader's zone, and what is still to come."""

    def t(text: str, **values: object) -> str:
        return translated(text, language, **values)

    return _in_zone(
        [
            Lane(t("Prevention"), t("before"), _prevention(told, words, t, language)),
            Lane(t("Monitoring"), t("at the decision"), _monitoring(told, alerts, words, t)),
            Lane(t("Disposal"), t("after"), _disposal(told, words, t, language)),
        ],
        language,
        zone,
    )


def _in_zone(lanes: list[Lane], language: Language, zone: tzinfo) -> list[Lane]:
    """The same with times of day, and the day at the first step and wherever it changes."""
    shown, dated = "", []
    for lane in lanes:
        steps = []
        for step in lane.steps:
            if not step.time:
                steps.append(step)
                continue
            at = day(step.time, language, zone)
            clock = f"{local(step.time, zone):%H:%M:%S.%f}"[:-3]
            steps.append(step._replace(clock=clock, day=at if at != shown else ""))
            shown = at
        dated.append(lane._replace(steps=steps))
    return dated


def _prevention(told: TransferTold, words: Sentences, t: Any, language: Language) -> list[Step]:
    order = told.events[0]
    is_attested = told.factor == "attested"
    vouched = (
        "Attested by the gate for this credential" if is_attested else "No factor vouches for it"
    )
    by = t("By credential {name}", name=actor_words(order.by, language))
    return [
        Step(order.time, "release", t("Order received"), by),
        # What has no such form, account or date is refused before there is a transfer.
        Step(order.time, "release", t("Form"), t("Fields, accounts and date are in order")),
        Step(order.time, "release" if is_attested else "hold", t("Factor"), t(vouched)),
        _control(told, _CREDENTIAL, words, t),
    ]


def _monitoring(
    told: TransferTold, alerts: list[AlertSeen], words: Sentences, t: Any
) -> list[Step]:
    time = told.events[0].time
    fired = sum(code not in _OF_CONTROLS for code in told.reasons)
    found = (
        t("Policy {number}, {count} reasons", number=told.policy, count=fired)
        if fired
        else t("Policy {number}, nothing found", number=told.policy)
    )
    steps = [
        *(_control(told, control, words, t) for control in _BEFORE_RULES),
        Step(time, "hold" if fired else "release", t("Rules"), found),
        _control(told, _FUNDS, words, t),
        Step(time, mark_of(told.action), t("Verdict"), t(f"verdict {told.action}")),
    ]
    if told.action == "block" and InsufficientFunds.code not in told.reasons:
        steps = [step for step in steps if step.what != t(_FUNDS.title)]  # Not asked any more.
    for alert in alerts:
        # What no typology raised says itself what it is about.
        codes = [code for code, _ in alert.typologies] or alert.rules
        patterns = t("; ").join(words.of(code) for code in codes)
        raised = moment(alert.raised_ms)
        steps.append(Step(raised, "hold", t("Alert {number}", number=alert.number), patterns))
    return steps


def _control(told: TransferTold, control: _Control, words: Sentences, t: Any) -> Step:
    """What one control said of the order when it was decided."""
    time = told.events[0].time
    if control.code in told.reasons:
        return Step(time, "block", t(control.title), words.of(control.code))
    return Step(time, "release", t(control.title), t(control.passed))


def _disposal(told: TransferTold, words: Sentences, t: Any, language: Language) -> list[Step]:
    steps = [_step(event, words, t, language) for event in told.events[1:]]
    if told.status == "held":
        steps.append(Step("", "next", t("Decision of a person"), t("Not taken yet")))
    elif told.status in {"released", "dispatched"}:
        steps.append(Step("", "next", t("Settlement"), t("The rail has not confirmed it yet")))
    return steps


def _step(event: EventTold, words: Sentences, t: Any, language: Language) -> Step:
    is_refused = "." in event.outcome
    how = words.of(event.outcome) if is_refused else t(f"status {event.outcome}")
    if event.reason:
        whys = [
            known_code("code", code, language) or words.of(code) for code in event.reason.split(",")
        ]
        how += f"（{'、'.join(whys)}）" if language == "zh" else f" ({', '.join(whys)})"
    if event.by != "gate":
        how += f" · {actor_words(event.by, language)}"
    if event.outcome == "dispatched":
        how += t(", after every control again")
    return Step(
        event.time,
        "idle" if is_refused else mark_of(event.outcome),
        t(f"event {event.event}"),
        how,
    )
