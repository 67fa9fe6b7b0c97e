"""Export the proof of one transfer: its order with chosen fields, and what became of it.

Rules: 1. A restricted field leaves the house only when it is named; where it is said which fields
alone may leave, no other does. 2. What is withheld leaves as its commitment; nothing else of it
enters the file. 3. A proof is verified before it is given out,
so a changed row, tile or sealed side is a refusal here and not a surprise elsewhere.
"""

from collections.abc import Collection

from countersign.audit import queries as audit
from countersign.audit.checkpoint import Checkpoint, Verifier, open_checkpoint
from countersign.audit.merkle import NodeHash, consistency_path_from, inclusion_path_from
from countersign.flows.proof_file import (
    Disclosed,
    EventPart,
    Fields,
    Instance,
    Older,
    OrderPart,
    Proof,
    Withheld,
    to_base64,
    to_base64s,
    write_proof,
)
from countersign.flows.verify_proof import verify_proof
from countersign.gate.intake import Intake, SealedOrder
from countersign.gate.journal.bridge import Connection
from countersign.gate.journal.reading import Event, Story, log_nodes, read_story
from countersign.gate.leaves import read_leaf
from countersign.kernel.digest import OpenSide
from countersign.kernel.refusal import Kind, Refusal
from countersign.transfers.order import ORDER_TABLE
from countersign.vault.classes import DataClass, class_of
from countersign.vault.errors import CannotOpen, SubjectErased


class NotPublishedYet(Refusal):
    """No checkpoint covers transfer {transfer} yet; ask again in a few seconds."""

    code = "proof.not_published_yet"
    kind = Kind.UNAVAILABLE
    chinese = "尚無檢查點涵蓋轉帳 {transfer}；請數秒後再試。"


class NoSuchCheckpoint(Refusal):
    """No older checkpoint of size {size} is kept; name the size of one that is."""

    code = "proof.no_such_checkpoint"
    kind = Kind.NOT_FOUND
    chinese = "沒有保存大小為 {size} 的檢查點；請指定現有檢查點的大小。"


class UnknownOrderField(Refusal):
    """An order has no field {field}; name fields as docs/digest.md lists them."""

    code = "proof.unknown_field"
    kind = Kind.INVALID
    chinese = "指令沒有欄位 {field}；請使用 docs/digest.md 所列的欄位名稱。"


def export_proof(
    connection: Connection,
    *,
    intake: Intake,
    log: Verifier,
    transfer: int,
    disclose: Collection[str] = (),
    only: Collection[str] | None = None,
    older_size: int | None = None,
) -> bytes:
    """The proof file of a transfer up to the newest checkpoint; `disclose` names restricted fields.

    With `only` it shows these fields and no other; digest, events and status are there all the
    same. With `older_size` it also proves that the log then, as a reader knows it, is the
    beginning of the log now.
    """
    asked = disclose if only is None else only
    names = _known(asked) if only is not None else _known(asked) | _open_to_all()
    story = read_story(connection, transfer)
    newest = audit.newest_checkpoint(connection)
    if newest is None or newest.size <= story.events[-1].row.number:
        raise NotPublishedYet(transfer=transfer)
    checkpoint = open_checkpoint(newest.note, log)
    nodes = log_nodes(connection, checkpoint.size)
    proof = Proof(
        instance=Instance(to_base64(intake.instance), checkpoint.origin),
        checkpoint_key=log.text(),
        checkpoint=newest.note,
        order=OrderPart(
            ORDER_TABLE.name,
            ORDER_TABLE.version,
            to_base64(story.transfer.digest),
            _fields(intake, story, names, asked),
        ),
        events=[_event(event, nodes, checkpoint) for event in story.events],
        older=None if older_size is None else _older(connection, older_size, nodes, checkpoint),
    )
    file = write_proof(proof)
    verify_proof(file, log)
    return file


def _known(asked: Collection[str]) -> set[str]:
    known = {field.name for field in ORDER_TABLE.fields}
    for name in asked:
        if name not in known:
            raise UnknownOrderField(field=name[:64])
    return set(asked)


def _open_to_all() -> set[str]:
    """Every field that is not restricted."""
    names = (field.name for field in ORDER_TABLE.fields)
    return {name for name in names if class_of(f"order.{name}") != DataClass.RESTRICTED}


def _fields(intake: Intake, story: Story, names: set[str], asked: Collection[str]) -> Fields | None:
    row = story.transfer
    if len(story.debtor_index) != len(row.creditor_index):
        raise CannotOpen(what="order")
    sealed = SealedOrder(
        row.digest, story.debtor_index, row.creditor_index, row.debtor_side, row.creditor_side
    )
    try:
        sides = intake.open_sides(sealed)
    except SubjectErased:
        # With both sides its commitments are gone: what happened can still be proved.
        if asked:
            raise
        return None
    for field in ORDER_TABLE.fields:
        if field.name in asked and not isinstance(sides[field.side], OpenSide):
            raise SubjectErased(subject=f"of field {field.name}")
    disclosure = intake.committer.disclose(sides, names)
    return Fields(
        [
            Disclosed(name, to_base64(salt), value)
            for name, (salt, value) in disclosure.revealed.items()
        ],
        [Withheld(name, to_base64(leaf)) for name, leaf in disclosure.withheld.items()],
    )


def _event(event: Event, nodes: NodeHash, checkpoint: Checkpoint) -> EventPart:
    leaf = event.leaf
    index = event.row.number
    path = inclusion_path_from(nodes, index=index, size=checkpoint.size)
    return EventPart(read_leaf(leaf).shown(), to_base64(leaf), index, to_base64s(path))


def _older(connection: Connection, size: int, nodes: NodeHash, checkpoint: Checkpoint) -> Older:
    kept = audit.checkpoint_at(connection, size)
    if kept is None or not 0 < size < checkpoint.size:
        raise NoSuchCheckpoint(size=size)
    path = consistency_path_from(nodes, size1=size, size2=checkpoint.size)
    return Older(kept.note, to_base64s(path))
