"""The intake in a process of its own: digest, sealing and checks never run beside the batcher.

The parent sends (id, credential, items), the child answers (id, refusal code, prepared commands),
both as framed msgpack over a socket pair. The child ends when the parent does.
"""

import gc
import os
import signal
import socket
import sys
from collections.abc import Callable

import msgspec

from countersign.gate.commands import Command, RefusedIntake, Submission, decode, encode
from countersign.gate.errors import MalformedRequest, NotReady
from countersign.gate.preparation import Preparation
from countersign.gate.requests import Item, framed
from countersign.infra.logs import get_logger
from countersign.kernel.refusal import Refusal

_log = get_logger(__name__)
_BUFFER_BYTES = 4 * 1024 * 1024


class Asked(msgspec.Struct, array_like=True, frozen=True, gc=False):
    id: int
    credential: int
    items: list[Item]


class Prepared(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One submission on the wire. The body is that of the command whatever its kind."""

    kind: int
    credential: int
    key: bytes
    mac: bytes
    body: bytes


class Given(msgspec.Struct, array_like=True, frozen=True, gc=False):
    id: int
    refusal: str
    prepared: list[Prepared]


def start_intake(make: Callable[[], Preparation]) -> tuple[socket.socket, int]:
    """Fork the intake; the parent's end and the child's pid. Call it before any thread starts."""
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER_BYTES)
    pid = os.fork()
    if pid:
        theirs.close()
        return ours, pid
    ours.close()
    _serve(theirs, make)
    sys.exit(1)  # Not reached: `_serve` ends the process.


def submission_of(prepared: Prepared) -> Submission:
    """The submission that the intake prepared; what is no command is refused under its key."""
    try:
        command = decode(prepared.kind, prepared.body)
    except (msgspec.MsgspecError, ValueError, KeyError, RecursionError):
        command = RefusedIntake(MalformedRequest.code)
        return Submission(prepared.credential, prepared.key, prepared.mac, command, encode(command))
    is_order = command.kind == command.kind.ORDER
    body = None if is_order else prepared.body
    return Submission(prepared.credential, prepared.key, prepared.mac, command, body)


def _serve(end: socket.socket, make: Callable[[], Preparation]) -> None:
    """Answer until the parent closes its end; never returns."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    status = 1
    try:
        preparation = make()
        gc.freeze()
        while (asked := _read(end)) is not None:
            end.sendall(framed(_given(preparation, asked)))
        status = 0
    except Exception as error:  # noqa: BLE001  # The last word of a process that ends here.
        _log.failure("gate.intake_failed", error)
    finally:
        os._exit(status)


def _given(preparation: Preparation, asked: Asked) -> Given:
    try:
        submissions = preparation.prepare(asked.credential, asked.items)
    except Refusal as refusal:
        return Given(asked.id, refusal.code, [])
    except Exception as error:  # noqa: BLE001  # One frame's trouble must not end the others.
        # The database may be away for a moment; the peer keeps its keys and asks again.
        _log.failure("gate.intake_error", error)
        return Given(asked.id, NotReady.code, [])
    return Given(asked.id, "", [_prepared(submission) for submission in submissions])


def _prepared(submission: Submission) -> Prepared:
    command: Command = submission.command
    return Prepared(
        command.kind, submission.credential, submission.key, submission.mac, encode(command)
    )


def _read(end: socket.socket) -> Asked | None:
    header = _exactly(end, 4)
    content = header and _exactly(end, int.from_bytes(header, "big"))
    return _decode_asked(content) if content else None


def _exactly(end: socket.socket, count: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < count:
        piece = end.recv(count - len(parts))
        if not piece:
            return None
        parts += piece
    return bytes(parts)


_decode_asked = msgspec.msgpack.Decoder(Asked).decode
decode_given = msgspec.msgpack.Decoder(Given).decode
