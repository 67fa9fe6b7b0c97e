"""SQL of schema alerts; written by the gate's journal alone."""

from collections.abc import Sequence

from countersign.alerts.model import Alert
from countersign.infra import arrays

UPSERT_ALERTS = """
INSERT INTO alerts.alert (number, transfer, typologies, rules, raised_ms, status, disposition,
  changed_by)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::bigint[],
  $6::smallint[], $7::text[], $8::bigint[])
ON CONFLICT (number) DO UPDATE SET status = excluded.status, disposition = excluded.disposition,
  changed_by = excluded.changed_by
"""
# Those that are not closed; closed ones are for `audit verify`.
SELECT_ALERTS = """
SELECT array_agg(number), array_agg(transfer), array_agg(typologies), array_agg(rules),
  array_agg(raised_ms), array_agg(status), array_agg(disposition), array_agg(changed_by)
FROM alerts.alert WHERE status <> 3
"""


def alert_columns(alerts: Sequence[Alert]) -> list[bytes]:
    columns = zip(*alerts, strict=True)
    return [encode(list(column)) for encode, column in zip(_ENCODERS, columns, strict=True)]


def read_alerts(row: Sequence[bytes | None]) -> list[Alert]:
    columns = [decode(raw) for decode, raw in zip(_DECODERS, row, strict=True)]
    return list(map(Alert, *columns))


_INT8 = (arrays.int8s, arrays.read_int8s)
_TEXT = (arrays.texts, arrays.read_texts)
_INT2 = (arrays.int2s, arrays.read_int2s)
_CODECS = (_INT8, _INT8, _TEXT, _TEXT, _INT8, _INT2, _TEXT, _INT8)
_ENCODERS = [codec[0] for codec in _CODECS]
_DECODERS = [codec[1] for codec in _CODECS]
