"""A peer's end of a gate socket for one asyncio loop: many callers, many tokens, one connection.

Rules: 1. What callers of one token ask at about the same time goes in one frame, so that single
orders cost the gate little more than a batch. 2. Whatever is not answered is sent again with the
same keys until the caller's time is over, which is safe because the gate answers a key once (I9).
3. Nothing waits for ever, and what waits is bounded.
"""

import asyncio
import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from countersign.access.errors import UnknownCredential
from countersign.gate.client import (
    FRAME_ROOM,
    ITEM_BYTES,
    PAUSE_SECONDS,
    TRY_AGAIN,
    GateUnreachable,
    new_key,
    short_address,
)
from countersign.gate.commands import Answer
from countersign.gate.errors import MalformedRequest, Overloaded
from countersign.gate.framing import Framed
from countersign.gate.requests import (
    ITEMS_MAX,
    Frame,
    Item,
    Query,
    Reply,
    decode_reply,
    framed,
)
from countersign.infra.clock import monotonic
from countersign.kernel.refusal import refusal_class

FRAMES_IN_FLIGHT_MAX = 8
WAITING_BYTES_MAX = 32 * 1024 * 1024
RETRY_MS = 500


@dataclass(slots=True, eq=False)
class _Asked:
    """What one caller asks, until it is answered."""

    token: str
    items: Sequence[Item]
    byte_count: int
    is_query: bool
    answered: asyncio.Future[list[Answer]]


class GateLink:
    """The way of one process to a gate. Belongs to its loop."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._loop = asyncio.get_running_loop()
        self._waiting: list[_Asked] = []
        self._waiting_bytes = 0
        self._in_flight: dict[int, list[_Asked]] = {}
        self._next_id = 0
        self._transport: asyncio.Transport | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._is_flush_due = False
        self._not_before_seconds = 0.0

    async def submit(
        self, token: str, items: Sequence[Item], *, timeout_seconds: float
    ) -> list[Answer]:
        """Answers in the order of the items; raises what refuses the whole, or GateUnreachable."""
        byte_count = sum(len(item.body) + ITEM_BYTES for item in items)
        if byte_count > FRAME_ROOM or len(items) > ITEMS_MAX:
            raise MalformedRequest(why="it is larger than one frame")
        if self._waiting_bytes + byte_count > WAITING_BYTES_MAX:
            raise Overloaded(retry_ms=RETRY_MS)
        is_query = any(item.kind >= Query.STATUS for item in items)
        asked = _Asked(token, items, byte_count, is_query, self._loop.create_future())
        self._wait(asked)
        try:
            async with asyncio.timeout(timeout_seconds):
                return await asked.answered
        except TimeoutError:
            raise GateUnreachable from None

    async def is_there(self, *, timeout_seconds: float) -> bool:
        """Whether the gate answers; that it tells a stranger that he is one is enough."""
        item = Item(Query.OWN_CREDENTIAL, new_key(), b"\xc0")
        try:
            await self.submit("", [item], timeout_seconds=timeout_seconds)
        except UnknownCredential:
            return True
        except (GateUnreachable, Overloaded):
            return False
        return True

    def close(self) -> None:
        if self._connecting:
            self._connecting.cancel()
        if self._transport:
            self._transport.close()

    def _wait(self, asked: _Asked) -> None:
        self._waiting.append(asked)
        self._waiting_bytes += asked.byte_count
        self._flush_soon()

    def _flush_soon(self) -> None:
        if not self._is_flush_due:
            self._is_flush_due = True
            # At the end of this turn of the loop, so that what came in together goes together.
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._is_flush_due = False
        self._waiting = [asked for asked in self._waiting if not self._is_left(asked)]
        while self._waiting and len(self._in_flight) < FRAMES_IN_FLIGHT_MAX:
            pause = self._not_before_seconds - monotonic()
            if pause > 0:
                self._loop.call_later(pause, self._flush_soon)
                return
            if self._transport is None:
                self._connect()
                return
            self._send(self._transport, self._take())

    def _is_left(self, asked: _Asked) -> bool:
        """Whether its caller has gone; what waits no longer counts no longer."""
        if not asked.answered.done():
            return False
        self._waiting_bytes -= asked.byte_count
        return True

    def _take(self) -> list[_Asked]:
        """What goes with the oldest that waits: of the same token, with no key twice."""
        first = self._waiting[0]
        taken: list[_Asked] = []
        rest: list[_Asked] = []
        keys: set[bytes] = set()
        room, places = FRAME_ROOM, ITEMS_MAX
        for asked in self._waiting:
            own = {item.key for item in asked.items}
            fits = asked.byte_count <= room and len(asked.items) <= places
            is_like = (asked.token, asked.is_query) == (first.token, first.is_query)
            if fits and is_like and keys.isdisjoint(own):
                taken.append(asked)
                keys |= own
                room -= asked.byte_count
                places -= len(asked.items)
            else:
                rest.append(asked)
        self._waiting = rest
        self._waiting_bytes -= sum(asked.byte_count for asked in taken)
        return taken

    def _send(self, transport: asyncio.Transport, taken: list[_Asked]) -> None:
        self._next_id += 1
        self._in_flight[self._next_id] = taken
        items = [item for asked in taken for item in asked.items]
        transport.write(framed(Frame(self._next_id, taken[0].token, items)))

    def _connect(self) -> None:
        if self._connecting is None or self._connecting.done():
            self._connecting = self._loop.create_task(self._connected())

    async def _connected(self) -> None:
        try:
            path, descriptor = short_address(self._folder, self._name)
            try:
                await self._loop.create_unix_connection(lambda: _End(self), path)
            finally:
                os.close(descriptor)
        except OSError:
            self._not_before_seconds = monotonic() + PAUSE_SECONDS
            self._loop.call_later(PAUSE_SECONDS, self._flush_soon)

    def made(self, transport: asyncio.Transport) -> None:
        """The connection is there."""
        self._transport = transport
        self._flush_soon()

    def lost(self) -> None:
        """The connection is gone; what it carried may have been decided and is asked again."""
        self._transport = None
        self._not_before_seconds = monotonic() + PAUSE_SECONDS
        for taken in self._in_flight.values():
            for asked in taken:
                self._again(asked)
        self._in_flight.clear()
        self._flush_soon()

    def received(self, reply: Reply) -> None:
        """A frame is answered."""
        taken = self._in_flight.pop(reply.id, [])
        if reply.retry_ms:
            self._not_before_seconds = monotonic() + reply.retry_ms / 1000
        start = 0
        for asked in taken:
            answers = reply.answers[start : start + len(asked.items)]
            start += len(asked.items)
            self._settle(asked, reply, answers)
        self._flush_soon()

    def _settle(self, asked: _Asked, reply: Reply, answers: list[Answer]) -> None:
        if asked.answered.done():
            return
        is_undecided = any(answer.outcome in TRY_AGAIN for answer in answers)
        if reply.refusal in TRY_AGAIN or is_undecided:
            self._not_before_seconds = max(self._not_before_seconds, monotonic() + PAUSE_SECONDS)
            self._again(asked)
        elif reply.refusal:
            asked.answered.set_exception(refusal_class(reply.refusal)())
        elif len(answers) != len(asked.items):
            self._again(asked)
        else:
            asked.answered.set_result(answers)

    def _again(self, asked: _Asked) -> None:
        if not asked.answered.done():
            self._wait(asked)


class _End(Framed):
    """This end of the connection."""

    def __init__(self, link: GateLink) -> None:
        super().__init__(frame_bytes_max=None)  # The gate is not distrusted here.
        self._link = link

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if self.transport:
            self._link.made(self.transport)

    def received(self, content: bytes) -> None:
        with contextlib.suppress(msgspec.MsgspecError):
            self._link.received(decode_reply(content))

    def connection_lost(self, error: Exception | None) -> None:
        del error
        self._link.lost()
