"""An administrator with superuser SQL changes what is stored; the gate refuses it by name.

The gate is down meanwhile, no constraint or trigger stands in the way, and what is said is compared
word for word: it names what was changed, and nothing else is refused for it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec
import psycopg
import pytest
from psycopg import sql
from tests.support.gate import REASON, Harness, MemoryHead, a_signer, index_of
from tests.support.policies import house_policy
from tests.support.postgres import TestServer

from countersign.gate import commands, snapshot
from countersign.gate.errors import Tampered
from countersign.gate.head import Head
from countersign.gate.journal.postgres import PostgresJournal
from countersign.infra.database import Database, Role
from countersign.rules.model import encode_policy


@dataclass
class Scene:
    """A stopped gate with a snapshot, a tail after it, and a freeze and a hold in each part.

    Schema `yesterday` keeps the tables of gate state as they were at the snapshot.
    """

    database: Database
    gate: Harness
    snapshot_seq: int
    before: int  # A transfer before the snapshot, still held.
    let_go: int  # One that was held then and was released in the tail.
    after: int  # A transfer of the tail.
    revoked: int  # A credential that was revoked in the tail.

    def sql(self, *statements: str, parameters: list[object] | None = None) -> None:
        """Each statement must change something, or nothing was tampered with."""
        with psycopg.connect(self.database.superuser_dsn(), autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            for statement in statements:
                assert connection.execute(statement.encode(), parameters).rowcount > 0, statement

    def ask(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database.superuser_dsn()) as connection:
            return connection.execute(query.encode(), parameters).fetchall()

    def batch_of(self, number: int) -> tuple[int, str]:
        """The batch of a command, and how one is named whose rows do not fit its signature."""
        query = "SELECT seq, first_number, leaves FROM gate.batch WHERE first_number <= %s"
        seq, first, leaves = self.ask(query + " AND leaves > 0 ORDER BY seq DESC LIMIT 1", number)[
            0
        ]
        return seq, (
            f"batch {seq} (commands {first} to {first + leaves - 1}): its rows do not give the"
            " signed root and state"
        )

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
    gate.do(commands.Freeze(index_of("pardoned"), REASON))
    before = gate.place(amount=100_000_000).number
    let_go = gate.place(amount=100_000_001).number
    revoked = gate.create_credential("old")
    _fill(gate, 300)
    state = gate.engine.state
    stored = snapshot.sign_snapshot(
        snapshot.encode_content(state), state.chain, state.log.size, a_signer()
    )
    journal = PostgresJournal(database.dsn(Role.GATE))
    journal.keep_snapshot(state.chain.seq, stored)
    seq = state.chain.seq
    _keep_yesterday(database)
    gate.do(commands.Freeze(index_of("mule"), REASON))
    gate.do(commands.Unfreeze(index_of("pardoned"), REASON))
    gate.release(let_go)
    gate.do(commands.SetCredential(revoked, "old", bytes(32), [], is_active=False))
    after = gate.place(amount=9_000).number
    gate.place(amount=99_000_000, creditor="bo")
    _fill(gate, 300)
    gate.engine.close()
    return Scene(database, gate, seq, before, let_go, after, revoked)


def _keep_yesterday(database: Database) -> None:
    with psycopg.connect(database.superuser_dsn()) as connection:
        connection.execute("CREATE SCHEMA yesterday")
        for table in ("accounts.freeze", "access.credential", "ledger.balance", "transfers.hold"):
            name = sql.Identifier("yesterday", table.partition(".")[2])
            kept = sql.Identifier(*table.split("."))
            connection.execute(sql.SQL("CREATE TABLE {} AS TABLE {}").format(name, kept))


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
    seq, _ = scene.batch_of(scene.after)
    scene.sql(f"UPDATE transfers.transfer SET amount = amount + 1 WHERE number = {scene.after}")
    # What was known of it when it was decided has its amount, so that differs first.
    assert scene.refused() == f"batch {seq}: transfer {scene.after} differs in facts"


def test_1_changed_amount_with_all_that_follows_from_it(scene: Scene) -> None:
    """Transfer, posting and balance agree with each other, and still not with what was signed."""
    debtor = f"(SELECT debtor FROM transfers.transfer WHERE number = {scene.after})"
    scene.sql(
        f"UPDATE transfers.transfer SET amount = amount + 1 WHERE number = {scene.after}",
        f"UPDATE ledger.posting SET amount = amount + 1 WHERE number = {scene.after}",
        f"UPDATE ledger.balance SET held = held + 1 WHERE number = {debtor}",
    )
    seq, _ = scene.batch_of(scene.after)
    assert scene.refused() == f"batch {seq}: transfer {scene.after} differs in facts"


def test_1_changed_amount_with_what_was_known_of_it(scene: Scene) -> None:
    """Facts, posting and balance agree with it as well, and still not with what was signed."""
    ((facts,),) = scene.ask(f"SELECT facts FROM transfers.transfer WHERE number = {scene.after}")
    known = msgspec.msgpack.decode(facts)
    debtor = f"(SELECT debtor FROM transfers.transfer WHERE number = {scene.after})"
    known[known.index(9_000)] += 1
    scene.sql(
        "UPDATE transfers.transfer SET amount = amount + 1, facts = %s"
        f" WHERE number = {scene.after}",
        parameters=[msgspec.msgpack.encode(known)],
    )
    scene.sql(
        f"UPDATE ledger.posting SET amount = amount + 1 WHERE number = {scene.after}",
        f"UPDATE ledger.balance SET held = held + 1 WHERE number = {debtor}",
    )
    assert scene.refused() == scene.batch_of(scene.after)[1]


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ("amount = amount - 1", "amount"),
        ("currency = 'USD'", "currency"),
        ("digest = sha256(digest)", "digest"),
        ("creditor_index = substr(digest, 1, 16)", "creditor_index"),
        ("execution_day = execution_day + 1", "execution_day"),
        ("debtor = debtor + 1", "debtor"),
        ("credential = credential + 1", "credential"),
    ],
)
def test_1_changed_row_of_a_held_transfer_from_before_the_snapshot(
    scene: Scene, change: str, column: str
) -> None:
    """A person would release it for what the row shows."""
    scene.sql(f"UPDATE transfers.transfer SET {change} WHERE number = {scene.before}")
    assert scene.refused() == f"open transfer {scene.before} differs in {column}"


def test_1_deleted_row_of_a_held_transfer_from_before_the_snapshot(scene: Scene) -> None:
    scene.sql(f"DELETE FROM transfers.transfer WHERE number = {scene.before}")
    assert scene.refused() == f"the row of open transfer {scene.before} is missing"


def test_2_changed_balance(scene: Scene) -> None:
    scene.sql("UPDATE ledger.balance SET balance = balance + 500000 WHERE number = 3")
    assert scene.refused() == "balance of account 3 differs in balance"


def test_3_changed_credential_key(scene: Scene) -> None:
    scene.sql(
        "UPDATE access.credential SET verifier = decode(repeat('ab', 32), 'hex')"
        f" WHERE number = {scene.gate.channel}"
    )
    assert scene.refused() == f"credential {scene.gate.channel} differs in verifier"


def test_3_a_forged_credential(scene: Scene) -> None:
    scene.sql(
        "INSERT INTO access.credential SELECT 777, 'thief', verifier, permissions, true, 0, ''"
        " FROM access.credential LIMIT 1"
    )
    assert scene.refused() == "credential 777 is there, but was never written"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("DELETE FROM alerts.alert WHERE number = {}", "alert {} is missing"),
        ("UPDATE alerts.alert SET status = 2 WHERE number = {}", "alert {} differs in status"),
        ("UPDATE alerts.alert SET transfer = 1 WHERE number = {}", "alert {} differs in transfer"),
        (
            "UPDATE alerts.alert SET (status, disposition) = (3, 'suspicious') WHERE number = {}",
            "alert {} is missing",
        ),
        (
            (
                "INSERT INTO alerts.alert SELECT 7, transfer, typologies, rules, raised_ms, status,"
                " disposition, changed_by FROM alerts.alert WHERE number = {}"
            ),
            "alert 7 is there, but was never written",
        ),
    ],
)
def test_an_alert(scene: Scene, change: str, what: str) -> None:
    scene.sql(change.format(scene.before))
    assert scene.refused() == what.format(scene.before)


def test_4_changed_policy(scene: Scene) -> None:
    weaker = encode_policy(house_policy()).replace(b"100000000", b"900000000")
    scene.sql("UPDATE rules.policy SET content = %s WHERE number = 1", parameters=[weaker])
    assert scene.refused() == "policy 1 differs in content"


def test_4_changed_policy_with_its_hash(scene: Scene) -> None:
    weaker = encode_policy(house_policy()).replace(b"100000000", b"900000000")
    scene.sql(
        "UPDATE rules.policy SET content = %s, hash = %s WHERE number = 1",
        parameters=[weaker, sha256(weaker).digest()],
    )
    assert scene.refused() == "policy 1 differs in hash"


@pytest.mark.parametrize("who", ["thief", "mule"])
def test_5_deleted_freeze(scene: Scene, who: str) -> None:
    index = index_of(who).hex()
    scene.sql(f"DELETE FROM accounts.freeze WHERE index = decode('{index}', 'hex')")
    assert scene.refused() == f"freeze {index} is missing"


def test_5_deleted_freeze_with_the_command_that_froze(scene: Scene) -> None:
    index = index_of("mule").hex()
    ((number,),) = scene.ask(f"SELECT number FROM accounts.freeze WHERE index = '\\x{index}'")
    seq, _ = scene.batch_of(number)
    scene.sql(
        f"DELETE FROM accounts.freeze WHERE index = '\\x{index}'",
        f"DELETE FROM gate.command WHERE number = {number}",
        f"DELETE FROM gate.request_key WHERE number = {number}",
    )
    assert scene.refused() == f"batch {seq} has 0 rows, 1 were signed"


def test_6_deleted_batch(scene: Scene) -> None:
    middle = scene.snapshot_seq + 2
    scene.sql(f"DELETE FROM gate.batch WHERE seq = {middle}")
    assert scene.refused() == f"batch {middle} is missing"


def test_7_cut_tail(scene: Scene) -> None:
    """The last batches go with all they did, so well that only the head file still knows them."""
    head = scene.gate.head.read()
    cut = head.seq - 2
    older = MemoryHead()
    older.head = Head(
        *scene.ask("SELECT seq, term, root, state_hash FROM gate.batch WHERE seq = %s", cut)[0]
    )
    ((first,),) = scene.ask("SELECT first_number FROM gate.batch WHERE seq = %s", cut + 1)
    of_the_tail = f"number >= {first}"
    scene.sql(
        f"DELETE FROM gate.batch WHERE seq > {cut}",
        f"DELETE FROM transfers.transfer WHERE {of_the_tail}",
        f"DELETE FROM ledger.posting WHERE {of_the_tail}",
        f"DELETE FROM gate.request_key WHERE {of_the_tail}",
        f"DELETE FROM transfers.hold WHERE {of_the_tail}",
        f"DELETE FROM audit.tile WHERE (number + 1) * 256 > {first}",
        SET_BALANCES_BY_POSTINGS,
    )
    expected = f"the journal ends at batch {cut}, the head file knows batch {head.seq}"
    assert scene.refused() == expected
    scene.gate.head = older
    scene.start().engine.close()


# Kinds: 1 pending, 2 post, 3 void, 4 direct, 5 reverse, 6 return.
SET_BALANCES_BY_POSTINGS = """
UPDATE ledger.balance AS b SET
  balance = (SELECT coalesce(sum(CASE WHEN credit_account = b.number THEN amount ELSE -amount END),
      0) FROM ledger.posting
    WHERE kind IN (2, 4, 5, 6) AND b.number IN (debit_account, credit_account)),
  held = (SELECT coalesce(sum(CASE WHEN kind = 1 THEN amount ELSE -amount END), 0)
    FROM ledger.posting WHERE kind IN (1, 2, 3) AND debit_account = b.number)
"""


def test_8_old_row_put_back(scene: Scene) -> None:
    """The balance as it was at the snapshot: a state that once was signed, but is no more."""
    old = "yesterday.balance AS old WHERE old.number = now.number AND now.number = 2"
    ((before, now),) = scene.ask(f"SELECT old.held, now.held FROM ledger.balance AS now, {old}")
    assert before != now
    scene.sql(f"UPDATE ledger.balance AS now SET balance = old.balance, held = old.held FROM {old}")
    assert scene.refused() == "balance of account 2 differs in held"


def test_8_a_released_hold_put_back(scene: Scene) -> None:
    of_it = f"number = {scene.let_go}"
    scene.sql(f"INSERT INTO transfers.hold SELECT * FROM yesterday.hold WHERE {of_it}")
    assert scene.refused() == f"hold of transfer {scene.let_go} is there, but was never written"


def test_8_a_deleted_hold(scene: Scene) -> None:
    scene.sql(f"DELETE FROM transfers.hold WHERE number = {scene.before}")
    assert scene.refused() == f"hold of transfer {scene.before} is missing"


def test_8_a_lifted_freeze_put_back(scene: Scene) -> None:
    index = index_of("pardoned").hex()
    of_it = f"index = '\\x{index}'"
    scene.sql(f"INSERT INTO accounts.freeze SELECT * FROM yesterday.freeze WHERE {of_it}")
    assert scene.refused() == f"freeze {index} is there, but was never written"


def test_8_a_revoked_credential_put_back(scene: Scene) -> None:
    scene.sql(
        "UPDATE access.credential AS now SET is_active = old.is_active"
        " FROM yesterday.credential AS old WHERE old.number = now.number"
        f" AND now.number = {scene.revoked} AND old.is_active"
    )
    assert scene.refused() == f"credential {scene.revoked} differs in is_active"


def test_9_old_database_put_back(scene: Scene, postgres_server: TestServer) -> None:
    """A whole copy of yesterday in place of today's database."""
    with _copy_of(scene, postgres_server) as old:
        later = scene.start()
        later.channel = scene.gate.channel
        later.place(amount=1)
        later.engine.close()
        ((there,),) = scene.ask("SELECT max(seq) FROM gate.batch WHERE term = 1")
        seq = scene.gate.head.read().seq
        assert seq > there
        with pytest.raises(Tampered) as refusal:
            scene.start(old)
    expected = f"the journal ends at batch {there}, the head file knows batch {seq}"
    assert refusal.value.details["what"] == expected


def test_10_swapped_sealed_value(scene: Scene) -> None:
    """Two orders trade their sealed creditor: each is genuine, but not where it belongs."""
    other = scene.after + 3  # Of a later batch; the first that does not fit is named.
    scene.sql(
        "UPDATE transfers.transfer AS t SET creditor_side = o.creditor_side"
        " FROM transfers.transfer AS o"
        f" WHERE (t.number, o.number) IN (({scene.after}, {other}), ({other}, {scene.after}))"
    )
    assert scene.refused() == scene.batch_of(scene.after)[1]


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


def test_12_forged_snapshot_with_its_hash(scene: Scene) -> None:
    """Richer by one unit and with a fitting manifest; only the signature cannot be made."""
    ((content,),) = scene.ask(
        "SELECT string_agg(content, '' ORDER BY part) FROM gate.snapshot_part"
    )
    ((manifest,),) = scene.ask("SELECT manifest FROM gate.snapshot")
    forged = msgspec.msgpack.decode(content)
    forged[snapshot.Content.__struct_fields__.index("balance")][2] += 1
    forged_content = msgspec.msgpack.encode(forged)
    hashed = msgspec.msgpack.decode(manifest)
    hashed[-1] = sha256(forged_content).digest()
    scene.sql("DELETE FROM gate.snapshot_part WHERE part > 0 OR part = 0")
    scene.sql(
        "INSERT INTO gate.snapshot_part SELECT seq, 0, %s FROM gate.snapshot",
        parameters=[forged_content],
    )
    scene.sql("UPDATE gate.snapshot SET manifest = %s", parameters=[msgspec.msgpack.encode(hashed)])
    assert scene.refused() == "the snapshot is not signed by this gate"


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
    seq, _ = scene.batch_of(scene.after)
    scene.sql(f"UPDATE ledger.posting SET credit_account = 3 WHERE number = {scene.after}")
    expected = f"batch {seq}: posting of command {scene.after} differs in credit_account"
    assert scene.refused() == expected


def test_15_deleted_request_key(scene: Scene) -> None:
    """A key that is gone would let the same order be paid twice."""
    scene.sql(f"DELETE FROM gate.request_key WHERE number = {scene.after}")
    assert scene.refused() == f"the request key of command {scene.after} is missing or differs"


# What is said when one column of one row of the tail was changed: every column of the journal.
UNSIGNED = "{unsigned}"
GONE = "batch {seq} has 0 rows, 1 were signed"
COLUMNS = {
    "transfers.transfer": {
        "day": GONE,
        "number": GONE,
        "credential": "batch {seq}: transfer {number} is there, but was never written",
        "key": UNSIGNED,
        "mac": UNSIGNED,
        "digest": UNSIGNED,
        "debtor": "batch {seq}: transfer {number} differs in action",  # Who has no such money.
        "creditor": "batch {seq}: transfer {number} differs in creditor",
        # What was known of it then was known of another creditor and amount.
        "creditor_index": "batch {seq}: transfer {number} differs in facts",
        "amount": "batch {seq}: transfer {number} differs in facts",
        "currency": "batch {seq}: transfer {number} is there, but was never written",
        "execution_day": UNSIGNED,
        "action": "batch {seq}: transfer {number} differs in action",
        "status": "batch {seq}: transfer {number} differs in status",
        "reasons": "batch {seq}: transfer {number} differs in reasons",
        "alerts": "batch {seq}: transfer {number} differs in alerts",
        "policy": "batch {seq}: transfer {number} differs in policy",
        "evidence": "batch {seq}: transfer {number} differs in action",
        "facts": "batch {seq}: transfer {number} differs in facts",
        "debtor_side": UNSIGNED,
        "creditor_side": UNSIGNED,
    },
    "gate.command": {
        "day": GONE,
        "number": GONE,
        "kind": "batch {seq}: command {number} differs in outcome",
        "credential": "batch {seq}: command {number} differs in outcome",
        "key": UNSIGNED,
        "mac": UNSIGNED,
        "transfer": "batch {seq}: command {number} differs in transfer",
        "digest": "batch {seq}: command {number} differs in digest",
        "outcome": "batch {seq}: command {number} differs in outcome",
        "detail": "batch {seq}: command {number} differs in detail",
        "body": "command {number} cannot be read",
    },
    "ledger.posting": {
        "day": "batch {seq}: posting of command {number} is missing",
        "number": "batch {seq}: posting of command {number} is missing",
        "leg": "batch {seq}: posting of command {number} differs in leg",
        "kind": "batch {seq}: posting of command {number} differs in kind",
        "transfer": "batch {seq}: posting of command {number} differs in transfer",
        "debit_account": "batch {seq}: posting of command {number} differs in debit_account",
        "credit_account": "batch {seq}: posting of command {number} differs in credit_account",
        "amount": "batch {seq}: posting of command {number} differs in amount",
        "currency": "batch {seq}: posting of command {number} differs in currency",
    },
}
CHANGED = {
    "day": "{0} + 1",
    "number": "{0} + 1000000",
    "debit_account": "3",
    "credit_account": "3",
    "currency": "'USD'",
    "text": "{0} || 'x'",
    "bytea": "CASE WHEN octet_length({0}) = 0 THEN '\\x01'"
    " ELSE set_byte({0}, 0, get_byte({0}, 0) # 1) END",
}


@pytest.mark.parametrize("table", sorted(COLUMNS))
def test_16_any_column_of_the_journal(scene: Scene, table: str) -> None:
    """One after another, each put back before the next; with all of them put back it is served."""
    of_freeze = f"SELECT number FROM gate.command WHERE kind = {int(commands.Kind.FREEZE)}"
    ((frozen,),) = scene.ask(f"{of_freeze} ORDER BY number DESC LIMIT 1")
    number = frozen if table == "gate.command" else scene.after
    seq, unsigned = scene.batch_of(number)
    said = {}
    columns = scene.ask(_COLUMNS_OF, table)
    scene.ask("SELECT gate.ensure_day(day + 1) FROM gate.command LIMIT 1")
    for column, of_type in columns:
        changed = CHANGED.get(column) or CHANGED.get(of_type, "{0} + 1")
        scene.sql(
            f"CREATE TABLE yesterday.row AS SELECT * FROM {table} WHERE number = {number}",
            f"UPDATE {table} SET {column} = {changed.format(column)} WHERE number = {number}",
        )
        said[column] = scene.refused()
        scene.sql(
            f"DELETE FROM {table} WHERE number IN ({number}, {number + 1_000_000})",
            f"INSERT INTO {table} SELECT * FROM yesterday.row",
        )
        with psycopg.connect(scene.database.superuser_dsn()) as connection:
            connection.execute("DROP TABLE yesterday.row")
    assert said == {
        column: expected.format(seq=seq, number=number, unsigned=unsigned)
        for column, expected in COLUMNS[table].items()
    }
    scene.start().engine.close()


_COLUMNS_OF = """
SELECT attname::text, atttypid::regtype::text FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
"""


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
