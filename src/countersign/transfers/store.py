"""SQL of schema transfers; written by the gate's journal alone."""

from collections.abc import Sequence

from countersign.infra import arrays
from countersign.transfers.model import HoldRow, TransferRow

INSERT_TRANSFERS = """
INSERT INTO transfers.transfer (day, number, credential, key, mac, digest, debtor, creditor,
  creditor_index, amount, currency, execution_day, action, status, reasons, alerts, policy,
  evidence, facts, debtor_side, creditor_side)
SELECT $1::int, u.* FROM unnest($2::bigint[], $3::int[], $4::bytea[], $5::bytea[], $6::bytea[],
  $7::bigint[], $8::bigint[], $9::bytea[], $10::bigint[], $11::text[], $12::int[], $13::smallint[],
  $14::smallint[], $15::text[], $16::text[], $17::int[], $18::bytea[], $19::bytea[], $20::bytea[],
  $21::bytea[]) AS u
"""
_COLUMNS = """
SELECT array_agg(number), array_agg(credential), array_agg(key), array_agg(mac), array_agg(digest),
  array_agg(debtor), array_agg(creditor), array_agg(creditor_index), array_agg(amount),
  array_agg(currency), array_agg(execution_day), array_agg(action), array_agg(status),
  array_agg(reasons), array_agg(alerts), array_agg(policy), array_agg(evidence),
  array_agg(facts), array_agg(debtor_side), array_agg(creditor_side)
"""
_OF_A_SPAN = """
FROM (SELECT * FROM transfers.transfer WHERE number >= $1::bigint AND number < $2::bigint
  AND day >= $3::int AND day <= $4::int ORDER BY number) AS ordered
"""
_CHOSEN = """
FROM (SELECT t.* FROM unnest($1::int[], $2::bigint[]) AS chosen (day, number)
  JOIN transfers.transfer AS t ON t.day = chosen.day AND t.number = chosen.number) AS ordered
"""
SELECT_TRANSFERS = _COLUMNS + _OF_A_SPAN
SELECT_CHOSEN_TRANSFERS = _COLUMNS + _CHOSEN
INSERT_HOLDS = """
INSERT INTO transfers.hold (number, owner, reasons, until_ms)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[])
ON CONFLICT (number) DO UPDATE SET owner = excluded.owner, reasons = excluded.reasons,
  until_ms = excluded.until_ms
"""
DELETE_HOLDS = "DELETE FROM transfers.hold WHERE number = ANY ($1::bigint[])"
SELECT_HOLDS = """
SELECT array_agg(number), array_agg(owner), array_agg(reasons), array_agg(until_ms)
FROM transfers.hold
"""


def transfer_columns(day: int, rows: Sequence[TransferRow]) -> list[bytes]:
    columns = list(zip(*rows, strict=True))
    return [arrays.int4(day)] + [
        encode(column) for encode, column in zip(_ENCODERS, columns, strict=True)
    ]


def read_transfers(row: Sequence[bytes | None]) -> list[TransferRow]:
    columns = [decode(raw) for decode, raw in zip(_DECODERS, row, strict=True)]
    return list(map(TransferRow, *columns))


def hold_columns(holds: Sequence[HoldRow]) -> list[bytes]:
    return [
        arrays.int8s([hold.number for hold in holds]),
        arrays.texts([hold.owner for hold in holds]),
        arrays.texts([hold.reasons for hold in holds]),
        arrays.int8s([hold.until_ms for hold in holds]),
    ]


def read_holds(row: Sequence[bytes | None]) -> list[HoldRow]:
    columns = (
        arrays.read_int8s(row[0]),
        arrays.read_texts(row[1]),
        arrays.read_texts(row[2]),
        arrays.read_int8s(row[3]),
    )
    return list(map(HoldRow, *columns))


_INT8 = (arrays.int8s, arrays.read_int8s)
_INT4 = (arrays.int4s, arrays.read_int4s)
_INT2 = (arrays.int2s, arrays.read_int2s)
_BYTES = (arrays.byteas, arrays.read_byteas)
_TEXT = (arrays.texts, arrays.read_texts)
_CODECS = (
    _INT8,  # number
    _INT4,  # credential
    _BYTES,  # key
    _BYTES,  # mac
    _BYTES,  # digest
    _INT8,  # debtor
    _INT8,  # creditor
    _BYTES,  # creditor_index
    _INT8,  # amount
    _TEXT,  # currency
    _INT4,  # execution_day
    _INT2,  # action
    _INT2,  # status
    _TEXT,  # reasons
    _TEXT,  # alerts
    _INT4,  # policy
    _BYTES,  # evidence
    _BYTES,  # facts
    _BYTES,  # debtor_side
    _BYTES,  # creditor_side
)
_ENCODERS = [codec[0] for codec in _CODECS]
_DECODERS = [codec[1] for codec in _CODECS]
