"""Preparing orders for the gate, off the batcher's thread: check, digest, seal, index.

Rules: 1. What leaves here holds no restricted text in clear: accounts are blind indexes, text is
sealed under the key of the account it belongs to, bound to the digest. 2. The digest is made from
the very values that are sealed; each side has the other's root sealed into it, so that it proves
its fields when the other is erased. 3. A refused order leaves as its code, under its request key.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol

import msgspec

from countersign.access.errors import NotPermitted
from countersign.accounts.errors import UnknownAccount
from countersign.gate import checks
from countersign.gate.commands import PlaceOrder, RefusedIntake, Submission, encode
from countersign.kernel.digest import (
    SEED_BYTES,
    Committer,
    Digest,
    OpenSide,
    SideRoot,
    Value,
    encode_value,
)
from countersign.kernel.refusal import Refusal
from countersign.transfers.order import (
    CREDITOR_SIDE,
    DEBTOR_SIDE,
    ORDER_TABLE,
    Order,
    account_of,
    check_order,
    execution_day,
    order_of,
    values_of,
)
from countersign.vault.blind_index import blind_index, body_mac
from countersign.vault.errors import CannotOpen, SubjectErased
from countersign.vault.keyset import Keyset
from countersign.vault.seal import Place, open_sealed, seal
from countersign.vault.subjects import SubjectKey

ACCOUNT_INDEX = "account"
DEBTOR_PLACE = Place("transfers.transfer.debtor_side")
CREDITOR_PLACE = Place("transfers.transfer.creditor_side")
_INDEX_CACHE_MAX = 200_000


class OrderRequest(NamedTuple):
    """One order as a channel sent it, under which request key."""

    key: bytes
    order: Order


class SealedOrder(NamedTuple):
    """What the journal keeps of an order's text, and what it is bound to."""

    digest: bytes
    debtor_index: bytes
    creditor_index: bytes
    debtor_side: bytes
    creditor_side: bytes


UnknownOf = Callable[[Iterable[bytes]], set[bytes]]


class Keys(Protocol):
    """The data keys of all subjects; `vault.subjects.SubjectKeys` outside of simulation."""

    @property
    def keyset(self) -> Keyset: ...
    @property
    def instance(self) -> bytes: ...
    def ensure(self, subjects: Iterable[bytes]) -> dict[bytes, SubjectKey]: ...
    def find(self, subjects: Iterable[bytes]) -> dict[bytes, SubjectKey]: ...
    def forget_erased(self, *, every_seconds: float) -> int: ...


class Intake:
    """Prepares the orders of one instance. Belongs to one thread."""

    def __init__(self, keys: Keys, *, unknown_of: UnknownOf = set) -> None:
        """`unknown_of` gives those blind indexes that are no account here: all, unless it is told.

        Who only opens orders needs to know none.
        """
        self._keys = keys
        self._unknown_of = unknown_of
        self.instance = keys.instance
        keyset = keys.keyset
        self._index_key = keyset.blind_index.current
        self._mac_key = keyset.body_mac.current
        self._mac_version = bytes([keyset.body_mac.current_version])
        self.committer = Committer(ORDER_TABLE, self.instance)
        self._indexes: dict[str, bytes] = {}

    def prepare(self, credential: int, requests: Sequence[OrderRequest]) -> list[Submission]:
        """Submissions in the order of the requests, refused ones included."""
        checked = [self._checked(credential, request) for request in requests]
        debtors = {one.indexes[DEBTOR_SIDE] for one in checked if isinstance(one, _Checked)}
        unknown = self._unknown_of(debtors)  # Before a key is made for anybody.
        if unknown:
            checked = [_unless(one, unknown, {DEBTOR_SIDE}, UnknownAccount.code) for one in checked]
        subjects = {index for c in checked if isinstance(c, _Checked) for index in c.indexes}
        keys, erased = self._ensured(subjects) if subjects else ({}, set())
        if erased:
            both = {DEBTOR_SIDE, CREDITOR_SIDE}
            checked = [_unless(one, erased, both, SubjectErased.code) for one in checked]
        random = os.urandom(2 * SEED_BYTES * len(checked))
        return [
            self._sealed(one, keys, random[2 * SEED_BYTES * n : 2 * SEED_BYTES * (n + 1)])
            if isinstance(one, _Checked)
            else one
            for n, one in enumerate(checked)
        ]

    def mac(self, body: bytes) -> bytes:
        """The keyed hash by which two requests count as the same: a key version, then the hash."""
        return self._mac_version + body_mac(self._mac_key, body)

    def index_of(self, reference: str, *, field: str = "account") -> bytes:
        """The blind index of an account, once it is known to be a valid one."""
        index = self._indexes.get(reference)
        if index is None:
            account = account_of(reference, field=field)
            index = blind_index(self._index_key, ACCOUNT_INDEX, account)
            if len(self._indexes) >= _INDEX_CACHE_MAX:
                self._indexes.clear()
            self._indexes[reference] = index
        return index

    def open_order(self, sealed: SealedOrder) -> Order:
        """Read an order back; raises SubjectErased, or CannotOpen if it is not of this digest."""
        values: list[Value] = [None] * len(ORDER_TABLE.fields)
        for numbers, side in zip(_NUMBERS, self.open_sides(sealed), strict=True):
            if not isinstance(side, OpenSide):
                raise SubjectErased(subject="of this order")
            for number, value in zip(numbers, side.values, strict=True):
                values[number] = value
        return order_of(tuple(values))

    def open_sides(self, sealed: SealedOrder) -> tuple[OpenSide | SideRoot, ...]:
        """Both sides of an order, for a disclosure; of an erased one its root is left.

        Raises SubjectErased if both are erased, CannotOpen unless they give exactly this digest.
        """
        debtor = self._open_side(DEBTOR_SIDE, sealed)
        creditor = self._open_side(CREDITOR_SIDE, sealed)
        if debtor and creditor:
            sides: tuple[OpenSide | SideRoot, ...] = (debtor.side, creditor.side)
        elif debtor:
            sides = (debtor.side, debtor.other_root)
        elif creditor:
            sides = (creditor.other_root, creditor.side)
        else:
            raise SubjectErased(subject="of either side")
        roots = [self.committer.root_of(side, part) for side, part in enumerate(sides)]
        if self.committer.digest(roots) != sealed.digest:
            raise CannotOpen(what="order")
        return sides

    def _open_side(self, side: int, sealed: SealedOrder) -> "_Opened | None":
        """One side with the root of the other; None if it was erased."""
        subject = (sealed.debtor_index, sealed.creditor_index)[side]
        try:
            key = self._keys.find([subject])[subject]
        except SubjectErased:
            return None
        opened = open_sealed(
            key.aead,
            instance=self.instance,
            place=_PLACES[side],
            row=sealed.digest,
            subject=subject,
            sealed=(sealed.debtor_side, sealed.creditor_side)[side],
        )
        seed, values, other_root = _decode_side(opened)
        return _Opened(OpenSide(seed, values), SideRoot(other_root))

    def _ensured(self, subjects: set[bytes]) -> tuple[dict[bytes, SubjectKey], set[bytes]]:
        """The keys of all subjects, and those who were erased: they hold up nobody else."""
        try:
            return self._keys.ensure(subjects), set()
        except SubjectErased:
            keys: dict[bytes, SubjectKey] = {}
            erased = set()
            for subject in subjects:
                try:
                    keys |= self._keys.ensure([subject])
                except SubjectErased:
                    erased.add(subject)
            return keys, erased

    def _checked(self, credential: int, request: OrderRequest) -> "_Checked | Submission":
        order = request.order
        if not order.credential:
            order = msgspec.structs.replace(order, credential=credential)
        values = values_of(order)
        encoded = [encode_value(value) for value in values]
        mac = self.mac(b"".join(encoded))
        try:
            if order.credential != credential:
                raise NotPermitted(permission="another credential")
            check_order(order)
            indexes = (
                self.index_of(order.debtor_account, field="debtor_account"),
                self.index_of(order.creditor_account, field="creditor_account"),
            )
            day = execution_day(order)
        except Refusal as refusal:
            command = RefusedIntake(refusal.code)
            return Submission(credential, request.key, mac, command, encode(command))
        return _Checked(credential, request.key, mac, order, values, encoded, indexes, day)

    def _sealed(self, one: "_Checked", keys: dict[bytes, SubjectKey], random: bytes) -> Submission:
        seeds = (random[:SEED_BYTES], random[SEED_BYTES:])
        digest, roots = self.committer.commit(one.encoded, seeds)
        debtor_side = self._seal_side(DEBTOR_SIDE, one, keys, digest, (seeds[0], roots[1]))
        creditor_side = self._seal_side(CREDITOR_SIDE, one, keys, digest, (seeds[1], roots[0]))
        order = one.order
        command = PlaceOrder(
            *one.indexes,
            order.instructed_amount,
            order.currency,
            one.day,
            digest,
            checks.attest(one.credential),
            debtor_side,
            creditor_side,
        )
        return Submission(one.credential, one.key, one.mac, command)

    def _seal_side(
        self,
        side: int,
        one: "_Checked",
        keys: dict[bytes, SubjectKey],
        digest: Digest,
        secrets: tuple[bytes, SideRoot],
    ) -> bytes:
        """Seal one side's seed and values with the root of the other side."""
        subject = one.indexes[side]
        key = keys[subject]
        values = one.values
        seed, other_root = secrets
        return seal(
            key.aead,
            instance=self.instance,
            place=_PLACES[side],
            row=digest,
            subject=subject,
            epoch=key.epoch,
            plaintext=_encode_side(
                (seed, [values[number] for number in _NUMBERS[side]], other_root)
            ),
        )


class _Opened(NamedTuple):
    side: OpenSide
    other_root: SideRoot


class _Checked(NamedTuple):
    credential: int
    key: bytes
    mac: bytes
    order: Order
    values: tuple[Value, ...]
    encoded: list[bytes]
    indexes: tuple[bytes, bytes]
    day: int


def _unless(
    one: _Checked | Submission, named: set[bytes], sides: set[int], code: str
) -> _Checked | Submission:
    """The order refused if the account of such a side is one of those named; else as it is."""
    if isinstance(one, Submission) or named.isdisjoint(one.indexes[side] for side in sides):
        return one
    return _refused(one, code)


def _refused(one: _Checked, code: str) -> Submission:
    command = RefusedIntake(code)
    return Submission(one.credential, one.key, one.mac, command, encode(command))


_PLACES = (DEBTOR_PLACE, CREDITOR_PLACE)
_NUMBERS = tuple(
    tuple(number for number, field in enumerate(ORDER_TABLE.fields) if field.side == side)
    for side in (DEBTOR_SIDE, CREDITOR_SIDE)
)
_Side = tuple[bytes, list[Value], bytes]  # Seed, values, root of the other side.
_encode_side: Callable[[_Side], bytes] = msgspec.msgpack.Encoder().encode
_decode_side = msgspec.msgpack.Decoder(_Side).decode
