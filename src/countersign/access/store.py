"""SQL of schema access; written by the gate's journal alone."""

from collections.abc import Sequence

from countersign.access.model import Credential
from countersign.infra import arrays

UPSERT_CREDENTIALS = """
INSERT INTO access.credential (number, name, verifier, permissions, is_active)
SELECT u.number, u.name, u.verifier, u.permissions, u.is_active = 1
FROM unnest($1::int[], $2::text[], $3::bytea[], $4::text[], $5::smallint[])
  AS u (number, name, verifier, permissions, is_active)
ON CONFLICT (number) DO UPDATE SET name = excluded.name, verifier = excluded.verifier,
  permissions = excluded.permissions, is_active = excluded.is_active
"""
SELECT_CREDENTIALS = """
SELECT array_agg(number), array_agg(name), array_agg(verifier), array_agg(permissions),
  array_agg(is_active::int::smallint)
FROM access.credential
"""


def credential_columns(credentials: Sequence[Credential]) -> list[bytes]:
    return [
        arrays.int4s([c.number for c in credentials]),
        arrays.texts([c.name for c in credentials]),
        arrays.byteas([c.verifier for c in credentials]),
        arrays.texts([",".join(sorted(c.permissions)) for c in credentials]),
        arrays.int2s([int(c.is_active) for c in credentials]),
    ]


def read_credentials(row: Sequence[bytes | None]) -> list[Credential]:
    columns = (
        arrays.read_int4s(row[0]),
        arrays.read_texts(row[1]),
        arrays.read_byteas(row[2]),
        arrays.read_texts(row[3]),
        arrays.read_int2s(row[4]),
    )
    return [
        Credential(
            number=number,
            name=name,
            verifier=verifier,
            permissions=frozenset(filter(None, permissions.split(","))),
            is_active=bool(is_active),
        )
        for number, name, verifier, permissions, is_active in zip(*columns, strict=True)
    ]
