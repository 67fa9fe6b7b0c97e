"""One database connection kept open between needs, and opened anew once when it is broken.

Each use is in autocommit and may be repeated, so a statement run here must bear being run twice.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import psycopg

Connection = psycopg.Connection[Any]
_Result = TypeVar("_Result")


class KeptConnection:
    """Belongs to one thread at a time."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        self._connection: Connection | None = None

    def run(self, work: Callable[[Connection], _Result]) -> _Result:
        try:
            return work(self._opened())
        except psycopg.OperationalError:
            # Postgres restarted, perhaps.
            self.close()
            return work(self._opened())

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _opened(self) -> Connection:
        if self._connection is None:
            connection = self._connect()
            connection.autocommit = True
            # What is written is relied on at once, whatever the server's default.
            connection.execute("SET synchronous_commit = on")
            self._connection = connection
        return self._connection
