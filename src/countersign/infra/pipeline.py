"""One libpq connection in pipeline mode: a whole transaction in one round trip, binary parameters.

Rules: an answer from the server is definite (`StatementFailed`, with its SQLSTATE); anything that
breaks in between leaves the outcome open (`OutcomeUnknown`), and only a new connection may settle
it. A connection belongs to one thread.
"""

import contextlib
import select
from collections.abc import Sequence

from psycopg import pq
from psycopg.pq.abc import PGresult

from countersign.infra.clock import monotonic

Row = list[bytes | None]
_OK = (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK)
_SQLSTATE = pq.DiagnosticField.SQLSTATE
_SCHEMA_NAME = pq.DiagnosticField.SCHEMA_NAME
_TABLE_NAME = pq.DiagnosticField.TABLE_NAME
# 57P: the server is going down; 08: the connection broke. Both end the backend, so neither says
# whether the transaction was committed.
_OPEN_OUTCOME = ("57P", "08")


class StatementFailed(Exception):
    """The server refused a statement; the transaction was certainly not committed."""

    def __init__(self, sqlstate: str, message: str, table: str) -> None:
        super().__init__(f"{sqlstate}: {message}")
        self.sqlstate = sqlstate
        self.table = table  # Whose constraint was violated, or empty.


class OutcomeUnknown(Exception):
    """The connection broke or timed out; the transaction may or may not be committed."""


class PipelineConnection:
    """A connection for the hot path of one thread."""

    def __init__(self, dsn: str, *, application_name: str) -> None:
        conninfo = f"{dsn} application_name='{application_name}' connect_timeout=10"
        self._pg = pq.PGconn.connect(conninfo.encode())
        if self._pg.status != pq.ConnStatus.OK:
            message = self._pg.error_message.decode(errors="replace").strip()
            raise OutcomeUnknown(f"no connection: {message}")
        self._poll = select.poll()
        self._poll.register(self._pg.socket, select.POLLIN)
        self.backend_pid = self._pg.backend_pid
        self.server_version = self._pg.server_version

    def run(self, sql: str) -> list[Row]:
        """Run plain SQL, outside the pipeline; values come back as text."""
        return rows_of(self._checked(self._pg.exec_(sql.encode())))

    def query(self, sql: str, parameters: Sequence[bytes | None] = ()) -> list[Row]:
        """Run one statement with binary parameters and results, outside the pipeline."""
        binary = [1] * len(parameters)
        result = self._pg.exec_params(sql.encode(), list(parameters), None, binary, 1)
        return rows_of(self._checked(result))

    def prepare(self, name: str, sql: str) -> None:
        self._checked(self._pg.prepare(name.encode(), sql.encode()))

    def enter_pipeline(self) -> None:
        self._pg.enter_pipeline_mode()

    def send(self, name: str, parameters: Sequence[bytes | None]) -> None:
        """Queue one prepared statement."""
        try:
            self._pg.send_query_prepared(name.encode(), list(parameters), [1] * len(parameters), 1)
        except Exception as error:  # psycopg raises its own kinds for one meaning: not sent.
            raise OutcomeUnknown(f"send failed: {error}") from error

    def sync(self) -> None:
        """Close the transaction: what was sent since the last sync is one, with one commit."""
        try:
            self._pg.pipeline_sync()
            self._pg.flush()
        except Exception as error:
            raise OutcomeUnknown(f"send failed: {error}") from error

    def finish(self, *, timeout_seconds: float | None = None) -> list[PGresult]:
        """Wait for the transaction that `sync` closed; its results in order."""
        deadline = None if timeout_seconds is None else monotonic() + timeout_seconds
        results: list[PGresult] = []
        failure: _Failure | None = None
        empty = 0
        while True:
            result = self._next(deadline)
            if result is None:
                empty += 1
                # Each statement ends with one empty answer; two in a row mean a dead connection.
                if empty > 1 or self._pg.status != pq.ConnStatus.OK:
                    raise OutcomeUnknown("connection closed")
                continue
            empty = 0
            if result.status == pq.ExecStatus.PIPELINE_SYNC:
                break
            if result.status in _OK:
                results.append(result)
            elif result.status != pq.ExecStatus.PIPELINE_ABORTED and failure is None:
                failure = _failure_of(result)
        if failure:
            self._raise(*failure)
        return results

    def close(self) -> None:
        with contextlib.suppress(Exception):
            self._pg.finish()

    def _next(self, deadline: float | None) -> PGresult | None:
        pg = self._pg
        is_late = False
        try:
            while pg.is_busy() and not is_late:
                is_late = not self._poll.poll(_milliseconds_left(deadline))
                if not is_late:
                    pg.consume_input()
            result = None if is_late else pg.get_result()
        except Exception as error:
            raise OutcomeUnknown(str(error)) from error
        if is_late:
            raise OutcomeUnknown("timeout")
        return result

    def _checked(self, result: PGresult) -> PGresult:
        if result.status not in _OK:
            self._raise(*_failure_of(result))
        return result

    def _raise(self, sqlstate: str, message: str, table: str) -> None:
        if not sqlstate or sqlstate.startswith(_OPEN_OUTCOME):
            raise OutcomeUnknown(f"{sqlstate} {message}")
        raise StatementFailed(sqlstate, message, table)


def _milliseconds_left(deadline: float | None) -> int | None:
    return None if deadline is None else max(0, int((deadline - monotonic()) * 1000))


_Failure = tuple[str, str, str]


def _failure_of(result: PGresult) -> _Failure:
    sqlstate, schema, table = (
        (result.error_field(field) or b"").decode()
        for field in (_SQLSTATE, _SCHEMA_NAME, _TABLE_NAME)
    )
    return sqlstate, result.error_message.decode(errors="replace").strip(), f"{schema}.{table}"


def rows_of(result: PGresult) -> list[Row]:
    """All rows of an answer."""
    columns = range(result.nfields)
    return [[result.get_value(row, column) for column in columns] for row in range(result.ntuples)]
