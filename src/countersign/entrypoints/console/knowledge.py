"""What was known of an order when it was decided, against what is usual for its debtor and pair."""

import math
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
import psycopg

from countersign.gate.facts import FACTS, VOCABULARY
from countersign.gate.journal.reading import read_story
from countersign.kernel.money import Money
from countersign.kernel.refusal import Language
from countersign.rules.judge import Judge
from countersign.rules.model import decode_policy
from countersign.rules.queries import find_policy

WIDTH = 144.0
_MILLION = 1_000_000
_OUTSIDE = 5.0  # Times the median, or its fifth part.
_DECADES_BELOW, _DECADES = 1.0, 3.0  # The scale reaches from a tenth to a hundred times.
_UNITS = ("_sum_", "_max_", "_median_30d")
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
_DAY_MS, _HOUR_MS, _MINUTE_MS = 86_400_000, 3_600_000, 60_000


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
    values = msgspec.msgpack.decode(row.facts, type=list[int | None]) if row.facts else []
    if policy is None or not values:
        return []
    names = _names_of(bytes(policy.content))
    if len(names) != len(values):
        return []
    facts = zip(names, values, strict=True)
    shown = [_known(name, value, row.currency, language) for name, value in facts]
    return sorted(shown, key=lambda one: not one.x)


@lru_cache(maxsize=16)
def _names_of(content: bytes) -> tuple[str, ...]:
    return Judge(decode_policy(content), VOCABULARY).names


def _known(name: str, value: int | None, currency: str, language: Language) -> Known:
    label = _label(name, language)
    if value is None:
        return Known(label, "—")
    if name.endswith("_median_ratio_30d"):
        ratio = value / _MILLION
        return Known(label, f"{ratio:,.1f}×", _place(ratio), _is_outside(ratio))
    return Known(label, _text(name, value, currency))


def _label(name: str, language: Language) -> str:
    """What a fact says, in the units that people read."""
    of, _, what = name.partition("_")
    if what in _LABELS:
        whose = _WHOSE[of][1 if language == "zh" else 0]
        return _LABELS[what][1 if language == "zh" else 0].format(whose=whose)
    if language == "zh":
        return FACTS[name].chinese
    english = FACTS[name].english
    return english[:1].upper() + english[1:]


def _text(name: str, value: int, currency: str) -> str:
    if name in {"amount", "available"} or any(part in name for part in _UNITS):
        plain = Money(minor_units=value, currency=currency).text()
        whole, dot, minor = plain.partition(".")
        return f"{currency} {int(whole):,}{dot}{minor}"
    if name.endswith("_ms"):
        return _duration(value)
    return f"{value:,}"


def _duration(milliseconds: int) -> str:
    days, rest = divmod(milliseconds, _DAY_MS)
    hours, rest = divmod(rest, _HOUR_MS)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {rest // _MINUTE_MS} min" if hours else f"{rest // _MINUTE_MS} min"


def _place(ratio: float) -> str:
    decades = math.log10(max(ratio, 10**-_DECADES_BELOW)) + _DECADES_BELOW
    return f"{min(max(decades / _DECADES, 0.0), 1.0) * (WIDTH - 10) + 5:.1f}"


def _is_outside(ratio: float) -> bool:
    return ratio >= _OUTSIDE or ratio <= 1 / _OUTSIDE
