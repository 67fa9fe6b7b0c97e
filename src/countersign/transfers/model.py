"""A transfer's decision and status, and the moves that each status allows. Pure.

`LEGAL_MOVES` is the whole life of design section 2; a move that is not in it is refused.
"""

from enum import IntEnum
from typing import NamedTuple

from countersign.transfers.errors import IllegalMove


class Action(IntEnum):
    """What a decision does, mildest first: of several findings the greatest value wins."""

    RELEASE = 1
    CHALLENGE = 2
    APPROVE = 3
    HOLD = 4
    BLOCK = 5


class Status(IntEnum):
    DRAFT = 1
    ORDERED = 2
    CHALLENGED = 3
    ATTESTED = 4  # The gate attests (credential, digest); nobody signed.
    SIGNED = 5
    PENDING_APPROVAL = 6
    HELD = 7
    RELEASED = 8
    DISPATCHED = 9
    SETTLED = 10
    REJECTED = 11
    CANCELLED = 12
    EXPIRED = 13
    RETURNED = 14
    RECALLED = 15


_BEFORE_DISPATCH = frozenset({Status.REJECTED, Status.CANCELLED, Status.EXPIRED})
LEGAL_MOVES: dict[Status, frozenset[Status]] = {
    Status.DRAFT: frozenset({Status.ORDERED, Status.CANCELLED, Status.EXPIRED}),
    Status.ORDERED: _BEFORE_DISPATCH
    | {
        Status.CHALLENGED,
        Status.ATTESTED,
        Status.SIGNED,
        Status.PENDING_APPROVAL,
        Status.HELD,
        Status.RELEASED,
    },
    Status.CHALLENGED: _BEFORE_DISPATCH | {Status.SIGNED},
    Status.ATTESTED: _BEFORE_DISPATCH | {Status.PENDING_APPROVAL, Status.HELD, Status.RELEASED},
    Status.SIGNED: _BEFORE_DISPATCH | {Status.PENDING_APPROVAL, Status.HELD, Status.RELEASED},
    Status.PENDING_APPROVAL: _BEFORE_DISPATCH | {Status.HELD, Status.RELEASED},
    Status.HELD: _BEFORE_DISPATCH | {Status.RELEASED},
    # A book transfer settles without leaving the house: released and settled in one commit.
    Status.RELEASED: _BEFORE_DISPATCH | {Status.HELD, Status.DISPATCHED, Status.SETTLED},
    Status.DISPATCHED: frozenset({Status.SETTLED, Status.REJECTED, Status.RECALLED}),
    Status.SETTLED: frozenset({Status.RETURNED, Status.RECALLED}),
    Status.REJECTED: frozenset(),
    Status.CANCELLED: frozenset(),
    Status.EXPIRED: frozenset(),
    Status.RETURNED: frozenset(),
    Status.RECALLED: frozenset({Status.RETURNED, Status.SETTLED}),
}
FINAL = frozenset(status for status, moves in LEGAL_MOVES.items() if not moves)


class Decision(NamedTuple):
    """What the gate said of one order, and by which policy it said so."""

    action: Action
    reasons: tuple[str, ...]
    policy: int
    alerts: tuple[str, ...] = ()  # Typologies with their scores, such as "typologies.mule=160".


class TransferRow(NamedTuple):
    """One accepted order with its decision, as it stands in the journal."""

    number: int
    credential: int
    key: bytes
    mac: bytes
    digest: bytes
    debtor: int
    creditor: int
    creditor_index: bytes
    amount: int
    currency: str
    execution_day: int
    action: int
    status: int
    reasons: str
    alerts: str  # Typologies with their scores, joined by ","; empty where none alerted.
    policy: int
    evidence: bytes
    facts: bytes  # What was known of it, in the order in which the policy names it.
    debtor_side: bytes
    creditor_side: bytes


class HoldRow(NamedTuple):
    number: int
    owner: str
    reasons: str
    until_ms: int


def move(current: Status, target: Status) -> Status:
    """The target, if the current status allows it; raises IllegalMove otherwise."""
    if target not in LEGAL_MOVES[current]:
        raise IllegalMove(current=current.name.lower(), target=target.name.lower())
    return target
