"""Reading the database from threads: few connections, read-only, and none waits for ever."""

from collections.abc import Callable
from queue import Empty, LifoQueue
from types import TracebackType
from typing import Any, Self, TypeVar

import psycopg

from countersign.entrypoints.web.errors import DatabaseAway
from countersign.infra.kept_connection import KeptConnection
from countersign.infra.logs import get_logger

Connection = psycopg.Connection[Any]
_Result = TypeVar("_Result")
_STATEMENT_SECONDS = 10
_CONNECT_SECONDS = 3
_WAIT_SECONDS = 10.0
_log = get_logger(__name__)


class Reader:
    """A handful of kept connections, each for one reader at a time."""

    def __init__(
        self,
        dsn: str,
        *,
        name: str,
        connections: int,
        statement_seconds: int = _STATEMENT_SECONDS,
    ) -> None:
        self.dsn = dsn
        self._statement_seconds = statement_seconds
        self._name = name
        self._free: LifoQueue[KeptConnection] = LifoQueue()
        self._kept = [KeptConnection(self._connect) for _ in range(connections)]
        for kept in self._kept:
            self._free.put(kept)

    @property
    def connections(self) -> int:
        return len(self._kept)

    @property
    def in_use(self) -> int:
        return len(self._kept) - self._free.qsize()

    def read(self, work: Callable[[Connection], _Result]) -> _Result:
        """Do what only reads; raises DatabaseAway where nothing answers or it takes too long."""
        try:
            kept = self._free.get(timeout=_WAIT_SECONDS)
        except Empty:
            raise DatabaseAway from None
        try:
            return kept.run(work)
        except psycopg.OperationalError as error:
            _log.failure("web.database_away", error)
            kept.close()
            raise DatabaseAway from None
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
        for kept in self._kept:
            kept.close()

    def _connect(self) -> Connection:
        return psycopg.connect(
            self.dsn,
            connect_timeout=_CONNECT_SECONDS,
            application_name=self._name,
            options="-c default_transaction_read_only=on"
            f" -c statement_timeout={self._statement_seconds}s",
        )
