"""Who follows events now: few at a time, fewer of one credential, and their pages in turns.

A stream that begins far back reads page after page; without turns a few of them would keep every
reader of the database from whoever asks something else.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar
from weakref import WeakSet

from countersign.entrypoints.api.errors import Busy, TooManyStreams

STREAMS_MAX = 32
STREAMS_OF_ONE = 8  # One credential, so that none shuts out the others.
PAGES_AT_ONCE = 2  # Of all streams together; the desk has more readers than that.
RETRY_MS = 2_000
_Page = TypeVar("_Page")


@dataclass(slots=True, eq=False, weakref_slot=True)
class Place:
    """Of one stream, as long as anybody holds it."""

    credential: int


class Streams:
    """Belongs to one loop."""

    def __init__(self) -> None:
        self._taken: WeakSet[Place] = WeakSet()
        self._turns = asyncio.Semaphore(PAGES_AT_ONCE)  # Who has waited longest comes next.

    def __len__(self) -> int:
        return len(self._taken)

    def take(self, credential: int) -> Place:
        """A place for one stream more; raises Busy or TooManyStreams."""
        if sum(place.credential == credential for place in self._taken) >= STREAMS_OF_ONE:
            raise TooManyStreams(streams=STREAMS_OF_ONE, retry_ms=RETRY_MS)
        if len(self._taken) >= STREAMS_MAX:
            raise Busy(retry_ms=RETRY_MS)
        place = Place(credential)
        self._taken.add(place)
        return place

    def leave(self, place: Place) -> None:
        self._taken.discard(place)

    async def page(self, read: Callable[[], Awaitable[_Page]]) -> _Page:
        """Read one page when it is this stream's turn."""
        async with self._turns:
            return await read()
