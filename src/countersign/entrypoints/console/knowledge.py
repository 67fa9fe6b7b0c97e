"""What was known of an order when it was decided, against what is usual for its debtor and pair."""

import math
from typing import Any, NamedTuple

import psycopg

from countersign.entrypoints.console.showing import duration
from countersign.flows.tell_reasons import facts_of
from countersign.gate.facts import FACTS
from countersign.gate.journal.reading import read_story
from countersign.kernel.money import decimal_text, numeric_codes
from countersign.kernel.refusal import Language
from countersign.rules.queries import find_policy

WIDTH = 144.0
_EDGE = 5.0  # Of the picture, so that a mark at an end of the scale is whole.
_MILLION = 1_000_000
_LEAST, _MOST = 0.5, 2.0  # Times the median: what is usual.
_FINE = 10
_ORDER = {name: place for place, name in enumerate(FACTS)}
_DECADES_BELOW, _DECADES = 1.0, 3.0  # The scale reaches from a tenth to a hundred times.
_UNITS = ("_sum_", "_max_", "_median_30d")
# An order's own facts as people say them, for the language's place in the pair.
_OWN = {
    "amount": ("Amount of this order", "本筆金額"),
    "available": ("What the debtor could spend before it", "付款帳戶在此前的可用餘額"),
    "creditor_is_here": ("The creditor has an account in this house", "收款帳戶在本機構"),
    "currency": ("Currency", "幣別"),
    "days_ahead": ("Days until it is carried out", "距執行日的天數"),
    "hour": ("Hour of the day, UTC", "下單時刻（UTC）"),
    "weekday": ("Day of the week, UTC", "星期（UTC）"),
}
_YES_NO = (("no", "否"), ("yes", "是"))
_WEEKDAYS = (
    ("Monday", "星期一"), ("Tuesday", "星期二"), ("Wednesday", "星期三"), ("Thursday", "星期四"),
    ("Friday", "星期五"), ("Saturday", "星期六"), ("Sunday", "星期日"),
)  # fmt: skip
# Facts in millionths and milliseconds are shown as what they mean.
_LABELS = {
    "median_ratio_30d": ("Amount against the usual {whose}", "本筆金額與{whose}平常金額之比"),
    "idle_ms": ("Time since the last order {whose}", "距{whose}上一筆指令的時間"),
    "age_ms": ("Time since the first order {whose}", "距{whose}首筆指令的時間"),
}
_WHOSE = {
    "debtor": ("of this debtor", "此付款人"),
    "creditor": ("to this creditor", "付往此收款人"),
    "inflow": ("into the debtor's account", "流入付款帳戶"),
    "pair": ("of this debtor to this creditor", "此雙方之間"),
    "fresh": ("of this debtor to creditors of its last month", "此付款人付往近一個月新收款人"),
}
_CURRENCIES = {number: code for code, number in numeric_codes().items()}


class Known(NamedTuple):
    """One fact; `x` is where it stands on the scale of a ratio, in units of the picture."""

    label: str
    value: str
    x: str = ""
    is_outside: bool = False


def known_of(connection: psycopg.Connection[Any], number: int, language: Language) -> list[Known]:
    """The facts of a transfer, ratios first; empty where its policy asked for none."""
    row = read_story(connection, number).transfer
    policy = find_policy(connection, row.policy)
    if policy is None:
        return []
    recorded = facts_of(row.facts, bytes(policy.content))
    facts = sorted(recorded.items(), key=lambda fact: _ORDER[fact[0]])
    shown = [_known(name, value, row.currency, language) for name, value in facts]
    return sorted(shown, key=lambda one: not one.x)


def _known(name: str, value: int | None, currency: str, language: Language) -> Known:
    label = label_of(name, language)
    if value is None:
        return Known(label, "—")
    if name.endswith("_median_ratio_30d"):
        ratio = value / _MILLION
        text = text_of(name, value, currency, language)
        return Known(label, text, f"{place_of(ratio):.1f}", is_outside(ratio))
    return Known(label, text_of(name, value, currency, language))


def label_of(name: str, language: Language) -> str:
    """What a fact says, in the units that people read."""
    if name in _OWN:
        return _OWN[name][1 if language == "zh" else 0]
    of, _, what = name.partition("_")
    if what in _LABELS:
        whose = _WHOSE[of][1 if language == "zh" else 0]
        return _LABELS[what][1 if language == "zh" else 0].format(whose=whose)
    if language == "zh":
        return FACTS[name].chinese
    english = FACTS[name].english
    return english[:1].upper() + english[1:]


def text_of(name: str, value: int, currency: str, language: Language) -> str:
    """A value of a fact as people write it."""
    place = 1 if language == "zh" else 0
    if name.endswith("_median_ratio_30d"):
        return _times(value / _MILLION)
    if name in {"amount", "available"} or any(part in name for part in _UNITS):
        whole, dot, minor = decimal_text(abs(value), currency).partition(".")
        sign = "\N{MINUS SIGN}" if value < 0 else ""
        return f"{currency} {sign}{int(whole):,}{dot}{minor}"
    if name.endswith("_ms"):
        return duration(value, language)
    own = {
        "creditor_is_here": lambda: _YES_NO[bool(value)][place],
        "currency": lambda: _CURRENCIES.get(value, str(value)),
        "hour": lambda: f"{value:02d}:00",
        "weekday": lambda: _WEEKDAYS[value - 1][place],
    }
    if name == "weekday" and not 1 <= value <= len(_WEEKDAYS):
        return f"{value}"  # A bound that a rule sets may be no day.
    return own[name]() if name in own else f"{value:,}"


def place_of(ratio: float) -> float:
    """Where a ratio stands in the picture."""
    decades = math.log10(max(ratio, 10**-_DECADES_BELOW)) + _DECADES_BELOW
    return min(max(decades / _DECADES, 0.0), 1.0) * (WIDTH - 2 * _EDGE) + _EDGE


def is_outside(ratio: float) -> bool:
    """Whether a ratio is out of the usual, which the band shows."""
    return not _LEAST <= ratio <= _MOST


def _times(ratio: float) -> str:
    # Finely where it could be read as the edge of the usual.
    return f"{ratio:,.2f}×" if ratio < _FINE else f"{ratio:,.1f}×"


class Scale(NamedTuple):
    """The picture behind every ratio, in its units."""

    width: str
    tick: str  # The median.
    band: str  # Where the usual begins.
    band_width: str


SCALE = Scale(
    f"{WIDTH:g}",
    f"{place_of(1.0):.1f}",
    f"{place_of(_LEAST):.1f}",
    f"{place_of(_MOST) - place_of(_LEAST):.1f}",
)
