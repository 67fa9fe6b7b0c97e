"""Questions that the gate answers from memory, without a batch: see `Engine.ask`."""

from collections.abc import Callable

import msgspec

from countersign.access.errors import UnknownCredential
from countersign.gate.commands import Answer
from countersign.gate.requests import Item, Query
from countersign.gate.state import State
from countersign.gate.statistics import Report

_encode = msgspec.msgpack.Encoder().encode
_number = msgspec.msgpack.Decoder(int).decode


class Standing(msgspec.Struct, array_like=True, frozen=True):
    """What the gate says of an open transfer, beside its status."""

    digest: bytes
    execution_day: int  # Days since 1970-01-01.
    hold: int  # The command that holds it, or held it last; 0 if none ever did.
    owner: str  # Of the hold, or empty.
    is_frozen: bool  # Either side.


def read_standing(answer: Answer) -> Standing | None:
    """The detail of an answer to `Query.TRANSFER`; None for a transfer that is not open."""
    return _read_standing(answer.detail) if answer.detail else None


_read_standing = msgspec.msgpack.Decoder(Standing).decode


class OwnCredential(msgspec.Struct, array_like=True, frozen=True):
    """What the gate tells a credential of itself, the verifier left out."""

    number: int
    name: str
    permissions: list[str]
    expires_ms: int
    addresses: list[str]


def read_own_credential(answer: Answer) -> OwnCredential:
    """The detail of an answer to `Query.OWN_CREDENTIAL`."""
    return _read_own_credential(answer.detail)


_read_own_credential = msgspec.msgpack.Decoder(OwnCredential).decode


class GateStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What stands, and what this gate process counted of itself."""

    seq: int
    term: int
    commands: int
    root: bytes
    batch_ms: int
    accounts: int
    open_transfers: int
    freezes: int
    policy: int
    report: Report


def read_gate_status(answer: Answer) -> GateStatus:
    """The detail of an answer to `Query.STATUS`; raises msgspec.MsgspecError."""
    return _read_gate_status(answer.detail)


_read_gate_status = msgspec.msgpack.Decoder(GateStatus).decode


def answer_query(state: State, item: Item, asking: int, report: Callable[[], Report]) -> Answer:
    """The answer to one query of a credential; what is unknown is said so, never guessed."""
    match item.kind:
        case Query.STATUS:
            return Answer(state.chain.seq, "ok", "", _encode(_status(state, report())))
        case Query.TRANSFER:
            return _transfer(state, item)
        case Query.CREDENTIALS:
            return Answer(0, "ok", "", _encode(_credentials(state)))
        case Query.OWN_CREDENTIAL:
            return _own_credential(state, asking)
        case _:
            return Answer(0, "gate.malformed_request")


def _status(state: State, report: Report) -> GateStatus:
    chain = state.chain
    return GateStatus(
        seq=chain.seq,
        term=chain.term,
        commands=state.log.size,
        root=chain.root,
        batch_ms=chain.batch_ms,
        accounts=len(state.accounts),
        open_transfers=len(state.open),
        freezes=len(state.accounts.frozen),
        policy=state.policy_number,
        report=report,
    )


def _transfer(state: State, item: Item) -> Answer:
    try:
        number = _number(item.body)
    except msgspec.MsgspecError:
        return Answer(0, "gate.malformed_request")
    transfer = state.open.get(number)
    if transfer is None:
        return Answer(number, "transfers.unknown")
    frozen = state.accounts.frozen
    sides = (state.accounts.indexes[transfer.debtor], transfer.creditor_index)
    is_frozen = any(index in frozen for index in sides)
    standing = Standing(
        transfer.digest, transfer.execution_day, transfer.held_by, transfer.owner, is_frozen
    )
    return Answer(number, transfer.status.name.lower(), transfer.reasons, _encode(standing))


def _own_credential(state: State, asking: int) -> Answer:
    c = state.credentials.get(asking)
    if c is None or not c.is_active:  # It may have been revoked since its token was read.
        return Answer(0, UnknownCredential.code)
    own = OwnCredential(c.number, c.name, sorted(c.permissions), c.expires_ms, list(c.addresses))
    return Answer(0, "ok", "", _encode(own))


def _credentials(state: State) -> list[tuple[int, str, list[str], bool, int, list[str]]]:
    return [
        (
            *(c.number, c.name, sorted(c.permissions), c.is_active),
            *(c.expires_ms, list(c.addresses)),
        )
        for _, c in sorted(state.credentials.items())
    ]
