"""Whether the gate and the database answer: asked once a second at most, whoever asks us.

Rules: 1. One question to each is on its way at a time, and nobody waits for it longer than so many
seconds; what has not answered by then is away. 2. It has a connection and a thread of its own.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from countersign.entrypoints.web.errors import DatabaseAway
from countersign.entrypoints.web.reading import Connection, Reader
from countersign.entrypoints.web.sharing import Shared
from countersign.gate.link import GateLink

FRESH_SECONDS = 1.0
ANSWER_SECONDS = 2.0


class Beat(NamedTuple):
    """Who answers."""

    gate: bool
    database: bool


class Pulse:
    """Belongs to one loop."""

    def __init__(self, gate: GateLink, reader: Reader, thread: ThreadPoolExecutor) -> None:
        self._link = gate
        self._reader = reader
        self._thread = thread
        self._gate = Shared(self._ask_gate, fresh_seconds=FRESH_SECONDS)
        self._database = Shared(self._ask_database, fresh_seconds=FRESH_SECONDS)

    async def feel(self) -> Beat:
        gate, database = await asyncio.gather(_said(self._gate), _said(self._database))
        return Beat(gate, database)

    async def _ask_gate(self) -> bool:
        return await self._link.is_there(timeout_seconds=ANSWER_SECONDS)

    async def _ask_database(self) -> bool:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, self._reader.read, _is_there)
        except DatabaseAway:
            return False


async def _said(shared: Shared[bool]) -> bool:
    try:
        return await shared.answer(timeout_seconds=ANSWER_SECONDS)
    except TimeoutError:
        return False


def _is_there(connection: Connection) -> bool:
    return connection.execute("SELECT true").fetchone() is not None
