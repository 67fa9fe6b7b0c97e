"""The digest of an order: one root over salted commitments to its fields (format: docs/digest.md).

Rules of this module:
1. leaf   = SHA-256(0x00 || domain || field number || salt || value), fields fixed and ordered.
2. side   = SHA-256(0x01 || domain || side number || its field count || its leaves in order).
3. digest = SHA-256(0x02 || domain || count of sides || sides): nothing passes for another thing.
4. domain = "countersign/" table "/v" version 0x00 || instance id: valid in one instance only.
5. A value is absent (0x00), text (0x01, length, UTF-8) or a 64-bit integer (0x02, length 8).
6. Each side belongs to one data subject and has one secret seed, from which its salts come; a
   disclosure carries salts, never seeds. Of an erased side its root is enough for all the rest.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256, shake_128
from typing import NamedTuple, NewType

from countersign.kernel.invariant import invariant
from countersign.kernel.refusal import Kind, Refusal

Digest = NewType("Digest", bytes)
SideRoot = NewType("SideRoot", bytes)
Value = str | int | None

SALT_BYTES = 16
SEED_BYTES = 16
HASH_BYTES = 32
_SALT_DOMAIN = b"countersign/salt/v1\x00"
_LEAF = b"\x00"
_SIDE = b"\x01"
_ROOT = b"\x02"
_text_header = struct.Struct(">BI").pack
_integer = struct.Struct(">BIq").pack
_u16 = struct.Struct(">H").pack
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
    side: int  # An index into the sides of the table.


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldTable:
    """The fields of one kind of digest, in their committed order. A change is a new version."""

    name: str
    version: int
    sides: tuple[str, ...]
    fields: tuple[Field, ...]

    def domain(self, instance: bytes) -> bytes:
        invariant(len(instance) == SALT_BYTES, "an instance id has 16 bytes")
        return f"countersign/{self.name}/v{self.version}".encode() + b"\x00" + instance


class OpenSide(NamedTuple):
    """All that is known of one side: its seed, and its values in the order of the table."""

    seed: bytes
    values: Sequence[Value]


class Commitment(NamedTuple):
    digest: Digest
    roots: tuple[SideRoot, ...]  # One a side.


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """Chosen fields with their salts, and commitments in place of what is kept back.

    A side of which nothing is shown is withheld as a whole, by its name; of any other side each
    field is in one of the two.
    """

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
        self.table = table
        self._members = [
            [
                _Member(
                    number,
                    field.name,
                    _LEAF + domain + _u16(number),
                    slice(SALT_BYTES * number, SALT_BYTES * (number + 1)),
                )
                for number, field in enumerate(table.fields)
                if field.side == side
            ]
            for side in range(len(table.sides))
        ]
        self._side_prefixes = [
            _SIDE + domain + _u16(side) + _u16(len(members))
            for side, members in enumerate(self._members)
        ]
        self._root_prefix = _ROOT + domain + _u16(len(table.sides))

    def commit(self, encoded: Sequence[bytes], seeds: Sequence[bytes]) -> Commitment:
        """Digest and side roots; `encoded` has `encode_value` of each field, `seeds` one a side."""
        invariant(len(encoded) == len(self.table.fields), "one value for each field of the table")
        invariant(len(seeds) == len(self.table.sides), "one seed for each side of the table")
        roots = tuple(
            self._side_root(side, self._leaves(side, [encoded[m.number] for m in members], seed))
            for side, (members, seed) in enumerate(zip(self._members, seeds, strict=True))
        )
        return Commitment(self.digest(roots), roots)

    def root_of(self, side: int, part: OpenSide | SideRoot) -> SideRoot:
        """The root of a side that is open, or of which it is all that is left."""
        if not isinstance(part, OpenSide):
            return part
        return self._side_root(side, self.leaves(side, part))

    def leaves(self, side: int, part: OpenSide) -> list[bytes]:
        """The commitments of one side's fields, in the order of the table."""
        return self._leaves(side, [encode_value(value) for value in part.values], part.seed)

    def digest(self, roots: Iterable[bytes]) -> Digest:
        """The digest over the roots of all sides."""
        return Digest(sha256(self._root_prefix + b"".join(roots)).digest())

    def disclose(self, sides: Sequence[OpenSide | SideRoot], names: Iterable[str]) -> Disclosure:
        """Reveal the named fields and withhold the rest; of an erased side only its root is had."""
        chosen = set(names)
        known = {field.name for field in self.table.fields}
        invariant(chosen <= known, "only fields of the table can be disclosed")
        invariant(len(sides) == len(self._members), "each side of the table, or its root")
        revealed: dict[str, tuple[bytes, Value]] = {}
        withheld: dict[str, bytes] = {}
        for side, part in enumerate(sides):
            members = self._members[side]
            if not isinstance(part, OpenSide) or chosen.isdisjoint(m.name for m in members):
                withheld[self.table.sides[side]] = self.root_of(side, part)
                continue
            salts = salts_from(part.seed, len(self.table.fields))
            leaves = self.leaves(side, part)
            for member, value, leaf in zip(members, part.values, leaves, strict=True):
                if member.name in chosen:
                    revealed[member.name] = (salts[member.salt], value)
                else:
                    withheld[member.name] = leaf
        return Disclosure(revealed=revealed, withheld=withheld)

    def verify(self, disclosure: Disclosure, digest: bytes) -> dict[str, Value]:
        """The revealed values, once they are shown to belong to the digest; raises otherwise."""
        looked_at = 0
        roots = []
        for side, (name, members) in enumerate(zip(self.table.sides, self._members, strict=True)):
            root = disclosure.withheld.get(name)
            looked_at += 1 if root is not None else len(members)
            if root is None:
                root = self._side_root(side, [_leaf_of(member, disclosure) for member in members])
            roots.append(_of_length(root, HASH_BYTES, name))
        if len(disclosure.revealed) + len(disclosure.withheld) != looked_at:
            raise WrongDisclosure(field="of another table, or of a side that is withheld")
        if self.digest(roots) != digest:
            raise WrongDisclosure(field="digest")
        return {name: value for name, (_, value) in disclosure.revealed.items()}

    def _side_root(self, side: int, leaves: Iterable[bytes]) -> SideRoot:
        return SideRoot(sha256(self._side_prefixes[side] + b"".join(leaves)).digest())

    def _leaves(self, side: int, encoded: Sequence[bytes], seed: bytes) -> list[bytes]:
        members = self._members[side]
        invariant(len(encoded) == len(members), "one value for each field of the side")
        salts = salts_from(seed, len(self.table.fields))
        hash_ = sha256
        return [
            hash_(prefix + salts[salt] + value).digest()
            for (_, _, prefix, salt), value in zip(members, encoded, strict=True)
        ]


class _Member(NamedTuple):
    """One field of a side, with what its commitment begins with and where its salt lies."""

    number: int
    name: str
    prefix: bytes
    salt: slice


def _leaf_of(member: _Member, disclosure: Disclosure) -> bytes:
    """The commitment of a field that is either shown or withheld."""
    name = member.name
    leaf, shown = disclosure.withheld.get(name), disclosure.revealed.get(name)
    if (leaf is None) == (shown is None):
        raise WrongDisclosure(field=name)
    if shown is None:
        return _of_length(leaf, HASH_BYTES, name)
    salt, value = shown
    # The value comes out of a file from outside, so its type is no more than a claim.
    if type(value) not in {str, int, type(None)}:
        raise WrongDisclosure(field=name)
    try:
        encoded = encode_value(value)
    except (struct.error, UnicodeEncodeError):
        raise WrongDisclosure(field=name) from None
    return sha256(member.prefix + _of_length(salt, SALT_BYTES, name) + encoded).digest()


def _of_length(value: bytes | None, length: int, name: str) -> bytes:
    if not isinstance(value, bytes) or len(value) != length:
        raise WrongDisclosure(field=name)
    return value
