"""Transfers: searched, shown with their story, decided about, proved."""

from datetime import date, timedelta
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from countersign.alerts.queries import alerts_about
from countersign.entrypoints.console.acting import Form, ask_gate, form_action
from countersign.entrypoints.console.catalogue import translated
from countersign.entrypoints.console.errors import FormExpired
from countersign.entrypoints.console.filters import of_transfers
from countersign.entrypoints.console.finding import (
    PAGES_MAX,
    SORTS,
    Search,
    accounts_of,
    find_transfers,
    parties,
)
from countersign.entrypoints.console.knowledge import SCALE, Known, known_of
from countersign.entrypoints.console.pages import language_of, render, zone_of
from countersign.entrypoints.console.reasoning import Asked, Reasons, first_reasons, reasons_of
from countersign.entrypoints.console.revealing import Clear, clear_parties, reveal
from countersign.entrypoints.console.showing import seal
from countersign.entrypoints.console.site import Site
from countersign.entrypoints.console.timeline import AlertSeen, Lane, alert_seen, lanes_of
from countersign.entrypoints.console.views import FIELD_MAX, QUERY, View, own_views, query_of
from countersign.entrypoints.web.numbers import NUMBER_MAX, PATH_NUMBER, whole_number
from countersign.flows.export_proof import export_proof
from countersign.flows.list_looks import LOOKS_MAX, LookTold, looks_at
from countersign.flows.reveal_parties import LOOK_MS
from countersign.flows.tell_reasons import Explainer
from countersign.flows.tell_transfer import TransferTold, tell_transfer
from countersign.gate.commands import Kind
from countersign.gate.journal.reading import NoSuchTransfer
from countersign.gate.requests import CancelRequest, HoldRequest, RejectRequest, ReleaseRequest
from countersign.kernel.money import numeric_codes
from countersign.kernel.refusal import Language
from countersign.kernel.six_words import digests_of
from countersign.transfers.model import LEGAL_MOVES, Status

REJECT_CODES = ("FRAD", "CUST", "TECH", "NARR")
OWNER = "duty_officer"
HOLD_HOURS = 24
_MOVES = {
    "release": Status.RELEASED,
    "hold": Status.HELD,
    "reject": Status.REJECTED,
    "cancel": Status.CANCELLED,
}
_AMOUNT_MAX = 10**15
_NO_NUMBER = -1
_EPOCH = date(1970, 1, 1)
LARGE = 1_000_000  # Whole units of any currency.


class Seen(NamedTuple):
    """One transfer as its page shows it."""

    told: TransferTold
    lanes: list[Lane]
    known: list[Known]
    why: Reasons
    alerts: list[AlertSeen]
    accounts: tuple[int, int]  # Of debtor and creditor; 0 where there is none.
    clear: Clear | None
    looks: list[LookTold]


def transfers(request: Request) -> Response:
    """One page of what is looked for; what cannot be read of it is not asked."""
    site: Site = request.app.state.site
    search = search_of(request)

    def read(connection: Any) -> tuple[Any, ...]:
        found, has_more = find_transfers(connection, search)
        pairs = parties(connection, site.intake, [one.number for one in found])
        return found, has_more, pairs, first_reasons(connection, found, language_of(request))

    found, has_more, pairs, whys = site.read(read)
    return render(
        request,
        "transfers.html",
        search=search,
        found=found,
        pairs=pairs,
        whys=whys,
        has_more=has_more and search.page < PAGES_MAX,
        query=_query(request),
        filters=of_transfers(_query(request), search, language_of(request)),
        tabs=_tabs(site, language_of(request)),
        own=own_views(request),
        asked=query_of(_query(request)),
        sorts=list(SORTS),
        statuses=[status.name.lower() for status in Status],
        is_narrowed=search != Search(sort=search.sort, page=search.page),
    )


def transfer(request: Request) -> Response:
    """One transfer: what it is, why, what became of it, and what may be done."""
    site: Site = request.app.state.site
    number = request.path_params["number"]
    language = language_of(request)

    def read(connection: Any) -> Seen:
        told = tell_transfer(connection, intake=site.intake, number=number)
        held_by = told.hold.policy if told.hold else None
        words = Explainer(connection, language).words(held_by or told.policy)
        alerts = alerts_about(connection, number)
        return Seen(
            told,
            lanes_of(told, alerts, words, language, zone_of(request).info),
            known_of(connection, number, language),
            _why(connection, told, language),
            [alert_seen((a.number, *a[2:7])) for a in alerts],
            accounts_of(connection, number),
            clear_parties(request, connection),
            looks_at(connection, number),
        )

    seen = site.read(read)
    moves = LEGAL_MOVES[Status[seen.told.status.upper()]]
    return render(
        request,
        "transfer.html",
        seen=seen,
        told=seen.told,
        seal=seal(bytes.fromhex(seen.told.digest), language),
        acts=[name for name, status in _MOVES.items() if status in moves],
        reject_codes=REJECT_CODES,
        done=request.query_params.get("done", ""),
        hold_hours=HOLD_HOURS,
        look_seconds=LOOK_MS // 1000,
        looks_max=LOOKS_MAX,
        scale=SCALE,
    )


def panel(request: Request) -> Response:
    """What a list shows of a transfer beside itself."""
    site: Site = request.app.state.site
    number = request.path_params["number"]
    language = language_of(request)

    def read(connection: Any) -> dict[str, Any]:
        found, _ = find_transfers(connection, Search(number=number))
        if not found:
            raise NoSuchTransfer(number=number)
        asked = Asked(number, found[0].reasons, is_held=found[0].until_ms is not None)
        return {
            "one": found[0],
            "pair": parties(connection, site.intake, [number])[number],
            "why": reasons_of(connection, [asked], language)[number],
        }

    return render(request, "transfer_panel.html", **site.read(read))


def _why(connection: Any, told: TransferTold, language: Language) -> Reasons:
    """What holds it, else what the rules found when it was ordered."""
    codes = told.hold.reasons if told.hold else told.reasons
    asked = Asked(told.number, codes, policy=told.hold.policy if told.hold else told.policy)
    return reasons_of(connection, [asked], language)[told.number]


def act(request: Request, form: Form) -> str:
    """Release, reject, cancel or hold; a release names the hold that the page showed."""
    number = request.path_params["number"]
    name, reason = form.text("act"), form.reason()
    command: object
    match name:
        case "release":
            hold = whole_number(form.text("hold")) or 0
            command = ReleaseRequest(number, hold, reason)
        case "reject":
            code = form.text("code")
            command = RejectRequest(number, code if code in REJECT_CODES else "NARR", reason)
        case "hold":
            command = HoldRequest(number, OWNER, HOLD_HOURS, reason)
        case "cancel":
            command = CancelRequest(number, reason)
        case _:
            raise FormExpired
    ask_gate(request, Kind[name.upper()], command, form.key())
    return f"/transfers/{number}?done={name}"


def proof(request: Request) -> Response:
    """The proof file, with no restricted field disclosed."""
    site: Site = request.app.state.site
    number = request.path_params["number"]
    content = site.read(
        lambda connection: export_proof(
            connection, intake=site.intake, log=site.log, transfer=number
        )
    )
    name = f"transfer-{number}.proof.json"
    return Response(
        content,
        media_type="application/json",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


def search_of(request: Request) -> Search:
    """What the address asks for; each part that is no such thing counts as not asked."""
    asked = request.query_params
    status = asked.get("status", "").upper()
    currency = asked.get("currency", "").upper()
    sort = asked.get("sort", "newest")
    return Search(
        number=_number(asked.get("number", "").strip()),
        digests=digests_of(asked.get("number", "")),
        status=Status[status] if status in Status.__members__ else None,
        currency=currency if currency in numeric_codes() else None,
        least=_whole(asked.get("least", ""), _AMOUNT_MAX),
        most=_whole(asked.get("most", ""), _AMOUNT_MAX),
        first_day=_day(asked.get("from", "")),
        last_day=_day(asked.get("to", "")),
        sort=sort if sort in SORTS else "newest",
        page=min(max(_whole(asked.get("page", ""), PAGES_MAX) or 1, 1), PAGES_MAX),
    )


def _query(request: Request) -> dict[str, str]:
    """What the address asks for, as it stands in the form."""
    return {name: request.query_params.get(name, "")[:FIELD_MAX] for name in QUERY}


def _tabs(site: Site, language: Language) -> list[View]:
    """The views that everybody has."""
    today = _EPOCH + timedelta(milliseconds=site.clock.now_ms())
    large = {"least": str(LARGE), "from": today.isoformat(), "sort": "largest"}
    return [
        View(translated(name, language), query_of(asked))
        for name, asked in (
            ("All", {}),
            ("Held", {"status": "held"}),
            ("Released", {"status": "released"}),
            ("Settled", {"status": "settled"}),
            ("Rejected", {"status": "rejected"}),
            ("Large today", large),
        )
    ]


def _number(text: str) -> int | None:
    """The number of a transfer; one that nothing has where the text is neither that nor words."""
    if not text or digests_of(text):
        return None
    number = _whole(text, NUMBER_MAX)
    return _NO_NUMBER if number is None else number


def _whole(text: str, most: int) -> int | None:
    return whole_number(text.replace(",", "").strip(), most)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


ROUTES = [
    Route("/transfers", transfers),
    Route(f"/transfers/{PATH_NUMBER}", transfer, methods=["GET"]),
    Route(f"/transfers/{PATH_NUMBER}/panel", panel),
    Route(f"/transfers/{PATH_NUMBER}/act", form_action(act), methods=["POST"]),
    Route(f"/transfers/{PATH_NUMBER}/reveal", form_action(reveal), methods=["POST"]),
    Route(f"/transfers/{PATH_NUMBER}/proof", proof),
]
