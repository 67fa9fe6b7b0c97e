"""SQL of schema accounts; written by the gate's journal alone."""

from collections.abc import Sequence

from countersign.accounts.model import Account, Freeze
from countersign.infra import arrays

INSERT_ACCOUNTS = """
INSERT INTO accounts.account (number, kind, currency, index, party, holder)
SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::bytea[], $5::bytea[],
  $6::bytea[])
"""
SELECT_ACCOUNTS = """
SELECT array_agg(number), array_agg(kind), array_agg(currency), array_agg(index), array_agg(party)
FROM (SELECT * FROM accounts.account ORDER BY number) AS ordered
"""
SELECT_ACCOUNT_INDEX = "SELECT index FROM accounts.account WHERE number = $1::bigint"
SELECT_ACCOUNT_INDEXES = (
    "SELECT number, index FROM accounts.account WHERE number = ANY ($1::bigint[])"
)
INSERT_FREEZES = """
INSERT INTO accounts.freeze (index, number) SELECT * FROM unnest($1::bytea[], $2::bigint[])
"""
DELETE_FREEZES = "DELETE FROM accounts.freeze WHERE index = ANY ($1::bytea[])"
SELECT_FREEZES = "SELECT array_agg(index), array_agg(number) FROM accounts.freeze"


def account_columns(accounts: Sequence[Account], holders: Sequence[bytes]) -> list[bytes]:
    return [
        arrays.int8s([a.number for a in accounts]),
        arrays.int2s([a.kind for a in accounts]),
        arrays.texts([a.currency for a in accounts]),
        arrays.byteas([a.account_index for a in accounts]),
        arrays.byteas([a.party for a in accounts]),
        arrays.byteas(holders),
    ]


def read_accounts(row: Sequence[bytes | None]) -> list[Account]:
    columns = (
        arrays.read_int8s(row[0]),
        arrays.read_int2s(row[1]),
        arrays.read_texts(row[2]),
        arrays.read_byteas(row[3]),
        arrays.read_byteas(row[4]),
    )
    return list(map(Account, *columns))


def freeze_columns(freezes: Sequence[Freeze]) -> list[bytes]:
    return [
        arrays.byteas([freeze.account_index for freeze in freezes]),
        arrays.int8s([freeze.number for freeze in freezes]),
    ]


def read_freezes(row: Sequence[bytes | None]) -> list[Freeze]:
    return list(map(Freeze, arrays.read_byteas(row[0]), arrays.read_int8s(row[1])))
