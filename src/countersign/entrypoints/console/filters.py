"""What a list is narrowed by, as words above it: each is a link to the list without it."""

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from countersign.entrypoints.console.catalogue import translated
from countersign.entrypoints.console.finding import Search
from countersign.entrypoints.console.views import query_of
from countersign.kernel.refusal import Language


class Filter(NamedTuple):
    """One filter in force: its name and value in the reader's language, and the way out of it."""

    name: str
    value: str
    without: str  # The address of the list without it.


def of_transfers(asked: Mapping[str, str], search: Search, language: Language) -> list[Filter]:
    """What a search of transfers is narrowed by; what of it could not be read is none."""
    status = search.status
    values = {
        "number": asked["number"].strip() if search.digests or search.number is not None else "",
        "status": translated(f"status {status.name.lower()}", language) if status else "",
        "currency": search.currency or "",
        "least": f"≥ {search.least:,}" if search.least is not None else "",
        "most": f"≤ {search.most:,}" if search.most is not None else "",
        "from": f"≥ {search.first_day}" if search.first_day else "",
        "to": f"≤ {search.last_day}" if search.last_day else "",
    }
    names = {
        "number": "Number or words of a transfer",
        "status": "Status",
        "currency": "Currency",
        "least": "Amount",
        "most": "Amount",
        "from": "Ordered",
        "to": "Ordered",
    }
    return [
        Filter(
            translated(names[name], language),
            value,
            _address("/transfers", query_of({**asked, name: ""})),
        )
        for name, value in values.items()
        if value
    ]


def of_alerts(view: str, path: str, language: Language) -> list[Filter]:
    """The view of the alerts, if it is another than that of all that is not closed."""
    if view == "all":
        return []
    return [Filter(translated("State", language), translated(f"view {view}", language), path)]


def of_log(before: int | None, language: Language, *, is_refused: bool) -> list[Filter]:
    """Whether the log shows refusals alone, and from which leaf on."""
    asked = {"view": "refused" if is_refused else "", "before": before or ""}
    values = {
        "view": translated("Refused", language) if is_refused else "",
        "before": f"< {before:,}" if before is not None else "",
    }
    names = {"view": "Outcome", "before": "Leaf"}
    return [
        Filter(
            translated(names[name], language),
            value,
            _address("/log", urlencode({k: v for k, v in asked.items() if v and k != name})),
        )
        for name, value in values.items()
        if value
    ]


def _address(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path
