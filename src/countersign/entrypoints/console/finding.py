"""Transfers for the console's lists: searched, sorted, paged, and who pays whom, masked."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import psycopg

from countersign.flows.tell_transfer import codes_in
from countersign.gate.intake import Intake, SealedOrder
from countersign.gate.journal.reading import read_orders
from countersign.kernel.money import exponent, numeric_codes
from countersign.transfers.model import Status
from countersign.transfers.order import CREDITOR_SIDE, DEBTOR_SIDE
from countersign.transfers.parties import OrderParty, party_of
from countersign.vault.errors import SubjectErased
from countersign.vault.masking import mask_account, mask_name

PAGE_ROWS = 50
PAGES_MAX = 200
_EPOCH = date(1970, 1, 1)
SORTS = {
    "newest": "t.day DESC, t.number DESC",
    "oldest": "t.day, t.number",
    "largest": "t.amount DESC, t.number DESC",
    "smallest": "t.amount, t.number",
}
# A refused command made nothing of a transfer.
_SELECT = """
SELECT t.number, t.amount, t.currency, coalesce(h.reasons, t.reasons) AS reasons, b.batch_ms,
  coalesce(upper(c.outcome), CAST(t.status AS text)) AS status, h.until_ms, t.alerts
FROM transfers.transfer AS t
LEFT JOIN LATERAL (
  SELECT outcome FROM gate.command
  WHERE transfer = t.number AND transfer > 0 AND day >= t.day AND position('.' IN outcome) = 0
  ORDER BY number DESC LIMIT 1
) AS c ON true
LEFT JOIN transfers.hold AS h ON h.number = t.number
CROSS JOIN LATERAL (
  SELECT batch_ms FROM gate.batch WHERE first_number <= t.number ORDER BY seq DESC LIMIT 1
) AS b
WHERE (%(status)s::text[] IS NULL
    OR coalesce(upper(c.outcome), CAST(t.status AS text)) = ANY (%(status)s::text[]))
  AND (NOT %(held)s OR t.number IN (SELECT number FROM transfers.hold))
  AND (%(numbers)s::bigint[] IS NULL OR t.number = ANY (%(numbers)s))
  AND (%(first_digest)s::bytea IS NULL
    OR t.digest BETWEEN %(first_digest)s::bytea AND %(last_digest)s::bytea)
  AND (%(currency)s::text IS NULL OR t.currency = %(currency)s)
  AND (%(least)s::numeric IS NULL OR t.amount >= %(least)s::numeric * CASE
    WHEN t.currency = ANY (%(none)s) THEN 1 WHEN t.currency = ANY (%(three)s) THEN 1000
    ELSE 100 END)
  AND (%(most)s::numeric IS NULL OR t.amount <= %(most)s::numeric * CASE
    WHEN t.currency = ANY (%(none)s) THEN 1 WHEN t.currency = ANY (%(three)s) THEN 1000
    ELSE 100 END)
  AND (%(first_day)s::int IS NULL OR t.day >= %(first_day)s)
  AND (%(last_day)s::int IS NULL OR t.day <= %(last_day)s)
ORDER BY {order} LIMIT %(limit)s OFFSET %(offset)s
"""
_REFUSED = """
SELECT number, outcome FROM gate.command
WHERE number = ANY (%s) AND position('.' IN outcome) > 0
"""
_ACCOUNTS = "SELECT debtor, creditor FROM transfers.transfer WHERE number = %s"
_HELD = """
SELECT h.number, t.amount, t.currency, h.reasons, h.until_ms
FROM transfers.hold AS h JOIN transfers.transfer AS t ON t.number = h.number
ORDER BY h.until_ms, h.number LIMIT %s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What a person looks for; None asks nothing. Amounts are in whole units of each currency."""

    number: int | None = None
    digests: tuple[bytes, bytes] | None = None  # From one to the other.
    status: Status | None = None
    currency: str | None = None
    least: int | None = None
    most: int | None = None
    first_day: date | None = None
    last_day: date | None = None
    sort: str = "newest"
    page: int = 1


class Found(NamedTuple):
    """One transfer of a list; amount in minor units."""

    number: int
    amount: int
    currency: str
    reasons: list[str]
    batch_ms: int
    status: str
    until_ms: int | None
    alerts: str


class Held(NamedTuple):
    number: int
    amount: int
    currency: str
    reasons: list[str]
    until_ms: int


class Side(NamedTuple):
    """Who pays or is paid, masked; both empty once it is erased."""

    name: str
    account: str


class Pair(NamedTuple):
    debtor: Side
    creditor: Side


ERASED = Pair(Side("", ""), Side("", ""))


def find_transfers(connection: psycopg.Connection[Any], search: Search) -> tuple[list[Found], bool]:
    """One page, and whether another follows."""
    rows = _select(connection, search, [search.number] if search.number is not None else None)
    return rows[:PAGE_ROWS], len(rows) > PAGE_ROWS


def find_numbers(connection: psycopg.Connection[Any], numbers: list[int]) -> dict[int, Found]:
    """These transfers by their numbers; what is none is left out."""
    return {one.number: one for one in _select(connection, Search(), numbers)}


def refused_as(connection: psycopg.Connection[Any], numbers: list[int]) -> dict[int, str]:
    """Which of these commands were refused, and the code of why."""
    return dict(connection.execute(_REFUSED, [numbers]).fetchall())


def _select(
    connection: psycopg.Connection[Any], search: Search, numbers: list[int] | None
) -> list[Found]:
    status = search.status
    parameters = {
        "status": [status.name, str(status.value)] if status else None,
        "held": status == Status.HELD,  # What is held has its hold, which is quicker to look at.
        "numbers": numbers,
        "first_digest": search.digests[0] if search.digests else None,
        "last_digest": search.digests[1] if search.digests else None,
        "currency": search.currency,
        "least": search.least,
        "most": search.most,
        "first_day": (search.first_day - _EPOCH).days if search.first_day else None,
        "last_day": (search.last_day - _EPOCH).days if search.last_day else None,
        "none": _with_decimals(0),
        "three": _with_decimals(3),
        "limit": max(PAGE_ROWS + 1, len(numbers or [])),
        "offset": (search.page - 1) * PAGE_ROWS,
    }
    rows = connection.execute(_SELECT.format(order=SORTS[search.sort]), parameters).fetchall()
    return [
        Found(
            number, amount, currency, codes_in(reasons), batch_ms, _status(text), until_ms, alerts
        )
        for number, amount, currency, reasons, batch_ms, text, until_ms, alerts in rows
    ]


def held_by_due(connection: psycopg.Connection[Any], limit: int) -> list[Held]:
    """What waits for a person, by what is due first."""
    return [
        Held(number, amount, currency, codes_in(reasons), until_ms)
        for number, amount, currency, reasons, until_ms in connection.execute(_HELD, [limit])
    ]


def parties(
    connection: psycopg.Connection[Any], intake: Intake, numbers: Iterable[int]
) -> dict[int, Pair]:
    """Both sides of these transfers, masked."""
    found = dict.fromkeys(numbers, ERASED)
    for number, sealed in read_orders(connection, list(found)).items():
        row = sealed.row
        order = SealedOrder(
            row.digest, sealed.debtor_index, row.creditor_index, row.debtor_side, row.creditor_side
        )
        try:
            debtor, creditor = intake.open_sides(order)
        except SubjectErased:
            continue
        found[number] = Pair(
            _masked(party_of(DEBTOR_SIDE, debtor)), _masked(party_of(CREDITOR_SIDE, creditor))
        )
    return found


def accounts_of(connection: psycopg.Connection[Any], number: int) -> tuple[int, int]:
    """The numbers of the accounts of both sides; one elsewhere has one here that mirrors it."""
    row = connection.execute(_ACCOUNTS, [number]).fetchone()
    return (row[0], row[1]) if row else (0, 0)


def _masked(party: OrderParty | None) -> Side:
    if party is None:
        return Side("", "")
    return Side(mask_name(party.name), mask_account(party.account))


def _with_decimals(decimals: int) -> list[str]:
    return [code for code in numeric_codes() if exponent(code) == decimals]


def _status(text: str) -> str:
    return (Status(int(text)) if text.isdigit() else Status[text]).name.lower()
