"""Accounts as lists show them: balances in clear, holders and account numbers masked."""

from typing import Any

import msgspec
import psycopg

from countersign.accounts.model import AccountKind
from countersign.gate.preparation import HOLDER_PLACE
from countersign.infra.clock import moment
from countersign.kernel.money import Money
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
_SELECT_ENTRIES = """
SELECT p.number, p.kind, p.transfer, p.debit_account = %(account)s, p.amount, p.currency, b.batch_ms
FROM ledger.posting AS p CROSS JOIN LATERAL (
  SELECT batch_ms FROM gate.batch WHERE first_number <= p.number ORDER BY seq DESC LIMIT 1
) AS b
WHERE (p.debit_account = %(account)s OR p.credit_account = %(account)s)
  AND (%(before)s::bigint IS NULL OR p.number < %(before)s::bigint)
ORDER BY p.number DESC, p.leg DESC LIMIT %(limit)s
"""


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


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What one posting did to an account."""

    number: int  # The command that booked it.
    time: str
    kind: str
    transfer: int | None
    amount: str  # Below zero where it left the account or is promised to.
    currency: str


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


def newest_entries(
    connection: psycopg.Connection[Any], *, account: int, limit: int, before: int | None = None
) -> list[Entry]:
    """The newest postings of an account, the newest first."""
    parameters = {"account": account, "limit": limit, "before": before}
    return [
        Entry(
            number=number,
            time=moment(batch_ms),
            kind=PostingKind(kind).name.lower(),
            transfer=transfer or None,
            amount=Money(minor_units=-amount if is_debit else amount, currency=currency).text(),
            currency=currency,
        )
        for number, kind, transfer, is_debit, amount, currency, batch_ms in connection.execute(
            _SELECT_ENTRIES, parameters
        )
    ]


def _account(keys: SubjectKeys, row: tuple[Any, ...]) -> AccountListed:
    number, kind, currency, index, holder, party, balance, held, floor, is_frozen = row

    def text(units: int) -> str:
        return Money(minor_units=units, currency=currency).text()

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
