"""I1 in the tables themselves: no row that breaks a CHECK is written, whatever the gate thinks.

Each case is a good row of its table, changed in what exactly one constraint forbids. Constraints
are read from the catalogue, so a new one needs a case.
"""

from typing import Any

import psycopg
import pytest
from psycopg import sql

from countersign.infra.database import Database, Role

pytestmark = pytest.mark.postgres

Row = dict[str, Any]
DAY = 1
# What a column of a good row holds, by type; and where a table wants something else.
PLAIN = {"bigint": 1, "integer": 1, "smallint": 1, "text": "x", "bytea": b"\x00"}
GOOD: dict[str, Row] = {
    "alerts.alert": {"disposition": ""},
    "audit.checkpoint": {},
    "audit.tile": {"hashes": bytes(8192)},
    "gate.batch": {},
    "ledger.balance": {"balance": 5, "held": 1, "floor": 4},
    "ledger.posting": {"day": DAY, "debit_account": 1, "credit_account": 2},
    "transfers.transfer": {"day": DAY},
    "vault.subject_key": {"subject": bytes(16), "wrapped": b"w"},
}
SECOND = {"seq": 2, "prev_seq": 1, "prev_term": 1, "prev_root": b"r"}
BROKEN: dict[tuple[str, str], Row] = {
    ("alerts.alert", "alert_check"): {"disposition": "false_positive"},
    ("alerts.alert", "alert_status_check"): {"status": 4},
    ("audit.checkpoint", "checkpoint_size_check"): {"size": -1},
    ("audit.tile", "tile_hashes_check"): {"hashes": bytes(8191)},
    ("gate.batch", "batch_check"): SECOND | {"prev_seq": 0},
    ("gate.batch", "batch_check1"): SECOND | {"prev_term": 2},
    ("gate.batch", "batch_check2"): {"seq": 2},
    ("gate.batch", "batch_check3"): SECOND | {"prev_root": None},
    ("gate.batch", "batch_leaves_check"): {"leaves": -1},
    ("ledger.balance", "balance_check"): {"held": 2},
    ("ledger.balance", "balance_held_check"): {"held": -1},
    ("ledger.posting", "posting_amount_check"): {"amount": 0},
    ("ledger.posting", "posting_check"): {"credit_account": 1},
    ("transfers.transfer", "transfer_amount_check"): {"amount": 0},
    ("vault.subject_key", "subject_key_check"): {"wrapped": None},
    ("vault.subject_key", "subject_key_epoch_check"): {"epoch": 0},
    ("vault.subject_key", "subject_key_subject_check"): {"subject": bytes(15)},
}
CHECKS = """
SELECT n.nspname || '.' || t.relname, c.conname
FROM pg_constraint AS c JOIN pg_class AS t ON t.oid = c.conrelid
JOIN pg_namespace AS n ON n.oid = t.relnamespace
WHERE c.contype = 'c' AND NOT t.relispartition AND has_table_privilege(t.oid, 'INSERT')
"""
NEEDED_COLUMNS = """
SELECT attname, format_type(atttypid, NULL) FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 AND attnotnull AND NOT atthasdef
"""


def test_every_check_on_what_the_gate_writes_has_a_case(database: Database) -> None:
    with database.connect(Role.GATE) as gate:
        found = set(gate.execute(CHECKS).fetchall())
    assert found == set(BROKEN)


@pytest.mark.parametrize(("table", "constraint"), BROKEN, ids=".".join)
def test_a_row_that_breaks_it_is_refused_to_the_gate(
    database: Database, table: str, constraint: str
) -> None:
    with database.connect(Role.GATE) as gate:
        gate.execute("SELECT gate.ensure_day(%s)", [DAY])
        with gate.transaction(force_rollback=True):
            insert(gate, table, {})
        with pytest.raises(psycopg.errors.CheckViolation) as refused, gate.transaction():
            insert(gate, table, BROKEN[table, constraint])
    assert refused.value.diag.constraint_name == constraint


def insert(gate: psycopg.Connection, table: str, changes: Row) -> None:
    needed = {name: PLAIN[kind] for name, kind in gate.execute(NEEDED_COLUMNS, [table])}
    row = needed | GOOD[table] | changes
    statement = sql.SQL("INSERT INTO {table} ({names}) VALUES ({values})").format(
        table=sql.Identifier(*table.split(".")),
        names=sql.SQL(", ").join(map(sql.Identifier, row)),
        values=sql.SQL(", ").join(sql.Placeholder() * len(row)),
    )
    gate.execute(statement, list(row.values()))
