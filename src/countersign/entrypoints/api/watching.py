"""What is asked for one scrape: the gate one question, the database one statement.

However many scrape within the same second, and none waits long: who watches must not slow what he
watches.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import msgspec

from countersign.entrypoints.api.pulse import ANSWER_SECONDS, FRESH_SECONDS
from countersign.entrypoints.web.errors import DatabaseAway
from countersign.entrypoints.web.reading import Reader
from countersign.entrypoints.web.sharing import Shared
from countersign.flows.measure_backlog import Backlog, measure_backlog
from countersign.gate.client import new_key
from countersign.gate.link import GateLink
from countersign.gate.queries import GateStatus, read_gate_status
from countersign.gate.requests import Item, Query, encode_body
from countersign.infra.clock import Clock
from countersign.kernel.refusal import Refusal


class Watch:
    """Belongs to one loop."""

    def __init__(
        self, gate: GateLink, reader: Reader, thread: ThreadPoolExecutor, clock: Clock
    ) -> None:
        self._link = gate
        self._reader = reader
        self._thread = thread
        self._clock = clock
        self._token = ""
        self._gate = Shared(self._ask_gate, fresh_seconds=FRESH_SECONDS)
        self._backlog = Shared(self._ask_database, fresh_seconds=FRESH_SECONDS)

    async def look(self, token: str) -> tuple[GateStatus | None, Backlog | None]:
        """What each says, None for whoever does not; the token may read how the house is."""
        self._token = token
        return await asyncio.gather(self._status(), self._measured())

    async def _status(self) -> GateStatus | None:
        try:
            return await self._gate.answer(timeout_seconds=ANSWER_SECONDS)
        except (Refusal, TimeoutError, msgspec.MsgspecError):
            return None

    async def _measured(self) -> Backlog | None:
        try:
            return await self._backlog.answer(timeout_seconds=ANSWER_SECONDS)
        except (DatabaseAway, TimeoutError):
            return None

    async def _ask_gate(self) -> GateStatus:
        item = Item(Query.STATUS, new_key(), encode_body(None))
        answers = await self._link.submit(self._token, [item], timeout_seconds=ANSWER_SECONDS)
        return read_gate_status(answers[0])

    async def _ask_database(self) -> Backlog:
        now_ms = self._clock.now_ms()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._thread,
            self._reader.read,
            lambda connection: measure_backlog(connection, now_ms),
        )
