"""Sealing: AES-256-GCM under a subject's data key, bound to the one place where the value lives.

Rules of this module:
1. sealed = version 0x01 || epoch (u32) || nonce (12 random bytes) || ciphertext and tag.
2. Bound, not stored: domain, instance, schema.table.column, version, epoch, row and subject, with
   their lengths, so that no value opens in another row, column, subject or instance.
3. What does not open raises; nothing here returns a part of a value or says why it failed.
"""

import os
import re
import struct
from functools import lru_cache
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from countersign.kernel.invariant import invariant
from countersign.vault.errors import CannotOpen

EPOCH_MAX = 2**32 - 1
OVERHEAD_BYTES = 33  # What sealing adds to a value: header 5, nonce 12, tag 16.


class Place(str):
    """Where a sealed value lives, as "schema.table.column"; part of what the seal binds."""

    __slots__ = ()

    def __new__(cls, schema_table_column: str) -> Self:
        invariant(_THREE_NAMES.fullmatch(schema_table_column), "a place reads schema.table.column")
        return super().__new__(cls, schema_table_column)


def seal(
    key: AESGCM,
    *,
    instance: bytes,
    place: str,
    row: bytes,
    subject: bytes,
    epoch: int,
    plaintext: bytes,
) -> bytes:
    """Seal one value for one row; `epoch` is that of the data key, as `SubjectKey` gives it."""
    invariant(0 < epoch <= EPOCH_MAX, "an epoch is a positive 32-bit number")
    # Random nonces are safe for 2**32 values a key; one subject never has nearly that many.
    header, nonce = _header(_VERSION, epoch), os.urandom(_NONCE_BYTES)
    bound = _bound(instance, place, row, subject, header)
    return header + nonce + key.encrypt(nonce, plaintext, bound)


def open_sealed(
    key: AESGCM, *, instance: bytes, place: str, row: bytes, subject: bytes, sealed: bytes
) -> bytes:
    """Give back the value, or raise CannotOpen if anything at all differs from the sealing."""
    if len(sealed) < OVERHEAD_BYTES or sealed[0] != _VERSION:
        raise CannotOpen(what=place)
    header, nonce = sealed[:_HEADER_BYTES], sealed[_HEADER_BYTES:_BODY_START]
    bound = _bound(instance, place, row, subject, header)
    try:
        return key.decrypt(nonce, sealed[_BODY_START:], bound)
    except InvalidTag:
        raise CannotOpen(what=place) from None


def epoch_of(sealed: bytes) -> int:
    """Read the epoch a value was sealed in; believe it only after the value has opened."""
    if len(sealed) < OVERHEAD_BYTES or sealed[0] != _VERSION:
        raise CannotOpen(what="sealed value")
    return int.from_bytes(sealed[1:_HEADER_BYTES], "big")


def length_prefixed(*parts: bytes) -> bytes:
    """Join parts so that no two different lists of parts give the same bytes."""
    return b"".join([_length(len(part)) + part for part in parts])


_THREE_NAMES = re.compile(r"[a-z_]+\.[a-z_]+\.[a-z_]+")
_VERSION = 1
_HEADER_BYTES = 5
_NONCE_BYTES = 12
_BODY_START = _HEADER_BYTES + _NONCE_BYTES
_DOMAIN = b"countersign/seal/v1"
_header = struct.Struct(">BI").pack
_length = struct.Struct(">I").pack
_lengths = struct.Struct(">II").pack


def _bound(instance: bytes, place: str, row: bytes, subject: bytes, header: bytes) -> bytes:
    # Both lengths come before both values: as unambiguous as a prefix each, and one call less.
    lengths = _lengths(len(row), len(subject))
    return b"".join((_bound_prefix(instance, place), header, lengths, row, subject))


@lru_cache(maxsize=256)
def _bound_prefix(instance: bytes, place: str) -> bytes:
    # A process has one instance and a few dozen places, so most of the bound data is ready-made.
    return length_prefixed(_DOMAIN, instance, place.encode())
