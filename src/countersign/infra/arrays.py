"""Postgres arrays in binary form, made and read by numpy: 1 to 2 us a row instead of 10 as text.

One-dimensional arrays without nulls only; a null array reads as an empty list. Layout: dimensions,
null flag, element type, length, lower bound, then for each element its length and its bytes.
"""

import struct
from collections.abc import Iterable, Sequence

import numpy as np

_header = struct.Struct(">iiIii").pack
_length = struct.Struct(">i").pack
_HEADER_BYTES = 20
_BYTEA = 17
_TEXT = 25
_INT8 = (20, np.dtype([("length", ">i4"), ("value", ">i8")]), 8)
_INT4 = (23, np.dtype([("length", ">i4"), ("value", ">i4")]), 4)
_INT2 = (21, np.dtype([("length", ">i4"), ("value", ">i2")]), 2)
_Kind = tuple[int, "np.dtype[np.void]", int]

int8 = struct.Struct(">q").pack
int4 = struct.Struct(">i").pack
int2 = struct.Struct(">h").pack


def int8s(values: Iterable[int]) -> bytes:
    return _integers(values, _INT8)


def int4s(values: Iterable[int]) -> bytes:
    return _integers(values, _INT4)


def int2s(values: Iterable[int]) -> bytes:
    return _integers(values, _INT2)


def byteas(values: Sequence[bytes]) -> bytes:
    """An array of byte strings of any length."""
    return _variable(values, _BYTEA)


def texts(values: Sequence[str]) -> bytes:
    return _variable([value.encode() for value in values], _TEXT)


def read_int8s(raw: bytes | None) -> list[int]:
    return _read_integers(raw, _INT8)


def read_int4s(raw: bytes | None) -> list[int]:
    return _read_integers(raw, _INT4)


def read_int2s(raw: bytes | None) -> list[int]:
    return _read_integers(raw, _INT2)


def read_byteas(raw: bytes | None) -> list[bytes]:
    """The elements of an array of byte strings."""
    if not raw:
        return []
    out = []
    position = _HEADER_BYTES
    end = len(raw)
    while position < end:
        start = position + 4
        position = start + int.from_bytes(raw[position:start], "big")
        out.append(raw[start:position])
    return out


def read_texts(raw: bytes | None) -> list[str]:
    return [value.decode() for value in read_byteas(raw)]


def read_int(raw: bytes) -> int:
    """One integer of any width."""
    return int.from_bytes(raw, "big", signed=True)


def _integers(values: Iterable[int], kind: _Kind) -> bytes:
    oid, dtype, size = kind
    items = np.asarray(values if isinstance(values, Sequence) else list(values), dtype=np.int64)
    out = np.empty(len(items), dtype)
    out["length"] = size
    out["value"] = items
    return _header(1, 0, oid, len(items), 1) + out.tobytes()


def _read_integers(raw: bytes | None, kind: _Kind) -> list[int]:
    if not raw or len(raw) <= _HEADER_BYTES:
        return []
    values: list[int] = np.frombuffer(raw, kind[1], offset=_HEADER_BYTES)["value"].tolist()
    return values


def _variable(values: Sequence[bytes], oid: int) -> bytes:
    length = _length
    parts = [_header(1, 0, oid, len(values), 1)]
    for value in values:
        parts.append(length(len(value)))
        parts.append(value)
    return b"".join(parts)
