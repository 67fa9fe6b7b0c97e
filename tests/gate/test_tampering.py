"""An administrator with superuser SQL changes what is stored; the gate refuses it by name."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
import pytest
from tests.support.gate import REASON, Harness, a_signer, index_of
from tests.support.postgres import TestServer

from countersign.gate import commands, snapshot
from countersign.gate.errors import Tampered
from countersign.gate.journal.postgres import PostgresJournal
from countersign.infra.database import Database, Role
from countersign.rules.model import DEFAULT_POLICY, encode_policy


@dataclass
class Scene:
    """A stopped gate with a snapshot, a tail after it, and a freeze and a hold in each part."""

    database: Database
    gate: Harness
    snapshot_seq: int
    before: int  # A transfer before the snapshot.
    after: int  # A transfer of the tail.

    def sql(self, *statements: str, parameters: list[object] | None = None) -> None:
        with psycopg.connect(self.database.superuser_dsn(), autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            for statement in statements:
                connection.execute(statement.encode(), parameters)

    def start(self, database: Database | None = None) -> Harness:
        database = database or self.database
        journal = PostgresJournal(database.dsn(Role.GATE), answer_timeout_seconds=10)
        return Harness(journal, head=self.gate.head, clock=self.gate.clock).start()

    def refused(self) -> str:
        with pytest.raises(Tampered) as refusal:
            self.start()
        return str(refusal.value.details["what"])


@pytest.fixture
def scene(database: Database) -> Scene:
    gate = Harness(PostgresJournal(database.dsn(Role.GATE), answer_timeout_seconds=10)).start()
    gate.a_city()
    gate.fund(2, 900_000_000)
    gate.do(commands.Freeze(index_of("thief"), REASON))
    before = gate.place(amount=100_000_000).number
    _fill(gate, 300)
    state = gate.engine.state
    stored = snapshot.sign_snapshot(
        snapshot.encode_content(state), state.chain, state.log.size, a_signer()
    )
    journal = PostgresJournal(database.dsn(Role.GATE))
    journal.keep_snapshot(state.chain.seq, stored)
    seq = state.chain.seq
    gate.do(commands.Freeze(index_of("mule"), REASON))
    after = gate.place(amount=9_000).number
    gate.place(amount=99_000_000, creditor="bo")
    _fill(gate, 300)
    gate.engine.close()
    return Scene(database, gate, seq, before, after)


def _fill(gate: Harness, count: int) -> None:
    for number in range(count):
        order = gate.order(amount=number + 1, creditor=f"x{number}", salt=str(number))
        gate.engine.submit(gate.submission(order, credential=gate.channel))
    gate.engine.drain()


def test_an_untouched_database_is_served(scene: Scene) -> None:
    again = scene.start()
    assert again.engine.state.balances.balance == scene.gate.engine.state.balances.balance
    again.engine.close()


def test_1_changed_amount(scene: Scene) -> None:
    scene.sql(f"UPDATE transfers.transfer SET amount = amount + 1 WHERE number = {scene.after}")
    assert "batch" in scene.refused()


def test_1_changed_amount_with_its_posting(scene: Scene) -> None:
    scene.sql(
        f"UPDATE transfers.transfer SET amount = amount + 1 WHERE number = {scene.after}",
        f"UPDATE ledger.posting SET amount = amount + 1 WHERE number = {scene.after}",
        "UPDATE ledger.balance SET held = held + 1 WHERE number = 2",
    )
    assert "do not give the signed root" in scene.refused()


def test_2_changed_balance(scene: Scene) -> None:
    scene.sql("UPDATE ledger.balance SET balance = balance + 500000 WHERE number = 3")
    assert scene.refused() == "balance of account 3 differs in 1"


def test_3_changed_credential_key(scene: Scene) -> None:
    scene.sql("UPDATE access.credential SET verifier = decode(repeat('ab', 32), 'hex')")
    assert scene.refused() == f"credential {scene.gate.channel} differs in 1"


def test_3_a_forged_credential(scene: Scene) -> None:
    scene.sql(
        "INSERT INTO access.credential SELECT 777, 'thief', verifier, permissions, true"
        " FROM access.credential"
    )
    assert scene.refused() == "credential 777 is there, but was never written"


def test_4_changed_policy(scene: Scene) -> None:
    weaker = encode_policy(DEFAULT_POLICY).replace(b"100000000", b"900000000")
    scene.sql("UPDATE rules.policy SET content = decode('" + weaker.hex() + "', 'hex')")
    assert scene.refused() == "policy 1 differs in content"


@pytest.mark.parametrize("who", ["thief", "mule"])
def test_5_deleted_freeze(scene: Scene, who: str) -> None:
    index = index_of(who).hex()
    scene.sql(f"DELETE FROM accounts.freeze WHERE index = decode('{index}', 'hex')")
    assert scene.refused() == f"freeze {index} is missing"


def test_5_deleted_freeze_command(scene: Scene) -> None:
    scene.sql(
        f"DELETE FROM gate.command WHERE kind = {commands.Kind.FREEZE} AND number > {scene.before}"
    )
    assert "rows" in scene.refused()


def test_6_deleted_batch(scene: Scene) -> None:
    middle = scene.snapshot_seq + 2
    scene.sql(f"DELETE FROM gate.batch WHERE seq = {middle}")
    assert scene.refused() == f"batch {middle} is missing"


def test_7_cut_tail(scene: Scene) -> None:
    """Everything of the last batches goes, and the balances are put back to what they were."""
    head = scene.gate.head.read()
    cut = head.seq - 1
    scene.sql(
        "DELETE FROM transfers.transfer WHERE number >= (SELECT first_number FROM gate.batch"
        f" WHERE seq = {cut + 1})",
        f"DELETE FROM gate.batch WHERE seq > {cut}",
    )
    expected = f"the journal ends at batch {cut}, the head file knows batch {head.seq}"
    assert scene.refused() == expected


def test_8_old_row_put_back(scene: Scene) -> None:
    """The account as it was before the tail: a state that once was signed, but is no more."""
    scene.sql(
        "UPDATE ledger.balance SET held = held - (SELECT sum(amount) FROM ledger.posting"
        f" WHERE debit_account = 2 AND number >= {scene.after}) WHERE number = 2"
    )
    assert scene.refused() == "balance of account 2 differs in 2"


def test_8_a_released_hold_put_back(scene: Scene) -> None:
    scene.sql(f"DELETE FROM transfers.hold WHERE number = {scene.before}")
    assert scene.refused().startswith(f"hold of transfer {scene.before} is missing")


def test_9_old_database_put_back(scene: Scene, postgres_server: TestServer) -> None:
    """A whole copy of yesterday in place of today's database."""
    with _copy_of(scene, postgres_server) as old:
        later = scene.start()
        later.channel = scene.gate.channel
        later.place(amount=1)
        later.engine.close()
        seq = scene.gate.head.read().seq
        with pytest.raises(Tampered, match=f"the head file knows batch {seq}"):
            scene.start(old)


def test_10_swapped_sealed_value(scene: Scene) -> None:
    """Two orders trade their sealed creditor: each is genuine, but not where it belongs."""
    other = scene.after + 3
    scene.sql(
        "UPDATE transfers.transfer AS t SET creditor_side = o.creditor_side"
        " FROM transfers.transfer AS o"
        f" WHERE (t.number, o.number) IN (({scene.after}, {other}), ({other}, {scene.after}))"
    )
    assert "do not give the signed root" in scene.refused()


def test_11_forged_leaf(scene: Scene) -> None:
    scene.sql(
        "UPDATE audit.tile SET hashes = set_byte(hashes, 32 * 5, get_byte(hashes, 160) # 1)"
        " WHERE number = (SELECT max(number) FROM audit.tile)"
    )
    tile = _newest_tile(scene)
    assert scene.refused() == f"leaf {256 * tile + 5} in tile {tile} of the log was changed"


def test_12_forged_snapshot(scene: Scene) -> None:
    scene.sql(
        "UPDATE gate.snapshot_part SET content = set_byte(content, 100, get_byte(content, 100) # 1)"
    )
    assert scene.refused() == "the snapshot's content is not what was signed"


def test_12_snapshot_of_another_key(scene: Scene) -> None:
    scene.sql("UPDATE gate.snapshot SET signature = decode(repeat('00', 64), 'hex')")
    assert scene.refused() == "the snapshot is not signed by this gate"


def test_13_forged_batch(scene: Scene) -> None:
    scene.sql(
        "INSERT INTO gate.batch SELECT seq + 1, term, seq, term, root, 0, batch_ms,"
        " first_number + leaves, 0, root, state_hash, signature FROM gate.batch"
        " ORDER BY seq DESC LIMIT 1"
    )
    seq = scene.gate.head.read().seq
    assert scene.refused() == f"batch {seq + 1} is not signed by this gate"


def test_14_changed_posting(scene: Scene) -> None:
    scene.sql(f"UPDATE ledger.posting SET credit_account = 3 WHERE number = {scene.after}")
    assert f"posting of command {scene.after} differs in credit_account" in scene.refused()


def test_15_deleted_request_key(scene: Scene) -> None:
    """A key that is gone would let the same order be paid twice."""
    scene.sql(f"DELETE FROM gate.request_key WHERE number = {scene.after}")
    assert scene.refused() == f"the request key of command {scene.after} is missing or differs"


@pytest.mark.parametrize("column", ["digest", "mac", "key", "creditor_index"])
def test_16_any_other_column(scene: Scene, column: str) -> None:
    scene.sql(
        f"UPDATE transfers.transfer SET {column} = set_byte({column}, 0,"
        f" get_byte({column}, 0) # 1) WHERE number = {scene.after}"
    )
    assert "batch" in scene.refused()


def test_17_a_byte_moved_between_two_columns(scene: Scene) -> None:
    """Joined they hash alike, but under the shorter key the order could be placed again."""
    moved = "key = substr(key, 1, 15), mac = substr(key, 16, 1) || mac"
    scene.sql(
        f"UPDATE transfers.transfer SET {moved} WHERE number = {scene.after}",
        f"UPDATE gate.request_key SET {moved} WHERE number = {scene.after}",
    )
    assert scene.refused() == f"transfer {scene.after} has a column of another width"


def _newest_tile(scene: Scene) -> int:
    with psycopg.connect(scene.database.superuser_dsn()) as connection:
        row = connection.execute("SELECT max(number) FROM audit.tile").fetchone()
    return int(row[0]) if row else -1


@contextmanager
def _copy_of(scene: Scene, server: TestServer) -> Iterator[Database]:
    copy = scene.database.name + "_old"
    with psycopg.connect(server.cluster.superuser_dsn(), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{scene.database.name}"'.encode())
        try:
            old = Database(
                name=copy, server=scene.database.server, passwords=scene.database.passwords
            )
            connection.execute(f'GRANT CONNECT ON DATABASE "{copy}" TO PUBLIC'.encode())
            yield old
        finally:
            connection.execute(f'DROP DATABASE "{copy}" WITH (FORCE)'.encode())
