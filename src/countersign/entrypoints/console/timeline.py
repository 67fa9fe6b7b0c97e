"""A transfer's timeline in words, a lane for each layer."""

from collections.abc import Callable, Sequence
from datetime import UTC, tzinfo
from typing import Any, NamedTuple

from countersign.alerts.model import Alert, AlertStatus
from countersign.entrypoints.console.catalogue import actor_words, known_code, translated
from countersign.entrypoints.console.showing import day, in_utc, local, mark_of
from countersign.flows.tell_reasons import Sentences
from countersign.flows.tell_timeline import PASSED, Control, EntryTold, Layer, timeline_of
from countersign.flows.tell_transfer import TransferTold, codes_in, pairs_in
from countersign.kernel.refusal import Language


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


class Lane(NamedTuple):
    title: str
    when: str
    steps: list[Step]


_LANES = (
    (Layer.PREVENTION, "Prevention", "before"),
    (Layer.MONITORING, "Monitoring", "at the decision"),
    (Layer.DISPOSAL, "Disposal", "after"),
)
# What each control is called, and what it says of an order that passed it.
_PASSED = {
    Control.FORM: ("Form", "Fields, accounts and date are in order"),
    Control.FACTOR: ("Factor", "Attested by the gate for this credential"),
    Control.CREDENTIAL: ("Credential", "In force, and may order"),
    Control.FREEZES: ("Freezes", "Neither account is frozen"),
    Control.CREDITOR_ACCOUNT: ("Creditor's account", "The one that was ordered"),
    Control.FUNDS: ("Funds", "Enough was available when it was decided"),
}
Translate = Callable[..., str]


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
    alerts: Sequence[Alert],
    words: Sentences,
    language: Language,
    zone: tzinfo = UTC,
) -> list[Lane]:
    """All that happened, in the reader's zone, and what is still to come."""

    def t(text: str, **values: object) -> str:
        return translated(text, language, **values)

    entries = timeline_of(told, alerts)
    lanes = [
        Lane(
            t(title),
            t(when),
            [_step(told, entry, words, t, language) for entry in entries if entry.layer == layer],
        )
        for layer, title, when in _LANES
    ]
    lanes[-1].steps.extend(_to_come(told, t))
    return _in_zone(lanes, language, zone)


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


def _to_come(told: TransferTold, t: Translate) -> list[Step]:
    if told.status == "held":
        return [Step("", "next", t("Decision of a person"), t("Not taken yet"))]
    if told.status in {"released", "dispatched"}:
        return [Step("", "next", t("Settlement"), t("The rail has not confirmed it yet"))]
    return []


def _step(
    told: TransferTold, entry: EntryTold, words: Sentences, t: Translate, language: Language
) -> Step:
    match entry.event:
        case "order":
            by = t("By credential {name}", name=actor_words(entry.by, language))
            return Step(entry.time, "release", t("Order received"), by)
        case Control.RULES:
            return _rules_step(told, entry, t)
        case control if control in _PASSED:
            return _control_step(entry, words, t)
        case "verdict":
            how = t(f"verdict {entry.outcome}")
            return Step(entry.time, mark_of(entry.outcome), t("Verdict"), how)
        case "alert":
            patterns = t("; ").join(words.of(code) for code in codes_in(entry.reason))
            return Step(entry.time, "hold", t("Alert {number}", number=entry.number), patterns)
        case _:
            return _act_step(entry, words, t, language)


def _rules_step(told: TransferTold, entry: EntryTold, t: Translate) -> Step:
    fired = len(codes_in(entry.reason))
    found = (
        t("Policy {number}, {count} reasons", number=told.policy, count=fired)
        if fired
        else t("Policy {number}, nothing found", number=told.policy)
    )
    return Step(entry.time, "hold" if fired else "release", t("Rules"), found)


def _control_step(entry: EntryTold, words: Sentences, t: Translate) -> Step:
    """What one control said of the order when it was decided."""
    title, passed = _PASSED[Control(entry.event)]
    if entry.outcome == PASSED:
        return Step(entry.time, "release", t(title), t(passed))
    if entry.event == Control.FACTOR:
        return Step(entry.time, "hold", t(title), t("No factor vouches for it"))
    return Step(entry.time, "block", t(title), words.of(entry.reason))


def _act_step(entry: EntryTold, words: Sentences, t: Translate, language: Language) -> Step:
    is_refused = "." in entry.outcome
    how = words.of(entry.outcome) if is_refused else t(f"status {entry.outcome}")
    if entry.reason:
        whys = [
            known_code("code", code, language) or words.of(code) for code in codes_in(entry.reason)
        ]
        how += f"（{'、'.join(whys)}）" if language == "zh" else f" ({', '.join(whys)})"
    if entry.by != "gate":
        how += f" · {actor_words(entry.by, language)}"
    if entry.outcome == "dispatched":
        how += t(", after every control again")
    return Step(
        entry.time,
        "idle" if is_refused else mark_of(entry.outcome),
        t(f"event {entry.event}"),
        how,
    )
