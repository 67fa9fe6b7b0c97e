"""/v1/events: everything that is decided, as it is decided (server-sent events, with resume).

Rules: 1. An event's id is the number of its leaf, so whoever comes back with the last one that he
saw misses nothing and sees nothing twice. 2. Each stream reads what is its own in pages; there is
no queue that a slow reader could fill, and one that takes nothing for too long is cut off.
3. All streams together read few pages at a time, by turns (`streams`), so that nobody else waits.
"""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from countersign.access.model import Permission
from countersign.entrypoints.api.accounts import Number
from countersign.entrypoints.api.desk import Call, Desk, Operation
from countersign.entrypoints.api.errors import MalformedParameter
from countersign.entrypoints.api.streams import RETRY_MS, Place
from countersign.entrypoints.web.errors import DatabaseAway
from countersign.entrypoints.web.numbers import whole_number
from countersign.entrypoints.web.reading import Connection
from countersign.flows.follow_events import EventFollowed, events_after, newest_number

PAGE = 500
_LOOK_SECONDS = 0.25
_QUIET_SECONDS = 15.0
_SEND_SECONDS = 30.0
_RESUME_HEADER = "last-event-id"


class EventQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    # Only what comes after this number; without it, and without Last-Event-ID, from now on.
    after: Annotated[Number, msgspec.Meta(description="Begin after this event.")] | None = None


async def follow(desk: Desk, call: Call) -> Response:
    after = _after(call.request.headers, call.query)
    place = desk.streams.take(call.visitor.credential.number)
    if after is None:
        after = await desk.read(newest_number)
    return EventStream(desk, place, after)


class EventStream(Response):
    """An answer that goes on until its reader leaves or the process ends."""

    media_type = "text/event-stream"

    def __init__(self, desk: Desk, place: Place, after: int) -> None:
        super().__init__(headers={"cache-control": "no-store"})
        del self.headers["content-length"]
        self._desk = desk
        self._place = place
        self._after = after

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope
        leaving = asyncio.ensure_future(_left(receive))
        try:
            await send(
                {
                    "type": "http.response.start",
                    "status": self.status_code,
                    "headers": self.raw_headers,
                }
            )
            await _sent(send, b"retry: %d\n\n" % RETRY_MS)
            await self._go_on(leaving, send)
        except TimeoutError:
            return  # It has read nothing for too long; it may come back with its last event.
        finally:
            leaving.cancel()
            self._desk.streams.leave(self._place)

    async def _go_on(self, leaving: "asyncio.Future[None]", send: Send) -> None:
        quiet = 0.0
        while not leaving.done():
            page = await self._page()
            if page:
                quiet = 0.0
                self._after = page[-1].number
                await _sent(send, b"".join(map(_framed, page)))
            elif quiet >= _QUIET_SECONDS:
                quiet = 0.0
                await _sent(send, b": nothing new\n\n")
            if len(page) < PAGE:
                quiet += _LOOK_SECONDS
                await asyncio.wait([leaving], timeout=_LOOK_SECONDS)

    async def _page(self) -> list[EventFollowed]:
        def read(connection: Connection) -> list[EventFollowed]:
            return events_after(connection, after=self._after, limit=PAGE)

        try:
            return await self._desk.streams.page(lambda: self._desk.read(read))
        except DatabaseAway:
            return []  # It comes back, or the reader leaves.


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _sent(send: Send, content: bytes) -> None:
    async with asyncio.timeout(_SEND_SECONDS):
        await send({"type": "http.response.body", "body": content, "more_body": True})


def _framed(event: EventFollowed) -> bytes:
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (
        event.number,
        event.event.encode(),
        msgspec.json.encode(event),
    )


def _after(headers: Mapping[str, str], query: Any) -> int | None:
    """Where to go on: what the reader saw last counts more than the address that he began with."""
    text = headers.get(_RESUME_HEADER, "")
    if not text:
        after: int | None = query.after
        return after
    seen = whole_number(text)
    if seen is None:
        raise MalformedParameter(why="Last-Event-ID is not the id of an event")
    return seen


OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/events",
        name="followEvents",
        summary="What is decided, as it is decided; go on with Last-Event-ID.",
        handler=follow,
        query=EventQuery,
        answers="text/event-stream",
        permission=Permission.TRANSFERS_READ,
    ),
)
