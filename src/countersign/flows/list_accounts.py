"""Accounts as lists show them: balances in clear, holders and account numbers masked."""

from datetime import date, timedelta
from typing import Any

import msgspec
import psycopg

from countersign.accounts.model import AccountKind
from countersign.gate.preparation import HOLDER_PLACE
from countersign.infra.clock import moment
from countersign.kernel.money import decimal_text
from countersign.ledger.model import UNLIMITED, PostingKind
from countersign.vault.errors import SubjectErased
from countersign.vault.masking import mask_account, mask_name
from countersign.vault.seal import open_sealed
from countersign.vault.subjects import SubjectKeys

_SELECT = """
SELECT a.number, a.kind, a.currency, a.index, a.holder, a.party, b.balance, b.held, b.floor,
  EXISTS (SELECT 1 FROM accounts.freeze AS f WHERE f.index = a.index) AS is_frozen
FROM accounts.account AS a JOIN ledger.balance AS b ON b.number = a.number
WHERE (%(party)s::bytea IS NULL OR a.party = %(party)s) AND a.number > %(after)s
  AND (%(number)s::bigint IS NULL OR a.number = %(number)s::bigint)
ORDER BY a.number LIMIT %(limit)s
"""
_SELECT_PARTIES = """
SELECT p.party, p.accounts, p.frozen, a.index, a.holder FROM (
  SELECT a.party, count(*) AS accounts, count(f.index) AS frozen, min(a.number) AS first
  FROM accounts.account AS a LEFT JOIN accounts.freeze AS f ON f.index = a.index
  WHERE a.party > %(after)s AND (%(party)s::bytea IS NULL OR a.party = %(party)s)
  GROUP BY a.party ORDER BY a.party LIMIT %(limit)s
) AS p JOIN accounts.account AS a ON a.number = p.first ORDER BY p.party
"""
_SELECT_FREEZES = """
SELECT f.number, b.batch_ms, a.number, a.index, a.holder
FROM accounts.freeze AS f LEFT JOIN accounts.account AS a ON a.index = f.index
CROSS JOIN LATERAL (
  SELECT batch_ms FROM gate.batch WHERE first_number <= f.number ORDER BY seq DESC LIMIT 1
) AS b
WHERE %(before)s::bigint IS NULL OR f.number < %(before)s::bigint
ORDER BY f.number DESC LIMIT %(limit)s
"""
_SELECT_ENTRIES = """
SELECT p.number, p.kind, p.transfer, p.debit_account = %(account)s, p.amount, p.currency, b.batch_ms
FROM ledger.posting AS p CROSS JOIN LATERAL (
  SELECT batch_ms FROM gate.batch WHERE first_number <= p.number ORDER BY seq DESC LIMIT 1
) AS b
WHERE (p.debit_account = %(account)s OR p.credit_account = %(account)s)
  AND (%(before)s::bigint IS NULL OR p.number < %(before)s::bigint)
ORDER BY p.number DESC, p.leg DESC LIMIT %(limit)s
"""


_SELECT_NEXT_ENTRIES = """
SELECT p.number, p.kind, p.transfer, p.debit_account = %(account)s, p.amount, p.currency, b.batch_ms
FROM ledger.posting AS p CROSS JOIN LATERAL (
  SELECT batch_ms FROM gate.batch WHERE first_number <= p.number ORDER BY seq DESC LIMIT 1
) AS b
WHERE (p.debit_account = %(account)s OR p.credit_account = %(account)s)
  AND p.number > %(after)s::bigint
ORDER BY p.number, p.leg LIMIT %(limit)s
"""
# Of what is only held nothing has moved.
_SELECT_MOVED = """
SELECT day, coalesce(sum(amount) FILTER (WHERE debit_account = %(account)s), 0)::bigint,
  coalesce(sum(amount) FILTER (WHERE credit_account = %(account)s), 0)::bigint
FROM ledger.posting
WHERE day = ANY (%(days)s) AND kind = ANY (%(kinds)s)
  AND (debit_account = %(account)s OR credit_account = %(account)s)
GROUP BY day
"""
_SELECT_BALANCE = "SELECT balance FROM ledger.balance WHERE number = %s"
_MOVING = [PostingKind.POST, PostingKind.DIRECT, PostingKind.REVERSE, PostingKind.RETURN]
_EPOCH = date(1970, 1, 1)


class AccountListed(msgspec.Struct, frozen=True, kw_only=True):
    """One account; amounts are decimals in its currency."""

    number: int
    kind: str
    account: str  # Masked.
    holder: str  # Masked; empty once it is erased.
    party: str  # The keyed hash by which accounts of one party are known.
    currency: str
    balance: str
    held: str
    available: str | None  # None where it has no limit.
    is_frozen: bool


class PartyListed(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds accounts here."""

    party: str  # The keyed hash of what the house knows it by.
    holder: str  # Of its first account; masked, empty once it is erased.
    accounts: int
    frozen: int  # How many of them.


class FreezeListed(msgspec.Struct, frozen=True, kw_only=True):
    """One freeze in force."""

    command: int  # That froze it.
    time: str
    account_number: int | None  # None where the account is elsewhere: then only its hash is kept.
    account: str  # Masked; empty for one elsewhere.
    holder: str


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What one posting did to an account."""

    number: int  # The command that booked it.
    time: str
    kind: str
    transfer: int | None
    amount: str  # Below zero where it left the account or is promised to.
    currency: str


class DayMoved(msgspec.Struct, frozen=True, kw_only=True):
    """What moved on one day of an account, and its balance at the end; in minor units."""

    day: str  # As ISO 8601.
    outflow: int
    inflow: int
    balance: int


def first_accounts(
    connection: psycopg.Connection[Any],
    *,
    keys: SubjectKeys,
    limit: int,
    after: int = 0,
    party: bytes | None = None,
    number: int | None = None,
) -> list[AccountListed]:
    """Accounts by number, at most `limit`: after a number, of a party, or the one of a number."""
    parameters = {"party": party, "after": after, "limit": limit, "number": number}
    return [_account(keys, row) for row in connection.execute(_SELECT, parameters).fetchall()]


def first_parties(
    connection: psycopg.Connection[Any],
    *,
    keys: SubjectKeys,
    limit: int,
    after: bytes = b"",
    party: bytes | None = None,
) -> list[PartyListed]:
    """Parties by their hashes, at most `limit`: after one, or the one that is named."""
    parameters = {"after": after, "party": party, "limit": limit}
    rows = connection.execute(_SELECT_PARTIES, parameters).fetchall()
    return [
        PartyListed(
            party=bytes(found).hex(),
            holder=mask_name(_holder(keys, bytes(index), bytes(holder))[0]),
            accounts=accounts,
            frozen=frozen,
        )
        for found, accounts, frozen, index, holder in rows
    ]


def newest_freezes(
    connection: psycopg.Connection[Any],
    *,
    keys: SubjectKeys,
    limit: int,
    before: int | None = None,
) -> list[FreezeListed]:
    """The freezes in force, the newest first."""
    rows = connection.execute(_SELECT_FREEZES, {"limit": limit, "before": before}).fetchall()
    return [_freeze(keys, row) for row in rows]


def newest_entries(
    connection: psycopg.Connection[Any], *, account: int, limit: int, before: int | None = None
) -> list[Entry]:
    """The newest postings of an account, the newest first."""
    parameters = {"account": account, "limit": limit, "before": before}
    return [_entry(row) for row in connection.execute(_SELECT_ENTRIES, parameters)]


def next_entries(
    connection: psycopg.Connection[Any], *, account: int, limit: int, after: int
) -> list[Entry]:
    """The postings of an account that follow those of a command, the oldest first."""
    parameters = {"account": account, "limit": limit, "after": after}
    return [_entry(row) for row in connection.execute(_SELECT_NEXT_ENTRIES, parameters)]


def moved_by_day(
    connection: psycopg.Connection[Any], *, account: int, last_day: int, days: int
) -> list[DayMoved]:
    """What moved on each of so many days up to this one, counted since 1970; the oldest first."""
    wanted = list(range(last_day - days + 1, last_day + 1))
    parameters = {"account": account, "days": wanted, "kinds": [int(kind) for kind in _MOVING]}
    rows = connection.execute(_SELECT_MOVED, parameters).fetchall()
    moved = {day: (outflow, inflow) for day, outflow, inflow in rows}
    (balance,) = connection.execute(_SELECT_BALANCE, [account]).fetchone() or (0,)
    found = []
    for day in reversed(wanted):
        outflow, inflow = moved.get(day, (0, 0))
        at = (_EPOCH + timedelta(days=day)).isoformat()
        found.append(DayMoved(day=at, outflow=outflow, inflow=inflow, balance=balance))
        balance += outflow - inflow
    return found[::-1]


def _entry(row: tuple[Any, ...]) -> Entry:
    number, kind, transfer, is_debit, amount, currency, batch_ms = row
    return Entry(
        number=number,
        time=moment(batch_ms),
        kind=PostingKind(kind).name.lower(),
        transfer=transfer or None,
        amount=decimal_text(-amount if is_debit else amount, currency),
        currency=currency,
    )


def _freeze(keys: SubjectKeys, row: tuple[Any, ...]) -> FreezeListed:
    command, batch_ms, number, index, holder = row
    name, reference = _holder(keys, bytes(index), bytes(holder)) if number else ("", "")
    return FreezeListed(
        command=command,
        time=moment(batch_ms),
        account_number=number,
        account=mask_account(reference.rpartition(":")[2]) if reference else "",
        holder=mask_name(name),
    )


def _account(keys: SubjectKeys, row: tuple[Any, ...]) -> AccountListed:
    number, kind, currency, index, holder, party, balance, held, floor, is_frozen = row

    def text(units: int) -> str:
        return decimal_text(units, currency)

    name, reference = _holder(keys, bytes(index), bytes(holder))
    return AccountListed(
        number=number,
        kind=AccountKind(kind).name.lower(),
        account=mask_account(reference.rpartition(":")[2]),
        holder=mask_name(name),
        party=bytes(party).hex(),
        currency=currency,
        balance=text(balance),
        held=text(held),
        available=None if floor == UNLIMITED else text(balance - held - floor),
        is_frozen=is_frozen,
    )


def _holder(keys: SubjectKeys, index: bytes, sealed: bytes) -> tuple[str, str]:
    """Name and account reference, as the gate's preparation sealed them."""
    try:
        opened = open_sealed(
            keys.find([index])[index].aead,
            instance=keys.instance,
            place=HOLDER_PLACE,
            row=index,
            subject=index,
            sealed=sealed,
        )
    except SubjectErased:
        return "", ""  # The account and its money are still there.
    return msgspec.msgpack.decode(opened, type=tuple[str, str])
