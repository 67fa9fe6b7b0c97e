"""Which tables a database has, and in which order they can be loaded: read from its catalog.

Only what the migrator owns counts. A partition is named by its root, into which it is loaded, but
read by itself: a reader of the root would keep the gate from making the next day's partitions.
"""

from graphlib import CycleError, TopologicalSorter
from typing import Any, LiteralString, NamedTuple

import psycopg
from psycopg import sql

from countersign.flows.backup.records import AppliedMigration, Sequence
from countersign.kernel.invariant import InvariantBroken

Connection = psycopg.Connection[Any]
MIGRATIONS_TABLE = "infra.migration"  # Written by the migrations themselves.


class Table(NamedTuple):
    """A plain table or a leaf partition."""

    schema: str
    name: str
    root: str  # schema.table; its own for a plain table.
    columns: list[str]

    @property
    def identifier(self) -> sql.Identifier:
        return sql.Identifier(self.schema, self.name)


def read_tables(connection: Connection) -> list[Table]:
    """Every table that holds rows; whom a foreign key refers to comes first."""
    found = [Table(*row) for row in connection.execute(_TABLES).fetchall()]
    place = _places({table.root for table in found}, connection.execute(_REFERENCES).fetchall())
    wanted = [table for table in found if table.root != MIGRATIONS_TABLE]
    return sorted(wanted, key=lambda table: (place[table.root], table.name))


def read_days(connection: Connection) -> list[int]:
    """Which days have partitions."""
    return [day for (day,) in connection.execute(_DAYS).fetchall()]


def read_migrations_applied(connection: Connection) -> list[AppliedMigration]:
    rows = connection.execute(_MIGRATIONS).fetchall()
    return [AppliedMigration(number, name, bytes(digest)) for number, name, digest in rows]


def read_sequences(connection: Connection) -> list[Sequence]:
    found = []
    for schema, name in connection.execute(_SEQUENCES).fetchall():
        statement = sql.SQL(_SEQUENCE).format(sql.Identifier(schema, name))
        row = connection.execute(statement).fetchone()
        if row is not None:
            found.append(Sequence(name=f"{schema}.{name}", last_value=row[0], is_called=row[1]))
    return found


def identifier_of(dotted: str) -> sql.Identifier:
    """The identifier of schema.table."""
    schema, _, name = dotted.partition(".")
    return sql.Identifier(schema, name)


def _places(names: set[str], references: list[tuple[str, str]]) -> dict[str, int]:
    sorter: TopologicalSorter[str] = TopologicalSorter(dict.fromkeys(sorted(names), ()))
    for referring, referred in sorted(references):
        sorter.add(referring, referred)
    try:
        return {name: place for place, name in enumerate(sorter.static_order())}
    except CycleError:
        raise InvariantBroken("foreign keys between tables make no circle") from None


_TABLES: LiteralString = """
    SELECT n.nspname::text, c.relname::text, root_n.nspname || '.' || root.relname,
      ARRAY(SELECT a.attname::text FROM pg_attribute AS a WHERE a.attrelid = c.oid
        AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum)
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_class AS root ON root.oid = coalesce(pg_partition_root(c.oid)::oid, c.oid)
    JOIN pg_namespace AS root_n ON root_n.oid = root.relnamespace
    WHERE c.relkind = 'r' AND c.relpersistence <> 't'
      AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND pg_get_userbyid(c.relowner) = current_user
"""
_REFERENCES: LiteralString = """
    SELECT from_n.nspname || '.' || from_c.relname, to_n.nspname || '.' || to_c.relname
    FROM pg_constraint AS k
    JOIN pg_class AS from_c ON from_c.oid = k.conrelid
    JOIN pg_namespace AS from_n ON from_n.oid = from_c.relnamespace
    JOIN pg_class AS to_c ON to_c.oid = k.confrelid
    JOIN pg_namespace AS to_n ON to_n.oid = to_c.relnamespace
    WHERE k.contype = 'f' AND k.conparentid = 0 AND k.conrelid <> k.confrelid
"""
_DAYS: LiteralString = """
    SELECT DISTINCT bound[1]::integer AS day
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL regexp_match(
      pg_get_expr(c.relpartbound, c.oid), '^FOR VALUES IN \\(''?([0-9]+)''?\\)$') AS bound
    WHERE c.relispartition AND bound IS NOT NULL
      AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND pg_get_userbyid(c.relowner) = current_user
    ORDER BY day
"""
_MIGRATIONS: LiteralString = "SELECT number, name, sha256 FROM infra.migration ORDER BY number"
_SEQUENCES: LiteralString = """
    SELECT n.nspname::text, c.relname::text FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind = 'S' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND pg_get_userbyid(c.relowner) = current_user ORDER BY 1, 2
"""
_SEQUENCE: LiteralString = "SELECT last_value, is_called FROM {}"
