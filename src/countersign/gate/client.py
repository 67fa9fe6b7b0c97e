"""A peer's end of a gate socket, for command line, worker and tests. Blocking, one thread.

A request is sent again with the same keys until it is answered or the time is over, which is safe
because the gate answers a key once (I9).
"""

import contextlib
import os
import secrets
import socket
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from countersign.gate.commands import Answer
from countersign.gate.errors import NotReady, Overloaded
from countersign.gate.requests import (
    FRAME_BYTES_MAX,
    ITEMS_MAX,
    KEY_BYTES,
    Frame,
    Item,
    Reply,
    decode_reply,
    framed,
)
from countersign.infra.clock import monotonic
from countersign.kernel.refusal import Kind, Refusal

PAUSE_SECONDS = 0.05
ITEM_BYTES = 64  # Kind, key and lengths, at most.
FRAME_ROOM = FRAME_BYTES_MAX - 1024  # Without id and token.
TRY_AGAIN = frozenset({NotReady.code, Overloaded.code})


class GateUnreachable(Refusal):
    """The gate does not answer, and what was asked of it may have been carried out.

    See that `countersign run` runs for this data folder, and look before you ask again.
    """

    code = "gate.unreachable"
    kind = Kind.UNAVAILABLE
    chinese = (
        "閘口沒有回應，所要求的事可能已執行。"
        "請確認此資料夾的 `countersign run` 正在執行，並先查看結果再決定是否重試。"
    )


class FrameRefused(Exception):
    """The gate refused a whole frame."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def new_key() -> bytes:
    """A fresh request key."""
    return secrets.token_bytes(KEY_BYTES)


def short_address(folder: Path, name: str) -> tuple[str, int]:
    """A path of a socket that the kernel accepts however deep the folder; close the descriptor."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    return f"/proc/self/fd/{descriptor}/{name}", descriptor


class GateClient:
    """A connection to one socket of a gate, made when it is needed."""

    def __init__(
        self, folder: Path, name: str, *, token: str = "", timeout_seconds: float = 30.0
    ) -> None:
        self._folder = folder
        self._name = name
        self._token = token
        self._timeout_seconds = timeout_seconds
        self._socket: socket.socket | None = None
        self._next_id = 0
        self._pause_seconds = PAUSE_SECONDS

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def connect(self) -> None:
        """Connect now; raises GateUnreachable at once if nobody listens."""
        try:
            self._connected()
        except OSError:
            raise GateUnreachable from None

    def close(self) -> None:
        if self._socket:
            with contextlib.suppress(OSError):
                self._socket.close()
            self._socket = None

    def ask(self, kind: int, request: object, key: bytes | None = None) -> Answer:
        """One request; raises FrameRefused or GateUnreachable."""
        body = msgspec.msgpack.encode(request)
        return self.submit([Item(kind, key or new_key(), body)])[0]

    def submit(self, items: Sequence[Item]) -> list[Answer]:
        """Send items until all are answered; answers in the order of the items."""
        deadline = monotonic() + self._timeout_seconds
        answers: dict[bytes, Answer] = {}
        while True:
            for frame in _frames([item for item in items if item.key not in answers]):
                refusal = self._once(frame, answers, deadline)
                if refusal in TRY_AGAIN:
                    break
                if refusal:
                    raise FrameRefused(refusal)
            if all(item.key in answers for item in items):
                return [answers[item.key] for item in items]
            if monotonic() > deadline:
                raise GateUnreachable
            time.sleep(min(self._pause_seconds, max(0.0, deadline - monotonic())))

    def _once(self, items: Sequence[Item], answers: dict[bytes, Answer], deadline: float) -> str:
        try:
            reply = self._exchange(items, deadline)
        except (OSError, msgspec.MsgspecError):
            self.close()
            self._pause_seconds = PAUSE_SECONDS
            return NotReady.code
        self._pause_seconds = max(PAUSE_SECONDS, reply.retry_ms / 1000)
        if reply.refusal:
            return reply.refusal
        for item, answer in zip(items, reply.answers, strict=True):
            if answer.outcome not in TRY_AGAIN:
                answers[item.key] = answer
        return ""

    def _exchange(self, items: Sequence[Item], deadline: float) -> Reply:
        connected = self._connected()
        self._next_id += 1
        connected.settimeout(max(0.05, deadline - monotonic()))
        connected.sendall(framed(Frame(self._next_id, self._token, list(items))))
        while True:
            length = int.from_bytes(_exactly(connected, 4), "big")
            reply = decode_reply(_exactly(connected, length))
            # An answer to a frame given up before may still come first.
            if reply.id == self._next_id:
                return reply

    def _connected(self) -> socket.socket:
        if self._socket is None:
            path, descriptor = short_address(self._folder, self._name)
            made = socket.socket(socket.AF_UNIX)
            try:
                made.connect(path)
            except OSError:
                made.close()
                raise
            finally:
                os.close(descriptor)
            self._socket = made
        return self._socket


def _frames(items: Sequence[Item]) -> Iterator[list[Item]]:
    """The items in as few frames as hold them."""
    frame: list[Item] = []
    room = FRAME_ROOM
    for item in items:
        size = len(item.body) + ITEM_BYTES
        if frame and (size > room or len(frame) == ITEMS_MAX):
            yield frame
            frame, room = [], FRAME_ROOM
        frame.append(item)
        room -= size
    if frame:
        yield frame


def _exactly(end: socket.socket, count: int) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        piece = end.recv(min(count - len(parts), 1 << 20))
        if not piece:
            raise ConnectionError("the gate closed the connection")
        parts += piece
    return bytes(parts)
