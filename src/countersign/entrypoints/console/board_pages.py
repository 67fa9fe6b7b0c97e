"""The live board, whole and as the piece that it renews itself with."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from countersign.entrypoints.console import showing
from countersign.entrypoints.console.board import MINUTE_MS, Board, Feed, Sum
from countersign.entrypoints.console.charts import stacked_bars
from countersign.entrypoints.console.pages import language_of, render
from countersign.entrypoints.console.sentences import sentences
from countersign.entrypoints.console.site import Site
from countersign.kernel.refusal import Language


def board(request: Request) -> Response:
    return render(request, "board.html", **_seen(request))


def board_part(request: Request) -> Response:
    """What changes of it, for the page that is open."""
    return render(request, "board_part.html", **_seen(request))


def _seen(request: Request) -> dict[str, Any]:
    site: Site = request.app.state.site
    feed: Feed = request.app.state.feed
    language = language_of(request)

    def read(connection: Any) -> tuple[Board, Any]:
        return (
            feed.look(connection, site.intake, site.clock.now_ms()),
            sentences(connection, language),
        )

    seen, words = site.read(read)
    return {
        "board": seen,
        "words": words,
        "sums": {
            name: _shown(total, language)
            for name, total in (
                ("released", seen.released),
                ("held", seen.held_now),
                ("blocked", seen.blocked),
            )
        },
        "chart": stacked_bars(seen.minutes, seen.now_ms // MINUTE_MS),
        "last_minute": sum(seen.minutes[-2].values()),
    }


def _shown(total: Sum, language: Language) -> dict[str, Any]:
    def short(value: int, currency: str) -> str:
        return showing.short_amount(value, currency, language)

    return {
        "count": f"{total.orders:,}",
        "currency": total.currency,
        "amount": short(total.amount, total.currency) if total.currency else "0",
        "others": ", ".join(f"{code} {short(value, code)}" for code, value in total.others),
    }


ROUTES = [Route("/", board), Route("/board/part", board_part)]
