"""SQL of schema access; written by the gate's journal alone."""

from collections.abc import Sequence

from countersign.access.model import Credential
from countersign.infra import arrays

UPSERT_CREDENTIALS = """
INSERT INTO access.credential (number, name, verifier, permissions, is_active,
  expires_ms, addresses)
SELECT u.number, u.name, u.verifier, u.permissions, u.is_active = 1, u.expires_ms, u.addresses
FROM unnest($1::int[], $2::text[], $3::bytea[], $4::text[], $5::smallint[], $6::bigint[],
  $7::text[]) AS u (number, name, verifier, permissions, is_active, expires_ms, addresses)
ON CONFLICT (number) DO UPDATE SET name = excluded.name, verifier = excluded.verifier,
  permissions = excluded.permissions, is_active = excluded.is_active,
  expires_ms = excluded.expires_ms, addresses = excluded.addresses
"""
SELECT_CREDENTIALS = """
SELECT array_agg(number), array_agg(name), array_agg(verifier), array_agg(permissions),
  array_agg(is_active::int::smallint), array_agg(expires_ms), array_agg(addresses)
FROM access.credential
"""


def credential_columns(credentials: Sequence[Credential]) -> list[bytes]:
    return [
        arrays.int4s([c.number for c in credentials]),
        arrays.texts([c.name for c in credentials]),
        arrays.byteas([c.verifier for c in credentials]),
        arrays.texts([",".join(sorted(c.permissions)) for c in credentials]),
        arrays.int2s([int(c.is_active) for c in credentials]),
        arrays.int8s([c.expires_ms for c in credentials]),
        arrays.texts([",".join(c.addresses) for c in credentials]),
    ]


def read_credentials(row: Sequence[bytes | None]) -> list[Credential]:
    columns = (
        arrays.read_int4s(row[0]),
        arrays.read_texts(row[1]),
        arrays.read_byteas(row[2]),
        arrays.read_texts(row[3]),
        arrays.read_int2s(row[4]),
        arrays.read_int8s(row[5]),
        arrays.read_texts(row[6]),
    )
    return [
        Credential(
            number=number,
            name=name,
            verifier=verifier,
            permissions=frozenset(filter(None, permissions.split(","))),
            is_active=bool(is_active),
            expires_ms=expires_ms,
            addresses=tuple(filter(None, addresses.split(","))),
        )
        for number, name, verifier, permissions, is_active, expires_ms, addresses in zip(
            *columns, strict=True
        )
    ]
