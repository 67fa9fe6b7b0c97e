"""Preparing orders for the gate, off the batcher's thread: check, digest, seal, index.

Rules: 1. What leaves here holds no restricted text in clear: accounts are blind indexes, text is
sealed under the key of the account it belongs to, bound to the digest. 2. The digest is made from
the very values that are sealed. 3. A refused order leaves as its code, under the same request key.
"""

import os
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from countersign.access.errors import NotPermitted
from countersign.gate import checks
from countersign.gate.commands import PlaceOrder, RefusedIntake, Submission, encode
from countersign.kernel.digest import SEED_BYTES, Committer, Digest, Value, encode_value
from countersign.kernel.refusal import Refusal
from countersign.transfers.order import (
    CREDITOR_SIDE,
    DEBTOR_SIDE,
    FIELD_SUBJECTS,
    ORDER_TABLE,
    Order,
    account_of,
    check_order,
    execution_day,
    order_of,
    values_of,
)
from countersign.vault.blind_index import blind_index, body_mac
from countersign.vault.errors import CannotOpen
from countersign.vault.seal import Place, open_sealed, seal
from countersign.vault.subjects import SubjectKey, SubjectKeys

ACCOUNT_INDEX = "account"
DEBTOR_PLACE = Place("transfers.transfer.debtor_side")
CREDITOR_PLACE = Place("transfers.transfer.creditor_side")
_INDEX_CACHE_MAX = 200_000


class OrderRequest(NamedTuple):
    """One order as a channel sent it, under which request key."""

    key: bytes
    order: Order


class OpenedOrder(NamedTuple):
    """An order read back from its sealed sides, with what a disclosure needs."""

    order: Order
    values: tuple[Value, ...]
    seeds: tuple[bytes, bytes]


class Intake:
    """Prepares the orders of one instance. Belongs to one thread."""

    def __init__(self, keys: SubjectKeys) -> None:
        self._keys = keys
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
        subjects = {index for c in checked if isinstance(c, _Checked) for index in c.indexes}
        keys = self._keys.ensure(subjects) if subjects else {}
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

    def open_order(
        self,
        *,
        digest: bytes,
        debtor_index: bytes,
        creditor_index: bytes,
        sides: tuple[bytes, bytes],
    ) -> OpenedOrder:
        """Read an order back; raises CannotOpen unless it gives exactly this digest."""
        subjects = (debtor_index, creditor_index)
        keys = self._keys.find(subjects)
        values: list[Value] = [None] * len(FIELD_SUBJECTS)
        seeds = []
        for side, subject in enumerate(subjects):
            opened = open_sealed(
                keys[subject].aead,
                instance=self.instance,
                place=_PLACES[side],
                row=digest,
                subject=subject,
                sealed=sides[side],
            )
            seed, texts = _decode_side(opened)
            seeds.append(seed)
            for number, value in zip(_NUMBERS[side], texts, strict=True):
                values[number] = value
        encoded = [encode_value(value) for value in values]
        if self.committer.digest(encoded, seeds) != digest:
            raise CannotOpen(what="order")
        return OpenedOrder(order_of(tuple(values)), tuple(values), (seeds[0], seeds[1]))

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
        digest = self.committer.digest(one.encoded, seeds)
        debtor_side, creditor_side = (
            self._seal_side(side, one, keys, seeds[side], digest)
            for side in (DEBTOR_SIDE, CREDITOR_SIDE)
        )
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
        seed: bytes,
        digest: Digest,
    ) -> bytes:
        subject = one.indexes[side]
        key = keys[subject]
        values = one.values
        return seal(
            key.aead,
            instance=self.instance,
            place=_PLACES[side],
            row=digest,
            subject=subject,
            epoch=key.epoch,
            plaintext=_encode_side((seed, [values[number] for number in _NUMBERS[side]])),
        )


class _Checked(NamedTuple):
    credential: int
    key: bytes
    mac: bytes
    order: Order
    values: tuple[Value, ...]
    encoded: list[bytes]
    indexes: tuple[bytes, bytes]
    day: int


_PLACES = (DEBTOR_PLACE, CREDITOR_PLACE)
_NUMBERS = tuple(
    tuple(number for number, subject in enumerate(FIELD_SUBJECTS) if subject == side)
    for side in (DEBTOR_SIDE, CREDITOR_SIDE)
)
_encode_side: Callable[[tuple[bytes, list[Value]]], bytes] = msgspec.msgpack.Encoder().encode
_decode_side = msgspec.msgpack.Decoder(tuple[bytes, list[Value]]).decode
