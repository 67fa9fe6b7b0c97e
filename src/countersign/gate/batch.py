"""A whole batch: decided in arrival order, hashed, chained and signed. Deterministic.

`decide_batch` runs the same for live commands and for recorded ones, so replay is the same code.
"""

import struct
from dataclasses import dataclass
from hashlib import sha256

from countersign.gate.changes import Changes
from countersign.gate.commands import Answer, Submission
from countersign.gate.context import Batch
from countersign.gate.decide import HANDLERS
from countersign.gate.errors import GateFault
from countersign.gate.rows import BatchKind, Header, Signer, command_leaf, order_leaf
from countersign.gate.state import Chain, State
from countersign.kernel.refusal import Refusal

_values = struct.Struct(">QqQq").pack


class CommandRaised(Exception):
    """A handler raised what is no refusal; the state may be half changed and must be dropped."""

    def __init__(self, submission: Submission) -> None:
        super().__init__(f"a command of kind {submission.command.kind.name} raised")
        self.submission = submission


@dataclass(slots=True)
class Decided:
    """What a batch came to, before it is durable. Nobody is answered from it until it is."""

    before: Chain
    header: Header
    changes: Changes
    balances: list[tuple[int, int, int, int]]  # (account, balance, held, floor) where changed
    submissions: list[Submission]
    answers: list[Answer]

    @property
    def day(self) -> int:
        return self.header.batch_ms // 86_400_000


def decide_batch(
    state: State, submissions: list[Submission], *, batch_ms: int, term: int
) -> Decided:
    """Advance the state by one batch of commands; the header still lacks its signature."""
    before, first_number = state.chain, state.next_number
    state.forget_old_returns(batch_ms)
    state.reversible.forget_old(batch_ms)
    batch = Batch(state, batch_ms)
    answers = []
    for submission in submissions:
        answers.append(_decide_one(batch, submission))
        batch.number += 1
    changes = batch.changes
    balances = state.balances
    changed = [
        (number, balances.balance[number], balances.held[number], balances.floor[number])
        for number in balances.close_batch()
    ]
    changes.tiles = state.log.append(_leaf_hashes(changes, batch_ms))
    root = state.log.root()
    packed = b"".join([_values(*values) for values in changed])
    state.chain = Chain(
        before.seq + 1, term, root, next_state_hash(before.state_hash, root, packed), batch_ms
    )
    header = _header(BatchKind.NORMAL, before, state.chain, first_number, len(submissions))
    return Decided(before, header, changes, changed, submissions, answers)


def empty_batch(
    kind: BatchKind, before: Chain, *, first_number: int, batch_ms: int, term: int
) -> Decided:
    """A batch without commands: a new term, or a void one. It leaves the state as it is."""
    state_hash = next_state_hash(before.state_hash, before.root, b"")
    after = Chain(before.seq + 1, term, before.root, state_hash, batch_ms)
    header = _header(kind, before, after, first_number, 0)
    return Decided(before, header, Changes(), [], [], [])


def chain_of(header: Header) -> Chain:
    """Where the state stands after this batch."""
    return Chain(header.seq, header.term, header.root, header.state_hash, header.batch_ms)


def next_state_hash(previous: bytes, root: bytes, changed: bytes) -> bytes:
    return sha256(previous + root + changed).digest()


def _header(kind: BatchKind, before: Chain, after: Chain, first_number: int, leaves: int) -> Header:
    return Header(
        after.seq,
        after.term,
        int(kind),
        after.batch_ms,
        first_number,
        leaves,
        before.term,
        before.root,
        after.root,
        after.state_hash,
    )


def signed(header: Header, signer: Signer) -> Header:
    """The header with this gate's signature."""
    return header._replace(signature=signer.sign(header.signed_bytes(signer.instance)))


def _decide_one(batch: Batch, submission: Submission) -> Answer:
    if submission.is_faulty:
        return batch.record_refusal(submission, GateFault())
    try:
        batch.state.require(submission.credential, submission.permission, batch.batch_ms)
    except Refusal as refusal:
        return batch.record_refusal(submission, refusal, is_forbidden=True)
    try:
        return HANDLERS[submission.kind](batch, submission, submission.command)
    except Refusal as refusal:
        return batch.record_refusal(submission, refusal)
    except Exception as error:
        raise CommandRaised(submission) from error


def _leaf_hashes(changes: Changes, batch_ms: int) -> list[bytes]:
    """The leaf hashes of the batch in number order (RFC 9162: a zero byte before the data)."""
    leaves = [(row.number, order_leaf(row, batch_ms)) for row in changes.transfers]
    leaves += [(row.number, command_leaf(row, batch_ms)) for row in changes.commands]
    leaves.sort()
    return [sha256(b"\x00" + data).digest() for _, data in leaves]
