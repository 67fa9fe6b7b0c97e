"""The console's connections to the database: few, reading only, and none waits for ever."""

from collections.abc import Callable
from queue import LifoQueue
from types import TracebackType
from typing import Any, Self, TypeVar

import psycopg

from countersign.infra.kept_connection import KeptConnection

Connection = psycopg.Connection[Any]
_Result = TypeVar("_Result")
CONNECTIONS = 4
_STATEMENT_SECONDS = 5
_CONNECT_SECONDS = 3


class Reader:
    """A handful of kept connections, each for one page at a time."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self._free: LifoQueue[KeptConnection] = LifoQueue()
        for _ in range(CONNECTIONS):
            self._free.put(KeptConnection(self._connect))

    def read(self, work: Callable[[Connection], _Result]) -> _Result:
        """Do what only reads; raises psycopg.Error where the database is away or too slow."""
        kept = self._free.get()
        try:
            return kept.run(work)
        finally:
            self._free.put(kept)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for _ in range(CONNECTIONS):
            self._free.get().close()

    def _connect(self) -> Connection:
        return psycopg.connect(
            self.dsn,
            connect_timeout=_CONNECT_SECONDS,
            application_name="countersign console",
            options="-c default_transaction_read_only=on"
            f" -c statement_timeout={_STATEMENT_SECONDS}s",
        )
