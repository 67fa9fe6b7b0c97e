"""What left an account on each day: the sentence of it, with the day that is out of the usual."""

from collections.abc import Sequence
from statistics import median_low

from countersign.entrypoints.console.charts import SLIM, WIDE, Chart, Column, stacked_bars
from countersign.entrypoints.console.decisions import KNOWN_SPANS, Finding
from countersign.entrypoints.console.showing import day, short_amount
from countersign.flows.list_accounts import DayMoved
from countersign.kernel.money import exponent
from countersign.kernel.refusal import Language

_TIMES = 2
_LEFT = 60.0


def finding_of(days: Sequence[DayMoved], currency: str, language: Language) -> Finding:
    """What is worth saying of these days, the oldest first; usual is the median of the others."""

    def short(units: int) -> str:
        return f"{currency} {short_amount(units, currency, language)}"

    left = [one.outflow for one in days]
    if not any(left):
        return Finding("Nothing left this account in {days} days", {"days": f"{len(days)}"})
    place = max(range(len(days)), key=lambda at: (left[at], at))
    others = [value for at, value in enumerate(left) if value and at != place]
    if len(others) < KNOWN_SPANS:
        values = {"total": short(sum(left)), "days": f"{len(days)}"}
        return Finding("{total} left this account in {days} days", values)
    usual = median_low(others)
    if left[place] <= _TIMES * usual:
        values = {"usual": short(usual), "total": short(sum(left)), "days": f"{len(days)}"}
        return Finding("About {usual} leaves on a day; {total} in {days} days", values)
    values = {
        "day": day(days[place].day, language),
        "amount": short(left[place]),
        "usual": short(usual),
    }
    return Finding("{day}: {amount} left, usually {usual} on a day", values, place)


def charts_of(
    days: Sequence[DayMoved], finding: Finding, currency: str, language: Language
) -> list[Chart]:
    """A bar a day, in whole units of the currency; at a desk and on a phone."""
    unit = 10 ** exponent(currency)
    odd = (finding.odd, finding.values["amount"]) if finding.odd is not None else None

    def columns(every: int) -> list[Column]:
        # The newest day has its label.
        labelled = [(len(days) - 1 - at) % every == 0 for at in range(len(days))]
        return [
            Column((("f-bar", -(-one.outflow // unit)),), day(one.day, language) if is_it else "")
            for one, is_it in zip(days, labelled, strict=True)
        ]

    def written(whole: int) -> str:
        return short_amount(whole * unit, currency, language)

    return [
        stacked_bars(columns(every), odd=odd, width=width, left=_LEFT, written=written)
        for width, every in ((WIDE, 2), (SLIM, 4))
    ]
