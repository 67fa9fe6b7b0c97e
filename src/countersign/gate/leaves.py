"""Reading leaf data back: what a leaf shows, for people and for proofs. The inverse of `rows`.

Strict: one spelling only, no byte left over, known numbers only; leaves come from outside too.
"""

import struct
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from countersign.gate.commands import Kind
from countersign.kernel.refusal import Kind as RefusalKind
from countersign.kernel.refusal import Refusal
from countersign.transfers.model import Action, Status

Shown = dict[str, str | int | list[str]]


class UnreadableLeaf(Refusal):
    """This is not the data of a leaf of version 1; take it from the log or the proof, unchanged."""

    code = "gate.unreadable_leaf"
    kind = RefusalKind.INVALID
    chinese = "這不是第 1 版葉節點的資料；請由日誌或證明原樣取得。"


class OrderLeaf(NamedTuple):
    """What the leaf of an accepted order shows."""

    number: int
    batch_ms: int
    action: Action
    status: Status
    policy: int
    digest: bytes
    reasons: str

    def shown(self) -> Shown:
        """The same in words."""
        return {
            "kind": "order",
            "number": self.number,
            "at": time_text(self.batch_ms),
            "action": self.action.name.lower(),
            "outcome": self.status.name.lower(),
            "policy": self.policy,
            "reasons": self.reasons.split(",") if self.reasons else [],
        }


class CommandLeaf(NamedTuple):
    """What the leaf of any other command shows."""

    number: int
    batch_ms: int
    kind: Kind
    transfer: int
    digest: bytes
    outcome: str

    def shown(self) -> Shown:
        """The same in words."""
        return {
            "kind": self.kind.name.lower(),
            "number": self.number,
            "at": time_text(self.batch_ms),
            "transfer": self.transfer,
            "outcome": self.outcome,
        }


def read_leaf(data: bytes) -> OrderLeaf | CommandLeaf:
    """What a leaf shows; raises UnreadableLeaf for anything but a whole leaf."""
    try:
        if data.startswith(_ORDER_LEAF):
            return _order(data[len(_ORDER_LEAF) :])
        if data.startswith(_COMMAND_LEAF):
            return _command(data[len(_COMMAND_LEAF) :])
    except (ValueError, OverflowError, struct.error):
        pass
    raise UnreadableLeaf


def time_text(batch_ms: int) -> str:
    """Batch time as ISO 8601 in UTC with milliseconds."""
    moment = _EPOCH + timedelta(milliseconds=batch_ms)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _order(rest: bytes) -> OrderLeaf:
    number, batch_ms, action, status, policy, length = _order_shown(rest)
    digest, reasons = _tail(rest[_ORDER_BYTES:], length)
    time_text(batch_ms)
    return OrderLeaf(number, batch_ms, Action(action), Status(status), policy, digest, reasons)


def _command(rest: bytes) -> CommandLeaf:
    number, batch_ms, kind, transfer, length = _command_shown(rest)
    digest, outcome = _tail(rest[_COMMAND_BYTES:], length)
    time_text(batch_ms)
    return CommandLeaf(number, batch_ms, Kind(kind), transfer, digest, outcome)


def _tail(rest: bytes, length: int) -> tuple[bytes, str]:
    if len(rest) != _HASH_BYTES + length + _HASH_BYTES:
        raise UnreadableLeaf
    return rest[:_HASH_BYTES], rest[_HASH_BYTES : _HASH_BYTES + length].decode()


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HASH_BYTES = 32
_ORDER_LEAF = b"countersign/leaf/v1/order\x00"
_COMMAND_LEAF = b"countersign/leaf/v1/command\x00"
_order_shown = struct.Struct(">QQBBIH").unpack_from
_ORDER_BYTES = struct.calcsize(">QQBBIH")
_command_shown = struct.Struct(">QQBQH").unpack_from
_COMMAND_BYTES = struct.calcsize(">QQBQH")
