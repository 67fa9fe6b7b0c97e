"""SQL of schema rules; written by the gate's journal alone."""

from collections.abc import Sequence

from countersign.infra import arrays
from countersign.rules.model import PolicyRow

INSERT_POLICIES = """
INSERT INTO rules.policy (number, hash, content)
SELECT * FROM unnest($1::int[], $2::bytea[], $3::bytea[])
"""
SELECT_POLICIES = "SELECT array_agg(number), array_agg(hash), array_agg(content) FROM rules.policy"


def policy_columns(rows: Sequence[PolicyRow]) -> list[bytes]:
    return [
        arrays.int4s([row.number for row in rows]),
        arrays.byteas([row.hash for row in rows]),
        arrays.byteas([row.content for row in rows]),
    ]


def read_policies(row: Sequence[bytes | None]) -> list[PolicyRow]:
    columns = arrays.read_int4s(row[0]), arrays.read_byteas(row[1]), arrays.read_byteas(row[2])
    return list(map(PolicyRow, *columns))
