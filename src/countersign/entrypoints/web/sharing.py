"""One question at a time, however many ask: its answer is shared, for a moment also afterwards."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from countersign.infra.clock import monotonic

_Answer = TypeVar("_Answer")
_NEVER = float("inf")


class Shared(Generic[_Answer]):
    """Belongs to one loop. What the question raises is shared as well."""

    def __init__(self, ask: Callable[[], Awaitable[_Answer]], *, fresh_seconds: float) -> None:
        self._ask = ask
        self._fresh_seconds = fresh_seconds
        self._question: asyncio.Task[_Answer] | None = None
        self._stale_at = _NEVER

    async def answer(self, *, timeout_seconds: float) -> _Answer:
        """The answer, at most so old; raises TimeoutError and leaves the question on its way."""
        question = self._question
        if question is None or (question.done() and monotonic() >= self._stale_at):
            self._stale_at = _NEVER
            question = self._question = asyncio.create_task(self._asked())
            # Whoever waited may have gone, and nobody is left to take what it raises.
            question.add_done_callback(lambda done: done.cancelled() or done.exception())
        finished, _ = await asyncio.wait({question}, timeout=timeout_seconds)
        if not finished:
            raise TimeoutError
        return question.result()

    async def _asked(self) -> _Answer:
        try:
            return await self._ask()
        finally:
            self._stale_at = monotonic() + self._fresh_seconds
