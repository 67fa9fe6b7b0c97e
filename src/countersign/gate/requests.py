"""What peers send over the gate's sockets: commands before their text is sealed, and queries.

A frame is a 4-byte length and a msgpack array: [id, token, items], an item [kind, key, body] with
the body as its own msgpack bytes. The answer is [id, refusal code or "", answers]. Kinds are those
of the commands; queries have numbers of their own and change nothing.
"""

import struct
from enum import IntEnum
from typing import Annotated

import msgspec

from countersign.gate.commands import (
    HOLD_HOURS_MAX,
    AcknowledgeAlert,
    Answer,
    Code,
    Currency,
    Dispatch,
    Kind,
    Name,
    Number,
    Owner,
    RailStatus,
    ReceiveFile,
    RefusedIntake,
    Return,
    SetCredential,
    SetPolicy,
    Units,
)
from countersign.transfers.order import Order

FRAME_BYTES_MAX = 4 * 1024 * 1024  # Of what a peer sends; the client cuts frames to fit.
ITEMS_MAX = 5_000
KEY_BYTES = 16
OPERATOR_SOCKET = "operator.sock"
WORKER_SOCKET = "worker.sock"
CHANNEL_SOCKET = "channel.sock"
API_SOCKET = "api.sock"
CONSOLE_SOCKET = "console.sock"

Reference = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]


class Query(IntEnum):
    """Read-only questions, answered from memory."""

    STATUS = 200
    TRANSFER = 201  # The body is a number; the answer's outcome is the status.
    CREDENTIALS = 202
    OWN_CREDENTIAL = 203  # What the token opens; whoever is known may ask.


class Request(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A command as a peer asks for it; free text and account references in clear."""


class OpenAccountRequest(Request, frozen=True):
    account_kind: int
    currency: Currency
    account: Reference
    holder: Text
    overdraft: Annotated[int, msgspec.Meta(ge=0, le=10**15)]
    # By what the house knows the party, such as a customer number; empty if by this account alone.
    party: Annotated[str, msgspec.Meta(max_length=64)] = ""


class FundRequest(Request, frozen=True):
    account: Reference
    amount: Units
    currency: Currency
    reason: Text


class CorrectRequest(Request, frozen=True):
    debit_account: Reference
    credit_account: Reference
    amount: Units
    currency: Currency
    reason: Text


class ReverseRequest(Request, frozen=True):
    original: Number
    reason: Text


class CancelRequest(Request, frozen=True):
    transfer: Number
    reason: Text


class HoldRequest(Request, frozen=True):
    transfer: Number
    owner: Owner
    hours: Annotated[int, msgspec.Meta(ge=1, le=HOLD_HOURS_MAX)]
    reason: Text


class ReleaseRequest(Request, frozen=True):
    transfer: Number
    hold: Number  # As `Query.TRANSFER` tells it.
    reason: Text


class RejectRequest(Request, frozen=True):
    transfer: Number
    reason_code: Code
    reason: Text


class FreezeRequest(Request, frozen=True):
    account: Reference
    reason: Text


class UnfreezeRequest(Request, frozen=True):
    account: Reference
    reason: Text


class CloseAlertRequest(Request, frozen=True):
    alert: Number
    disposition: Name
    reason: Text


class RevealRequest(Request, frozen=True):
    transfer: Number
    reason: Text


REQUESTS: dict[Kind, type[msgspec.Struct]] = {
    Kind.OPEN_ACCOUNT: OpenAccountRequest,
    Kind.FUND: FundRequest,
    Kind.CORRECT: CorrectRequest,
    Kind.REVERSE: ReverseRequest,
    Kind.ORDER: Order,
    Kind.CANCEL: CancelRequest,
    Kind.HOLD: HoldRequest,
    Kind.RELEASE: ReleaseRequest,
    Kind.REJECT: RejectRequest,
    Kind.DISPATCH: Dispatch,
    Kind.RAIL_STATUS: RailStatus,
    Kind.RETURN: Return,
    Kind.FREEZE: FreezeRequest,
    Kind.UNFREEZE: UnfreezeRequest,
    Kind.SET_CREDENTIAL: SetCredential,
    Kind.SET_POLICY: SetPolicy,
    Kind.REFUSED_INTAKE: RefusedIntake,
    Kind.ACKNOWLEDGE_ALERT: AcknowledgeAlert,
    Kind.CLOSE_ALERT: CloseAlertRequest,
    Kind.REVEAL: RevealRequest,
    Kind.RECEIVE_FILE: ReceiveFile,
}


class Item(msgspec.Struct, array_like=True, frozen=True, gc=False):
    kind: int
    key: Annotated[bytes, msgspec.Meta(min_length=KEY_BYTES, max_length=KEY_BYTES)]
    body: bytes


class Frame(msgspec.Struct, array_like=True, frozen=True, gc=False):
    id: Annotated[int, msgspec.Meta(ge=0, lt=2**62)]
    token: Annotated[str, msgspec.Meta(max_length=200)]
    items: Annotated[list[Item], msgspec.Meta(max_length=ITEMS_MAX)]


class Reply(msgspec.Struct, array_like=True, frozen=True, gc=False):
    id: int
    refusal: str  # The code of what refused the whole frame, or empty.
    answers: list[Answer]
    retry_ms: int = 0  # When what was refused for now is worth another try.


_encode = msgspec.msgpack.Encoder().encode
_length = struct.Struct(">I").pack


def framed(message: object) -> bytes:
    """A message with its length before it."""
    content = _encode(message)
    return _length(len(content)) + content


decode_frame = msgspec.msgpack.Decoder(Frame).decode
decode_reply = msgspec.msgpack.Decoder(Reply).decode
encode_body = _encode
