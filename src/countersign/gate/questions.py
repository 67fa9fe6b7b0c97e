"""Questions about the state that wait for a moment when it is durable. Put from any thread."""

from collections import deque
from collections.abc import Callable

from countersign.gate.errors import Overloaded
from countersign.gate.state import State

Question = Callable[[State], None]
_WAITING_MAX = 256
_RETRY_MS = 200


class Questions:
    """Between batches memory runs ahead of the journal, and an overtaken gate's state is old.

    Neither may be taken for what holds, so the batcher answers, when nothing is in flight and its
    place is its own.
    """

    def __init__(self) -> None:
        self._waiting: deque[Question] = deque()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def put(self, question: Question) -> None:
        if len(self._waiting) >= _WAITING_MAX:
            raise Overloaded(retry_ms=_RETRY_MS)
        self._waiting.append(question)

    def answer(self, state: State) -> None:
        for _ in range(len(self._waiting)):
            self._waiting.popleft()(state)
