"""What Postgres alone can get wrong: older backends, settings of others, old snapshots."""

import psycopg
import pytest
from tests.support.gate import START_MS, Harness, a_signer
from tests.support.postgres import TestServer

from countersign.gate import snapshot
from countersign.gate.batch import Decided, empty_batch, signed
from countersign.gate.journal.postgres import PostgresJournal
from countersign.gate.rows import BatchKind
from countersign.gate.state import Chain
from countersign.infra.database import Database, Role

pytestmark = pytest.mark.postgres

WRITER = "countersign gate writer"


def a_journal(database: Database) -> PostgresJournal:
    """An open one that waits no longer than a test may."""
    journal = PostgresJournal(database.dsn(Role.GATE), answer_timeout_seconds=10)
    journal.open()
    return journal


def older_writer(database: Database) -> psycopg.Connection:
    """The backend of a gate that sleeps in the middle of a batch."""
    return psycopg.connect(database.dsn(Role.GATE), application_name=WRITER)


def next_batch(chain: Chain) -> Decided:
    batch = empty_batch(BatchKind.TERM, chain, first_number=0, batch_ms=START_MS, term=chain.term)
    batch.header = signed(batch.header, a_signer())
    return batch


def test_a_gate_that_takes_over_ends_whatever_holds_its_place(
    database: Database, postgres_server: TestServer
) -> None:
    gate = Harness(a_journal(database)).start()
    batch = next_batch(gate.engine.state.chain)
    gate.engine.close()
    with postgres_server.database() as neighbour, older_writer(neighbour) as of_another:
        of_another.execute("SELECT 1")
        old = older_writer(database)
        old.execute(
            "INSERT INTO gate.batch SELECT seq + 1, term, seq, term, root, kind, batch_ms,"
            " first_number, leaves, ''::bytea, state_hash, signature FROM gate.batch"
            " ORDER BY seq DESC LIMIT 1"
        )
        journal = a_journal(database)
        journal.take_over()
        journal.commit_start(batch)
        journal.commit_finish()
        assert journal.head() == batch.header
        with pytest.raises(psycopg.OperationalError):
            old.execute("SELECT 1")
        assert of_another.execute("SELECT 1").fetchone() == (1,)
        old.close()
        journal.close()


def test_the_writer_waits_for_the_disk_whatever_the_database_says(database: Database) -> None:
    with psycopg.connect(database.superuser_dsn(), autocommit=True) as administrator:
        administrator.execute(
            f'ALTER DATABASE "{database.name}" SET synchronous_commit = off'.encode()
        )
    with database.connect(Role.GATE) as plain:
        assert plain.execute("SHOW synchronous_commit").fetchone() == ("off",)
    journal = a_journal(database)
    journal._batch._pg.exit_pipeline_mode()
    assert journal._batch.run("SHOW synchronous_commit") == [[b"on"]]
    journal.close()


def test_of_all_snapshots_the_last_two_are_kept_with_their_parts(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("countersign.gate.journal.postgres._PART_BYTES", 1_000)
    journal = a_journal(database)
    gate = Harness(journal).start()
    gate.a_city()
    state = gate.engine.state
    kept = []
    for _ in range(4):
        gate.place(amount=5)
        content = snapshot.encode_content(state)
        assert len(content) > 1_000
        stored = snapshot.sign_snapshot(content, state.chain, state.log.size, a_signer())
        journal.keep_snapshot(state.chain.seq, stored)
        kept.append(state.chain.seq)
        assert journal.snapshot() == stored
    with database.connect(Role.GATE) as connection:
        for table in ("snapshot", "snapshot_part"):
            rows = connection.execute(
                f"SELECT DISTINCT seq FROM gate.{table} ORDER BY seq".encode()
            )
            assert [row[0] for row in rows] == kept[-2:], table
    gate.engine.close()
