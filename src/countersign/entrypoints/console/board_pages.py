"""The live board, whole and as the piece that it renews itself with."""

from datetime import tzinfo
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from countersign.entrypoints.console import showing
from countersign.entrypoints.console.board import HOUR, MINUTE_MS, Board, Feed, Sum
from countersign.entrypoints.console.catalogue import translated
from countersign.entrypoints.console.charts import SLIM, WIDE, Column, stacked_bars
from countersign.entrypoints.console.decisions import finding_of, spans_of
from countersign.entrypoints.console.pages import language_of, render, zone_of
from countersign.entrypoints.console.reasoning import Asked, Reasons, reasons_of
from countersign.entrypoints.console.site import Site
from countersign.kernel.refusal import Language

_LABEL_MINUTES = 30


def board(request: Request) -> Response:
    return render(request, "board.html", **_seen(request))


def board_part(request: Request) -> Response:
    """What changes of it, for the page that is open."""
    return render(request, "board_part.html", **_seen(request))


def decisions(request: Request) -> Response:
    """The numbers behind the board's chart, the newest first."""
    site: Site = request.app.state.site
    feed: Feed = request.app.state.feed
    seen = site.read(lambda c: feed.look(c, site.intake, site.clock.now_ms()))
    spans = spans_of(seen.minutes, seen.now_ms // MINUTE_MS, zone_of(request).info)
    return render(request, "decisions.html", spans=spans[::-1], finding=finding_of(spans))


def _seen(request: Request) -> dict[str, Any]:
    site: Site = request.app.state.site
    feed: Feed = request.app.state.feed
    language = language_of(request)

    def read(connection: Any) -> tuple[Board, dict[int, Reasons]]:
        looked = feed.look(connection, site.intake, site.clock.now_ms())
        asked = [Asked(one.number, one.reasons[:1], is_held=True) for one in looked.held]
        return looked, reasons_of(connection, asked, language)

    seen, whys = site.read(read)
    return {
        "board": seen,
        "whys": whys,
        "sums": {
            name: _shown(total, language)
            for name, total in (
                ("released", seen.released),
                ("held", seen.held_now),
                ("blocked", seen.blocked),
            )
        },
        **_charted(seen, language, zone_of(request).info),
        "last_minute": sum(seen.minutes[-2].values()),
        "last_hour": sum(sum(one.values()) for one in seen.minutes[-HOUR:]),
    }


def _charted(seen: Board, language: Language, zone: tzinfo) -> dict[str, Any]:
    spans = spans_of(seen.minutes, seen.now_ms // MINUTE_MS, zone)
    finding = finding_of(spans)
    odd = None
    if finding.odd is not None:
        odd = finding.odd, translated(finding.label, language, count=finding.values["count"])
    columns = [
        Column(
            (
                ("f-bar", one.released),
                ("p-ask", one.challenged),
                ("p-hold", one.held),
                ("f-block", one.blocked),
            ),
            one.clock if one.minute % _LABEL_MINUTES == 0 else "",
        )
        for one in spans
    ]
    charts = [stacked_bars(columns, odd=odd, width=width) for width in (WIDE, SLIM)]
    return {"charts": charts, "finding": finding}


def _shown(total: Sum, language: Language) -> dict[str, Any]:
    def short(value: int, currency: str) -> str:
        return showing.short_amount(value, currency, language)

    others = [f"{code} {short(value, code)}" for code, value in total.others]
    return {
        "count": f"{total.orders:,}",
        "currency": total.currency,
        "amount": short(total.amount, total.currency) if total.currency else "0",
        "others": translated(", ", language).join(others),
    }


ROUTES = [
    Route("/", board),
    Route("/board/part", board_part),
    Route("/board/decisions", decisions),
]
