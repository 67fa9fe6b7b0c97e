"""What a person types into the command palette, and what it finds.

Names and ends of accounts find nothing: they are sealed, and a mask is for eyes only
(`vault.masking`). A whole account number is found by its blind index. It comes as the body of a
POST, so that no address and no history holds it.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from countersign.entrypoints.console.acting import read_form
from countersign.entrypoints.console.finding import Search, find_transfers, parties
from countersign.entrypoints.console.pages import render
from countersign.entrypoints.console.site import Site
from countersign.entrypoints.web.numbers import whole_number
from countersign.flows.list_accounts import AccountListed, first_accounts
from countersign.kernel.account import canonical, parse_canonical, written_reference
from countersign.kernel.money import numeric_codes
from countersign.kernel.refusal import Refusal
from countersign.kernel.six_words import digests_of

TEXT_MAX = 120
TRANSFERS_MAX = 6
_AMOUNT_MAX = 10**15
_ACCOUNT_BY_INDEX = "SELECT min(number) FROM accounts.account WHERE index = ANY (%s)"
_SIDES = {">": "least", "≥": "least", "<": "most", "≤": "most"}
_TIMES = {
    "": 1, "k": 10**3, "m": 10**6, "bn": 10**9, "萬": 10**4, "万": 10**4, "億": 10**8, "亿": 10**8,
}  # fmt: skip
_AMOUNT = re.compile(
    r"(?P<before>[a-z]{3})?(?P<side>[<>≤≥])=?(?P<figures>\d[\d,]{0,20}(?:\.\d{1,9})?)"
    r"(?P<unit>k|m|bn|萬|万|億|亿)?(?P<after>[a-z]{3})?"
)
_WIDE = str.maketrans("＞＜，．＝", "><,.=")  # As a Chinese keyboard writes them.
_ACCOUNT = re.compile(r"[A-Za-z0-9:]{8,60}")


class Amount(NamedTuple):
    """A bound on amounts in whole units of each currency, or of one."""

    side: str  # "least" or "most".
    units: int
    currency: str

    @property
    def query(self) -> str:
        """The search of transfers that it asks."""
        asked = {"currency": self.currency, self.side: str(self.units), "sort": "largest"}
        return urlencode({name: value for name, value in asked.items() if value})


class Typed(NamedTuple):
    """What a text may mean; each is empty where it cannot mean that."""

    number: int | None = None
    digests: tuple[bytes, bytes] | None = None
    amount: Amount | None = None
    account: str = ""  # As a whole account number would be written.


def typed(text: str) -> Typed:
    """What the text may mean: a transfer's number or words, a bound on amounts, an account."""
    plain = text.strip()[:TEXT_MAX]
    joined = "".join(plain.split())
    digits = joined.replace(",", "")
    return Typed(
        number=whole_number(digits),
        digests=digests_of(plain),
        amount=_amount(joined.translate(_WIDE).lower()),
        account=joined if _ACCOUNT.fullmatch(joined) else "",
    )


async def find(request: Request) -> Response:
    """What is found, as options for the palette's list."""
    form = await read_form(request)
    request.scope["state"]["session"].require_form(form.text("form_token"))
    return await run_in_threadpool(_found, request, typed(form.text("text")))


def _found(request: Request, asked: Typed) -> Response:
    site: Site = request.app.state.site

    def read(connection: Any) -> tuple[Any, ...]:
        found = []
        for search in (
            Search(number=asked.number) if asked.number is not None else None,
            Search(digests=asked.digests) if asked.digests else None,
        ):
            found += find_transfers(connection, search)[0] if search else []
        shown = found[:TRANSFERS_MAX]
        pairs = parties(connection, site.intake, [one.number for one in shown])
        return shown, pairs, _account(site, connection, asked.account)

    found, pairs, account = site.read(read)
    return render(
        request, "found.html", found=found, pairs=pairs, one=account, amount_asked=asked.amount
    )


def _account(site: Site, connection: Any, text: str) -> AccountListed | None:
    """The account with this whole number, if there is one."""
    if not text:
        return None
    indexes = [site.intake.index_of(reference) for reference in _references(text)]
    (number,) = connection.execute(_ACCOUNT_BY_INDEX, [indexes]).fetchone() or (None,)
    if number is None:
        return None
    found = first_accounts(connection, keys=site.keys, limit=1, number=number)
    return found[0] if found else None


def _references(text: str) -> Iterator[str]:
    """What accounts the text may name: as people write one, and as it is written for good."""
    for written in (text.upper(), text, f":{text}"):
        try:
            yield canonical(written_reference(written))
        except Refusal:
            continue  # No account can have it.
    try:
        yield canonical(parse_canonical(text))
    except Refusal:
        return


def _amount(text: str) -> Amount | None:
    found = _AMOUNT.fullmatch(text)
    if found is None:
        return None
    currency = (found["before"] or found["after"] or "").upper()
    units = Decimal(found["figures"].replace(",", "")) * _TIMES[found["unit"] or ""]
    is_known = not currency or currency in numeric_codes()
    if not is_known or units != units.to_integral_value() or units > _AMOUNT_MAX:
        return None
    return Amount(_SIDES[found["side"]], int(units), currency)


ROUTES = [Route("/find", find, methods=["POST"])]
