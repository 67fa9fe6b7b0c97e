"""Verify a proof file offline: with a key that the reader trusts, and nothing else.

What it shows: these events of this order are in the log that this key signed, the fields shown are
those that were ordered. What it cannot show: that nothing else happened since the checkpoint.
tools/verify_proof.py does the same with nothing of ours; the order of the checks is the same.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from countersign.audit.checkpoint import (
    Checkpoint,
    MalformedCheckpoint,
    MalformedNote,
    MalformedVerifierKey,
    UnsignedNote,
    Verifier,
    WrongNoteSignature,
    open_checkpoint,
)
from countersign.audit.merkle import WrongProof, leaf_hash, verify_consistency, verify_inclusion
from countersign.flows.proof_file import (
    EventPart,
    MalformedProof,
    NotConsistent,
    NotInLog,
    Older,
    OrderPart,
    Proof,
    ShownDiffers,
    UnknownProofFormat,
    WrongFields,
    WrongProofSignature,
    WrongStory,
    from_base64,
    read_proof,
)
from countersign.gate.leaves import CommandLeaf, OrderLeaf, Shown, UnreadableLeaf, read_leaf
from countersign.kernel.digest import (
    HASH_BYTES,
    SALT_BYTES,
    Committer,
    Disclosure,
    Value,
    WrongDisclosure,
)
from countersign.kernel.ids import ID_BYTES
from countersign.transfers.order import ORDER_TABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedProof:
    """What the proof proves, if the key is trusted; else no more than that it fits together."""

    is_key_trusted: bool
    log: str
    size: int
    older_size: int | None
    transfer: int
    digest: bytes
    status: str  # After the last event shown.
    fields: Mapping[str, Value]
    withheld: tuple[str, ...]
    events: tuple[Shown, ...]

    @property
    def verdict(self) -> str:
        """The word for it, which the stand-alone verifier says as well."""
        return "verified" if self.is_key_trusted else "consistent"


def verify_proof(file: bytes, trusted: Verifier | None) -> VerifiedProof:
    """What the file proves; raises a refusal with a `proof.` code if it proves nothing."""
    proof = read_proof(file)
    if (proof.order.table, proof.order.version) != (ORDER_TABLE.name, ORDER_TABLE.version):
        raise UnknownProofFormat
    log = trusted or _hinted(proof)
    checkpoint = _opened(proof.checkpoint, log)
    if proof.instance.name != checkpoint.origin:
        raise ShownDiffers(what="instance")
    digest = from_base64(proof.order.digest, what="digest", length=32)
    instance = from_base64(proof.instance.id, what="instance", length=ID_BYTES)
    leaves = _verify_events(proof.events, digest, checkpoint)
    fields = _verify_fields(proof.order, instance, digest)
    older = _verify_older(proof.older, log, checkpoint) if proof.older else None
    return VerifiedProof(
        is_key_trusted=trusted is not None,
        log=checkpoint.origin,
        size=checkpoint.size,
        older_size=older,
        transfer=leaves[0].number,
        digest=digest,
        status=str(leaves[-1].shown()["outcome"]),
        fields=fields,
        withheld=tuple(f.name for f in ORDER_TABLE.fields if f.name not in fields),
        events=tuple(leaf.shown() for leaf in leaves),
    )


def _hinted(proof: Proof) -> Verifier:
    try:
        return Verifier.parse(proof.checkpoint_key)
    except MalformedVerifierKey:
        raise MalformedProof(why="checkpoint_key") from None


def _opened(note: str, log: Verifier) -> Checkpoint:
    try:
        return open_checkpoint(note, log)
    except (MalformedNote, MalformedCheckpoint):
        raise MalformedProof(why="checkpoint") from None
    except (UnsignedNote, WrongNoteSignature):
        raise WrongProofSignature from None


def _verify_events(
    events: list[EventPart], digest: bytes, checkpoint: Checkpoint
) -> list[OrderLeaf | CommandLeaf]:
    leaves: list[OrderLeaf | CommandLeaf] = []
    for place, event in enumerate(events):
        data = from_base64(event.leaf, what="leaf")
        try:
            leaf = read_leaf(data)
        except UnreadableLeaf:
            raise MalformedProof(why="leaf") from None
        if not _belongs(leaf, leaves) or leaf.digest != digest or leaf.number != event.index:
            raise WrongStory(event=place)
        path = [from_base64(node, what="path", length=32) for node in event.path]
        try:
            verify_inclusion(
                leaf=leaf_hash(data),
                index=event.index,
                size=checkpoint.size,
                proof=path,
                root=checkpoint.root,
            )
        except WrongProof:
            raise NotInLog(event=place) from None
        if not _is_same(event.shown, leaf.shown()):
            raise ShownDiffers(what=f"event {place}")
        leaves.append(leaf)
    return leaves


def _belongs(leaf: OrderLeaf | CommandLeaf, before: list[OrderLeaf | CommandLeaf]) -> bool:
    """An order comes first, its commands after it in the order of the log."""
    if not before:
        return isinstance(leaf, OrderLeaf)
    is_later = leaf.number > before[-1].number
    return isinstance(leaf, CommandLeaf) and leaf.transfer == before[0].number and is_later


def _is_same(shown: object, leaf_shows: Shown) -> bool:
    """Equal as JSON text, for to Python 1 and true are equal."""
    return json.dumps(shown, sort_keys=True) == json.dumps(leaf_shows, sort_keys=True)


def _verify_fields(order: OrderPart, instance: bytes, digest: bytes) -> Mapping[str, Value]:
    if order.fields is None:
        return {}
    fields = order.fields
    disclosure = Disclosure(
        revealed={
            one.name: (from_base64(one.salt, what="salt", length=SALT_BYTES), one.value)
            for one in fields.disclosed
        },
        withheld={
            one.name: from_base64(one.leaf, what="leaf", length=HASH_BYTES)
            for one in fields.withheld
        },
    )
    # A name that is repeated would be lost in the mappings.
    given = len(fields.disclosed) + len(fields.withheld)
    if len(disclosure.revealed) + len(disclosure.withheld) != given:
        raise WrongFields
    try:
        return Committer(ORDER_TABLE, instance).verify(disclosure, digest)
    except WrongDisclosure:
        raise WrongFields from None


def _verify_older(part: Older, log: Verifier, newer: Checkpoint) -> int:
    older = _opened(part.checkpoint, log)
    path = [from_base64(node, what="path", length=32) for node in part.path]
    if not 0 < older.size < newer.size:
        raise NotConsistent
    try:
        verify_consistency(
            size1=older.size,
            size2=newer.size,
            root1=older.root,
            root2=newer.root,
            proof=path,
        )
    except WrongProof:
        raise NotConsistent from None
    return older.size
