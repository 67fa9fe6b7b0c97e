"""Accounts with what was booked on them, and freezes: each is frozen where it is looked at."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from countersign.entrypoints.console.acting import Form, ask_gate, form_action
from countersign.entrypoints.console.errors import WrongDigits
from countersign.entrypoints.console.ledger import Leafed, leaf_through
from countersign.entrypoints.console.outflows import charts_of, finding_of
from countersign.entrypoints.console.pages import language_of, render
from countersign.entrypoints.console.site import Site
from countersign.entrypoints.web.numbers import PATH_NUMBER, whole_number
from countersign.flows.list_accounts import (
    DayMoved,
    first_accounts,
    moved_by_day,
)
from countersign.gate.commands import Kind
from countersign.gate.preparation import HOLDER_PLACE
from countersign.gate.requests import FreezeRequest, UnfreezeRequest
from countersign.kernel.refusal import Kind as RefusalKind
from countersign.kernel.refusal import Refusal
from countersign.vault.seal import open_sealed

ROWS = 100
ENTRIES = 100
DAYS = 14
DAY_MS = 86_400_000
TAIL = 4
_SEALED = "SELECT index, holder FROM accounts.account WHERE number = %s"
_FREEZES = """
SELECT f.number, a.number AS account, b.batch_ms FROM accounts.freeze AS f
LEFT JOIN accounts.account AS a ON a.index = f.index
CROSS JOIN LATERAL (
  SELECT batch_ms FROM gate.batch WHERE first_number <= f.number ORDER BY seq DESC LIMIT 1
) AS b
ORDER BY f.number DESC LIMIT %s
"""


class NoSuchAccount(Refusal):
    """There is no account with this number here; look for it in the list of accounts."""

    code = "console.no_such_account"
    kind = RefusalKind.NOT_FOUND
    chinese = "此處沒有此編號的帳戶；請在帳戶列表中查找。"


def accounts(request: Request) -> Response:
    site: Site = request.app.state.site
    first = whole_number(request.query_params.get("after", "")) or 0
    found = site.read(
        lambda connection: first_accounts(connection, keys=site.keys, limit=ROWS + 1, after=first)
    )
    return render(
        request, "accounts.html", found=found[:ROWS], has_more=len(found) > ROWS, after=first
    )


def account(request: Request) -> Response:
    """One account: its balances, its ledger, and the way to freeze it."""
    site: Site = request.app.state.site
    number = request.path_params["number"]
    asked = request.query_params
    today, language = site.clock.now_ms() // DAY_MS, language_of(request)

    def read(connection: Any) -> tuple[Any, Leafed, list[DayMoved]]:
        found = first_accounts(connection, keys=site.keys, limit=1, number=number)
        if not found:
            raise NoSuchAccount
        return (
            found[0],
            leaf_through(
                connection,
                account=number,
                rows=ENTRIES,
                before=whole_number(asked.get("before", "")),
                after=whole_number(asked.get("after", "")),
            ),
            moved_by_day(connection, account=number, last_day=today, days=DAYS),
        )

    one, ledger, days = site.read(read)
    finding = finding_of(days, one.currency, language)
    return render(
        request,
        "account.html",
        one=one,
        ledger=ledger,
        days=days[::-1],
        finding=finding,
        charts=charts_of(days, finding, one.currency, language),
        done=request.query_params.get("done", ""),
    )


def freezes(request: Request) -> Response:
    site: Site = request.app.state.site

    def read(connection: Any) -> list[tuple[Any, ...]]:
        rows = connection.execute(_FREEZES, [ROWS]).fetchall()
        seen = []
        for command, number, batch_ms in rows:
            found = (
                first_accounts(connection, keys=site.keys, limit=1, number=number) if number else []
            )
            seen.append((command, found[0] if found else None, batch_ms))
        return seen

    return render(request, "freezes.html", rows=site.read(read))


def freeze(request: Request, form: Form) -> str:
    """Freeze once the last characters of the account are typed."""
    number, reference = request.path_params["number"], _reference(request)
    _require_tail(form, reference)
    ask_gate(request, Kind.FREEZE, FreezeRequest(reference, form.reason()), form.key())
    return f"/accounts/{number}?done=frozen"


def unfreeze(request: Request, form: Form) -> str:
    number, reference = request.path_params["number"], _reference(request)
    _require_tail(form, reference)
    ask_gate(request, Kind.UNFREEZE, UnfreezeRequest(reference, form.reason()), form.key())
    return f"/accounts/{number}?done=unfrozen"


def _require_tail(form: Form, reference: str) -> None:
    if form.text("tail").lower() != reference[-TAIL:].lower():
        raise WrongDigits


def _reference(request: Request) -> str:
    """The account's identification in clear; it goes to the gate and to no page."""
    site: Site = request.app.state.site
    number = request.path_params["number"]
    row = site.read(lambda connection: connection.execute(_SEALED, [number]).fetchone())
    if row is None:
        raise NoSuchAccount
    index, sealed = bytes(row[0]), bytes(row[1])
    opened = open_sealed(
        site.keys.find([index])[index].aead,
        instance=site.instance,
        place=HOLDER_PLACE,
        row=index,
        subject=index,
        sealed=sealed,
    )
    return msgspec.msgpack.decode(opened, type=tuple[str, str])[1]


ROUTES = [
    Route("/accounts", accounts),
    Route(f"/accounts/{PATH_NUMBER}", account, methods=["GET"]),
    Route(f"/accounts/{PATH_NUMBER}/freeze", form_action(freeze), methods=["POST"]),
    Route(f"/accounts/{PATH_NUMBER}/unfreeze", form_action(unfreeze), methods=["POST"]),
    Route("/freezes", freezes),
]
