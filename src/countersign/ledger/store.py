"""SQL of schema ledger; written by the gate's journal alone."""

from collections.abc import Sequence

from countersign.infra import arrays
from countersign.ledger.model import Posting

INSERT_POSTINGS = """
INSERT INTO ledger.posting (day, number, leg, kind, transfer, debit_account, credit_account, amount,
  currency)
SELECT $1::int, u.* FROM unnest($2::bigint[], $3::smallint[], $4::smallint[], $5::bigint[],
  $6::bigint[], $7::bigint[], $8::bigint[], $9::text[]) AS u
"""
INSERT_BALANCES = """
INSERT INTO ledger.balance (number, balance, held, floor)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[])
"""
UPDATE_BALANCES = """
UPDATE ledger.balance AS b SET balance = u.balance, held = u.held
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS u (number, balance, held)
WHERE b.number = u.number
"""
SELECT_BALANCES = """
SELECT array_agg(number), array_agg(balance), array_agg(held), array_agg(floor)
FROM (SELECT * FROM ledger.balance ORDER BY number) AS ordered
"""
SELECT_POSTINGS = """
SELECT array_agg(number), array_agg(leg), array_agg(kind), array_agg(transfer),
  array_agg(debit_account), array_agg(credit_account), array_agg(amount), array_agg(currency)
FROM (SELECT * FROM ledger.posting WHERE number >= $1::bigint AND number < $2::bigint
  AND day >= $3::int AND day <= $4::int ORDER BY number, leg) AS ordered
"""


def posting_columns(day: int, postings: Sequence[Posting]) -> list[bytes]:
    numbers, legs, kinds, transfers, debits, credits_, amounts, currencies = zip(
        *postings, strict=True
    )
    return [
        arrays.int4(day),
        arrays.int8s(numbers),
        arrays.int2s(legs),
        arrays.int2s(kinds),
        arrays.int8s(transfers),
        arrays.int8s(debits),
        arrays.int8s(credits_),
        arrays.int8s(amounts),
        arrays.texts(currencies),
    ]


def read_postings(row: Sequence[bytes | None]) -> list[Posting]:
    return list(
        map(
            Posting,
            arrays.read_int8s(row[0]),
            arrays.read_int2s(row[1]),
            arrays.read_int2s(row[2]),
            arrays.read_int8s(row[3]),
            arrays.read_int8s(row[4]),
            arrays.read_int8s(row[5]),
            arrays.read_int8s(row[6]),
            arrays.read_texts(row[7]),
        )
    )


def read_balances(row: Sequence[bytes | None]) -> list[tuple[int, int, int, int]]:
    """(number, balance, held, floor) by number."""
    return list(zip(*(arrays.read_int8s(row[i]) for i in range(4)), strict=True))
