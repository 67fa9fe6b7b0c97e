"""The gate's connection: an answer is definite, and whatever breaks in between leaves it open."""

import threading
from collections.abc import Iterator

import psycopg
import pytest

from countersign.infra.database import Database, Role
from countersign.infra.pipeline import (
    OutcomeUnknown,
    PipelineConnection,
    StatementFailed,
    rows_of,
)

pytestmark = pytest.mark.postgres

ADD = "INSERT INTO gate_test.one VALUES ($1::text::int)"


@pytest.fixture
def line(database: Database) -> Iterator[PipelineConnection]:
    """A connection in pipeline mode, to a table whose one column is a primary key."""
    with psycopg.connect(database.superuser_dsn(), autocommit=True) as administrator:
        administrator.execute("CREATE SCHEMA gate_test")
        administrator.execute("CREATE TABLE gate_test.one (number int PRIMARY KEY)")
        administrator.execute("GRANT ALL ON SCHEMA gate_test TO countersign_gate")
        administrator.execute("GRANT ALL ON gate_test.one TO countersign_gate")
    made = PipelineConnection(database.dsn(Role.GATE), application_name="countersign test")
    made.prepare("add", ADD)
    made.prepare("sleep", "SELECT pg_sleep(60)")
    made.prepare("all", "SELECT number FROM gate_test.one ORDER BY number")
    made.enter_pipeline()
    yield made
    made.close()


def kept(database: Database) -> list[int]:
    with psycopg.connect(database.superuser_dsn()) as connection:
        rows = connection.execute("SELECT number FROM gate_test.one ORDER BY 1").fetchall()
    return [number for (number,) in rows]


def test_what_is_sent_up_to_a_sync_is_one_transaction(
    line: PipelineConnection, database: Database
) -> None:
    for number in (b"1", b"2"):
        line.send("add", [number])
    line.send("all", [])
    line.sync()
    *_, found = line.finish(timeout_seconds=20)
    assert len(rows_of(found)) == 2
    assert kept(database) == [1, 2]


def test_a_refused_statement_is_definite_and_undoes_the_others(
    line: PipelineConnection, database: Database
) -> None:
    for number in (b"1", b"2", b"1", b"x", b"3"):
        line.send("add", [number])
    line.sync()
    with pytest.raises(StatementFailed) as refused:
        line.finish(timeout_seconds=20)
    # The first fault counts; what came behind it was never tried.
    assert (refused.value.sqlstate, refused.value.table) == ("23505", "gate_test.one")
    assert kept(database) == []
    line.send("add", [b"4"])
    line.sync()
    assert len(line.finish(timeout_seconds=20)) == 1
    assert kept(database) == [4]


def test_a_server_that_does_not_answer_in_time_leaves_it_open(line: PipelineConnection) -> None:
    line.send("sleep", [])
    line.sync()
    with pytest.raises(OutcomeUnknown):
        line.finish(timeout_seconds=0.2)


def test_a_backend_that_ends_leaves_it_open(line: PipelineConnection, database: Database) -> None:
    """A definite refusal here would have a batch decided a second time that is committed."""
    line.send("add", [b"1"])
    line.send("sleep", [])
    line.sync()
    with psycopg.connect(database.superuser_dsn(), autocommit=True) as administrator:
        ending = threading.Thread(target=_terminate, args=(administrator, line.backend_pid))
        ending.start()
        with pytest.raises(OutcomeUnknown):
            line.finish(timeout_seconds=20)
        ending.join(20)
    with pytest.raises(OutcomeUnknown):
        line.send("add", [b"2"])
        line.sync()
        line.finish(timeout_seconds=20)


def test_outside_of_the_pipeline_an_end_is_no_definite_answer_either(database: Database) -> None:
    line = PipelineConnection(database.dsn(Role.GATE), application_name="countersign test")
    with pytest.raises(OutcomeUnknown):
        line.run("SELECT pg_terminate_backend(pg_backend_pid())")
    line.close()


def test_no_connection_is_an_open_outcome_too(database: Database) -> None:
    wrong = database.dsn(Role.GATE).replace(
        f"password={database.passwords[Role.GATE]}", "password=wrong"
    )
    assert wrong != database.dsn(Role.GATE)
    with pytest.raises(OutcomeUnknown):
        PipelineConnection(wrong, application_name="countersign test")


def _terminate(administrator: psycopg.Connection, pid: int) -> None:
    administrator.execute("SELECT pg_terminate_backend(%s)", [pid])
