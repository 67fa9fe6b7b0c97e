"""The digest of an order: one root over salted commitments to its fields (format: docs/digest.md).

Rules of this module:
1. leaf   = SHA-256(0x00 || domain || field number || salt || value), fields fixed and ordered.
2. digest = SHA-256(0x02 || domain || field count || all leaves): no leaf can pass for a root.
3. domain = "countersign/" table "/v" version 0x00 || instance id: valid in one instance only.
4. A value is absent (0x00), text (0x01, length, UTF-8) or a 64-bit integer (0x02, length 8).
5. Salts come from one secret seed per subject and order; a disclosure carries salts, never seeds.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256, shake_128
from typing import NewType

from countersign.kernel.invariant import invariant
from countersign.kernel.refusal import Kind, Refusal

Digest = NewType("Digest", bytes)
Value = str | int | None

SALT_BYTES = 16
SEED_BYTES = 16
_SALT_DOMAIN = b"countersign/salt/v1\x00"
_LEAF = b"\x00"
_ROOT = b"\x02"
_text_header = struct.Struct(">BI").pack
_integer = struct.Struct(">BIq").pack
_count = struct.Struct(">H").pack
_ABSENT = b"\x00"
_TEXT_TAG = 1
_INTEGER_TAG = 2


class WrongDisclosure(Refusal):
    """The disclosed fields do not belong to this digest; ask the issuer for a fresh proof."""

    code = "digest.wrong_disclosure"
    kind = Kind.INVALID
    chinese = "披露的欄位與此摘要不符；請向出具方索取新的證明。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    name: str
    subject: int  # Whose seed salts it: an index into the seeds of the order.


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldTable:
    """The fields of one kind of digest, in their committed order. A change is a new version."""

    name: str
    version: int
    fields: tuple[Field, ...]

    def domain(self, instance: bytes) -> bytes:
        invariant(len(instance) == SALT_BYTES, "an instance id has 16 bytes")
        return f"countersign/{self.name}/v{self.version}".encode() + b"\x00" + instance


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """Chosen fields with their salts, and the commitments of those kept back."""

    revealed: Mapping[str, tuple[bytes, Value]]
    withheld: Mapping[str, bytes]


def encode_value(value: Value) -> bytes:
    if value is None:
        return _ABSENT
    if isinstance(value, str):
        raw = value.encode()
        return _text_header(_TEXT_TAG, len(raw)) + raw
    return _integer(_INTEGER_TAG, 8, value)


def salts_from(seed: bytes, count: int) -> bytes:
    """All salts that one seed gives, 16 bytes each, by field number."""
    return shake_128(_SALT_DOMAIN + seed).digest(SALT_BYTES * count)


class Committer:
    """Makes digests of one field table in one instance; what can be computed once is kept."""

    def __init__(self, table: FieldTable, instance: bytes) -> None:
        domain = table.domain(instance)
        count = len(table.fields)
        self.table = table
        self._prefixes = [_LEAF + domain + _count(number) for number in range(count)]
        self._root_prefix = _ROOT + domain + _count(count)
        self._subjects = 1 + max(field.subject for field in table.fields)
        slices = [slice(SALT_BYTES * n, SALT_BYTES * (n + 1)) for n in range(count)]
        self._plan = [
            (prefix, field.subject, part)
            for prefix, field, part in zip(self._prefixes, table.fields, slices, strict=True)
        ]

    def leaves(self, encoded: Sequence[bytes], seeds: Sequence[bytes]) -> list[bytes]:
        """The commitments of all fields; `encoded` as `encode_value` gives, one seed a subject."""
        count = len(self._plan)
        invariant(len(encoded) == count, "one value for each field of the table")
        invariant(len(seeds) == self._subjects, "one seed for each subject of the table")
        salts = [salts_from(seed, count) for seed in seeds]
        hash_ = sha256
        return [
            hash_(prefix + salts[subject][part] + value).digest()
            for (prefix, subject, part), value in zip(self._plan, encoded, strict=True)
        ]

    def digest(self, encoded: Sequence[bytes], seeds: Sequence[bytes]) -> Digest:
        return self.root(self.leaves(encoded, seeds))

    def root(self, leaves: Iterable[bytes]) -> Digest:
        return Digest(sha256(self._root_prefix + b"".join(leaves)).digest())

    def disclose(
        self, values: Sequence[Value], seeds: Sequence[bytes], names: Iterable[str]
    ) -> Disclosure:
        """Reveal the named fields and withhold the rest."""
        chosen = set(names)
        known = {field.name for field in self.table.fields}
        invariant(chosen <= known, "only fields of the table can be disclosed")
        leaves = self.leaves([encode_value(value) for value in values], seeds)
        salts = [salts_from(seed, len(values)) for seed in seeds]
        revealed: dict[str, tuple[bytes, Value]] = {}
        withheld: dict[str, bytes] = {}
        for number, field in enumerate(self.table.fields):
            if field.name in chosen:
                salt = salts[field.subject][SALT_BYTES * number : SALT_BYTES * (number + 1)]
                revealed[field.name] = (salt, values[number])
            else:
                withheld[field.name] = leaves[number]
        return Disclosure(revealed=revealed, withheld=withheld)

    def verify(self, disclosure: Disclosure, digest: bytes) -> dict[str, Value]:
        """The revealed values, once they are shown to belong to the digest; raises otherwise."""
        leaves = []
        for number, field in enumerate(self.table.fields):
            leaf = disclosure.withheld.get(field.name)
            shown = disclosure.revealed.get(field.name)
            if (leaf is None) == (shown is None):
                raise WrongDisclosure(field=field.name)
            if shown is not None:
                leaf = _leaf_of(self._prefixes[number], field.name, shown)
            leaves.append(_of_length(leaf, 32, field.name))
        known = {field.name for field in self.table.fields}
        if set(disclosure.revealed) | set(disclosure.withheld) != known:
            raise WrongDisclosure(field="a field that the table does not have")
        if self.root(leaves) != digest:
            raise WrongDisclosure(field="digest")
        return {name: value for name, (_, value) in disclosure.revealed.items()}


def _leaf_of(prefix: bytes, name: str, shown: tuple[bytes, Value]) -> bytes:
    salt, value = shown
    # The value comes out of a file from outside, so its type is no more than a claim.
    if type(value) not in {str, int, type(None)}:
        raise WrongDisclosure(field=name)
    try:
        encoded = encode_value(value)
    except (struct.error, UnicodeEncodeError):
        raise WrongDisclosure(field=name) from None
    return sha256(prefix + _of_length(salt, SALT_BYTES, name) + encoded).digest()


def _of_length(value: bytes | None, length: int, name: str) -> bytes:
    if not isinstance(value, bytes) or len(value) != length:
        raise WrongDisclosure(field=name)
    return value
