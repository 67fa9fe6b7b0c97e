"""How values look on a page: amounts, times, marks. Markup is made of escaped values only."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

from markupsafe import Markup, escape

from countersign.infra.clock import moment
from countersign.kernel.money import decimal_text, exponent
from countersign.kernel.refusal import Language
from countersign.kernel.six_words import Word, six_words

_MILLION, _BILLION = 10**6, 10**9
_WAN, _YI = 10**4, 10**8
_HOUR, _MINUTE = 3600, 60
_DAY_MS, _HOUR_MS, _MINUTE_MS = 86_400_000, 3_600_000, 60_000
_HIDDEN = re.compile(r"\*+")
_URGENT_SECONDS = 20 * 60
# Statuses and verdicts: the shape, then the hue; words are the catalogue's.
MARKS = {
    "release": "release",
    "released": "release",
    "settled": "release",
    "dispatched": "idle",
    "ordered": "idle",
    "attested": "idle",
    "hold": "hold",
    "held": "hold",
    "challenge": "ask",
    "challenged": "ask",
    "approve": "wait",
    "pending_approval": "wait",
    "block": "block",
    "rejected": "block",
    "cancelled": "block",
    "expired": "block",
    "returned": "block",
    "recalled": "block",
}


def mark_of(word: str) -> str:
    """The shape that goes with a status or an action."""
    return MARKS.get(word, "idle")


def amount(plain: str, currency: str) -> Markup:
    """A decimal amount with separators, its minor units dimmed, a true minus."""
    sign = "\N{MINUS SIGN}" if plain.startswith("-") else ""
    whole, dot, minor = plain.removeprefix("-").partition(".")
    end = Markup('<span class="minor">{}{}</span>').format(dot, minor) if dot else ""
    return Markup('<span class="amt"><abbr class="cur">{}</abbr>{}{}{}</span>').format(
        currency, sign, f"{int(whole):,}", end
    )


def units(value: int, currency: str) -> Markup:
    """The same of minor units."""
    return amount(decimal_text(value, currency), currency)


def short_amount(value: int, currency: str, language: Language) -> str:
    """A sum for a heading, three figures of it: 4.82 bn, 61.4 m; in Chinese by 億 and 萬."""
    whole = value / 10 ** exponent(currency)
    steps = (
        ((_YI, " 億"), (_WAN, " 萬")) if language == "zh" else ((_BILLION, " bn"), (_MILLION, " m"))
    )
    for step, name in steps:
        if whole >= step:
            return f"{_three_figures(whole / step)}{name}"
    return f"{whole:,.0f}"


def _three_figures(value: float) -> str:
    decimals = 2 if value < 10 else 1 if value < 100 else 0  # noqa: PLR2004
    return f"{value:,.{decimals}f}"


def coded(words: str, code: str) -> Markup:
    """What a code says and the code itself; the code alone where it has no words."""
    shown = Markup('<span class="code">{}</span>').format(code) if code else Markup("")
    return Markup("{} {}").format(words, shown) if words else shown


def with_code(text: str) -> Markup:
    """A sentence whose `commands` are set as such."""
    code = Markup("<code>{}</code>")
    return Markup("").join(
        code.format(part) if place % 2 else escape(part)
        for place, part in enumerate(text.split("`"))
    )


def account(masked: str) -> Markup:
    """A masked account number as four dots between what is shown."""
    head, _, rest = masked.partition("*")
    tail = rest.lstrip("*")
    return Markup('<span class="acct">{} <span class="dots">••••</span> {}</span>').format(
        head, tail
    )


def masked(name: str) -> Markup:
    """A masked name, each hidden part as three dots whatever its length."""
    shown = [Markup("{}").format(part) for part in _HIDDEN.split(name)]
    return Markup('<span class="dots">•••</span>').join(shown)


def clock_time(milliseconds: int, zone: tzinfo = UTC) -> Markup:
    """The time of day in a zone; the whole moment in UTC is its title."""
    at = datetime.fromtimestamp(milliseconds / 1000, tz=UTC)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        at.isoformat(timespec="milliseconds"),
        at.isoformat(sep=" ", timespec="seconds").replace("+00:00", " UTC"),
        at.astimezone(zone).strftime("%H:%M:%S"),
    )


def day_time(text: str, language: Language, zone: tzinfo = UTC) -> Markup:
    """A moment as our flows give it, with its day, in a zone."""
    shown = f"{day(text, language, zone)} {local(text, zone):%H:%M:%S}"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(text, in_utc(text), shown)


def day_time_ms(milliseconds: int, language: Language, zone: tzinfo = UTC) -> Markup:
    """The same of milliseconds."""
    return day_time(moment(milliseconds), language, zone)


def local(text: str, zone: tzinfo) -> datetime:
    """A moment in a zone; a date, which has none, as it is."""
    at = datetime.fromisoformat(text)
    return at.astimezone(zone) if at.tzinfo else at


def day(text: str, language: Language, zone: tzinfo = UTC) -> str:
    """The day of a moment in a zone, or a date: 28 Nov, 11 月 28 日."""
    at = local(text, zone)
    return f"{at.month} 月 {at.day} 日" if language == "zh" else f"{at:%d %b}"


def in_utc(text: str) -> str:
    """The whole moment, for who points at a shorter one."""
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M:%S.%f}"[:-3] + " UTC"


def duration(milliseconds: int, language: Language) -> str:
    """A span in its two greatest units: 3 h 20 min, 3 小時 20 分."""
    days, rest = divmod(milliseconds, _DAY_MS)
    hours, rest = divmod(rest, _HOUR_MS)
    minutes, rest = divmod(rest, _MINUTE_MS)
    d, h, m, s = ("天", "小時", "分", "秒") if language == "zh" else ("d", "h", "min", "s")
    if days:
        return f"{days} {d} {hours} {h}"
    if hours:
        return f"{hours} {h} {minutes} {m}"
    return f"{minutes} {m}" if minutes else f"{rest // 1000} {s}"


def left(until_ms: int, now_ms: int) -> str:
    """The time that is left, as a clock: 48:20 or 71:59:50."""
    seconds = max(0, (until_ms - now_ms) // 1000)
    hours, rest = divmod(seconds, _HOUR)
    clock = f"{rest // _MINUTE:02d}:{rest % _MINUTE:02d}"
    return f"{hours}:{clock}" if hours else clock


def is_urgent(until_ms: int, now_ms: int) -> bool:
    return until_ms - now_ms < _URGENT_SECONDS * 1000


def mosaic(word: Word) -> Markup:
    """The mark over a word: filled cells as squares, empty ones as dots."""
    path = []
    for place, is_filled in enumerate(word.cells):
        x, y = place % 3 * 4, place // 3 * 4
        path.append(
            f"M{x} {y}h3.5v3.5h-3.5z" if is_filled else f"M{x + 1.4:g} {y + 1.4:g}h.7v.7h-.7z"
        )
    return Markup('<svg viewBox="0 0 11.5 15.5" aria-hidden="true"><path d="{}"/></svg>').format(
        "".join(path)
    )


def seal(digest: bytes, language: Language) -> list[tuple[Markup, str]]:
    """The six words of a digest with their marks."""
    return [
        (mosaic(word), word.chinese if language == "zh" else word.english)
        for word in six_words(digest)
    ]


def axis_max(values: Sequence[int]) -> int:
    """A round number at or above the greatest value, for a chart's axis."""
    greatest = max(values, default=0)
    step = 1
    while True:
        for factor in (1, 2, 5):
            if step * factor >= max(greatest, 4):
                return step * factor
        step *= 10
