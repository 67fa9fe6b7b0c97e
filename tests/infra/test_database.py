"""The roles of a database: what each may do, and what each is refused."""

import json
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from tests.support.postgres import TestServer

from countersign.infra.database import (
    Database,
    OverpoweredRole,
    Role,
    UnsuitableDatabase,
    prepare_database,
)
from countersign.infra.postgres.cluster import EmbeddedCluster
from countersign.infra.postgres.server import Server, external_server
from countersign.kernel.invariant import InvariantBroken

pytestmark = pytest.mark.postgres

WORKERS = [Role.GATE, Role.APP, Role.READER]

NOT_THEIRS = [
    "CREATE TABLE public.sneaked ()",
    "CREATE TABLE infra.sneaked ()",
    "CREATE TABLE house.sneaked ()",
    "CREATE SCHEMA sneaked",
    "CREATE TEMP TABLE sneaked ()",
    "CREATE FUNCTION public.sneaked() RETURNS int LANGUAGE sql RETURN 1",
    "CREATE EXTENSION hstore SCHEMA house",
    "CREATE DATABASE sneaked",
    "CREATE ROLE sneaked",
    "ALTER ROLE countersign_migrator PASSWORD 'x'",
    "SET ROLE countersign_migrator",
    "INSERT INTO infra.migration (number, name, sha256) VALUES (9999, 'x', sha256(''))",
    "UPDATE infra.migration SET sha256 = sha256('')",
    "DELETE FROM infra.migration",
    "TRUNCATE infra.migration",
    "DROP TABLE infra.migration",
    "ALTER TABLE infra.migration DISABLE TRIGGER ALL",
    "SELECT * FROM house.kept",
    "SELECT * FROM house.granted FOR UPDATE",
    "SELECT house.function()",
    "COPY house.granted TO PROGRAM 'cat'",
    "SELECT pg_read_file('PG_VERSION')",
    "SET session_replication_role = replica",
    "SELECT rolpassword FROM pg_authid",
]


@pytest.fixture
def house(database: Database) -> Database:
    """Give a database with a schema as a migration would make it."""
    with database.connect(Role.MIGRATOR) as connection:
        connection.execute(b"""
            CREATE SCHEMA house;
            GRANT USAGE ON SCHEMA house TO countersign_gate, countersign_app, countersign_reader;
            CREATE TABLE house.kept (number int);
            CREATE TABLE house.granted (number int);
            GRANT SELECT ON house.granted TO countersign_reader;
            GRANT SELECT, INSERT ON house.granted TO countersign_gate, countersign_app;
            CREATE FUNCTION house.function() RETURNS int LANGUAGE sql RETURN 1;
        """)
    return database


def may(connection: psycopg.Connection, statement: str) -> bool:
    try:
        connection.execute(statement.encode())
    except psycopg.errors.InsufficientPrivilege:
        return False
    except psycopg.errors.IntegrityError:
        pass  # It was let through, to its own fault.
    return True


@pytest.mark.every_server
@pytest.mark.parametrize("role", WORKERS)
def test_a_worker_is_refused_what_is_not_its_own(house: Database, role: Role) -> None:
    with house.connect(role, autocommit=True) as connection:
        assert [statement for statement in NOT_THEIRS if may(connection, statement)] == []


@pytest.mark.every_server
@pytest.mark.parametrize("role", WORKERS)
def test_a_worker_may_do_what_it_was_granted(house: Database, role: Role) -> None:
    with house.connect(role, autocommit=True) as connection:
        assert connection.execute("SELECT current_user").fetchone() == (role,)
        connection.execute("SELECT * FROM house.granted")
        connection.execute("SELECT * FROM infra.migration")
        if role is Role.READER:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("INSERT INTO house.granted VALUES (1)")
        else:
            connection.execute("INSERT INTO house.granted VALUES (1)")


# What each role may do with each table of each schema: s(elect), i(nsert), u(pdate), d(elete),
# t(runcate), r(eferences), T(rigger), m(aintain); u: after a letter means on some columns only.
# Gate, app, reader; "-" is nothing. A new table or grant needs a line here.
PRIVILEGES = {
    "access.credential": ("siu", "s", "-"),
    "accounts.account": ("si", "s", "-"),
    "accounts.freeze": ("sid", "s", "-"),
    "alerts.alert": ("siu", "s", "-"),
    "audit.checkpoint": ("si", "s", "s"),
    "audit.tile": ("si", "s", "s"),
    "channels.file": ("-", "siu", "-"),
    "channels.file_part": ("-", "si", "-"),
    "gate.batch": ("si", "s", "s"),
    "gate.command": ("si", "s", "-"),
    "gate.command_[day]": ("si", "s", "-"),
    "gate.outbox": ("siud", "sd", "-"),
    "gate.request_key": ("si", "s", "-"),
    "gate.request_key_[hash]": ("si", "s", "-"),
    "gate.snapshot": ("sid", "-", "-"),
    "gate.snapshot_part": ("sid", "-", "-"),
    "infra.migration": ("s", "s", "s"),
    "ledger.balance": ("siu", "s", "s"),
    "ledger.posting": ("si", "s", "s"),
    "ledger.posting_[day]": ("si", "s", "-"),
    "rails.caution": ("-", "s", "s"),
    "rails.payment_return": ("-", "siu", "s"),
    "rails.sending": ("-", "siu", "s"),
    "rules.policy": ("si", "s", "-"),
    "transfers.hold": ("siud", "s", "-"),
    "transfers.transfer": ("si", "s", "-"),
    "transfers.transfer_[day]": ("si", "s", "-"),
    "vault.sealed_file": ("-", "si", "-"),
    "vault.subject_key": ("si", "siu:", "-"),
    "vault.token": ("-", "si", "-"),
}
SCHEMAS = {
    "access": (Role.GATE, Role.APP),
    "accounts": (Role.GATE, Role.APP, Role.READER),
    "alerts": (Role.GATE, Role.APP),
    "audit": (Role.GATE, Role.APP, Role.READER),
    "channels": (Role.APP,),
    "gate": (Role.GATE, Role.APP, Role.READER),
    "infra": (Role.GATE, Role.APP, Role.READER),
    "ledger": (Role.GATE, Role.APP, Role.READER),
    "public": (),
    "rails": (Role.APP, Role.READER),
    "rules": (Role.GATE, Role.APP),
    "transfers": (Role.GATE, Role.APP),
    "vault": (Role.GATE, Role.APP),
}
FUNCTIONS = {
    "audit.thin_checkpoints": (Role.GATE,),
    "gate.ensure_day": (Role.GATE,),
    "vault.refuse_revival": (),
}
COLUMNS_TO_UPDATE = {
    ("vault.subject_key", Role.APP, name) for name in ("destroyed_at", "epoch", "wrapped")
}
GATE_STATE = ("access", "accounts", "alerts", "audit", "gate", "ledger", "rules", "transfers")
TODAY = 20_000

RELATIONS = """
    SELECT format('%I.%I', n.nspname, c.relname)::text,
           CASE WHEN NOT c.relispartition THEN n.nspname || '.' || c.relname
                WHEN c.relname LIKE 'request_key_%' THEN n.nspname || '.request_key_[hash]'
                ELSE n.nspname || '.' || regexp_replace(c.relname, '_[0-9]+$', '_[day]') END::text,
           pg_get_userbyid(c.relowner)::text
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND c.relkind NOT IN ('i', 'I', 't', 'c')
    ORDER BY 1
"""
LETTERS = {
    "s": "SELECT", "i": "INSERT", "u": "UPDATE", "d": "DELETE", "t": "TRUNCATE",
    "r": "REFERENCES", "T": "TRIGGER", "m": "MAINTAIN",
}  # fmt: skip
OF_COLUMNS = "siur"


@pytest.fixture
def used(database: Database) -> Database:
    """Give a database in which the gate has begun a day, so that partitions are there."""
    with database.connect(Role.GATE) as connection:
        connection.execute(b"SELECT gate.ensure_day(20000)")
    return database


def held(connection: psycopg.Connection, role: str, table: str) -> str:
    """The letters of what a role may do; 17 knows a privilege that 15 does not."""
    found = ""
    for letter, privilege in LETTERS.items():
        if privilege == "MAINTAIN" and connection.info.server_version < 170_000:
            continue
        found += letter * is_true(
            connection, "SELECT has_table_privilege(%s, %s, %s)", role, table, privilege
        )
        if letter in OF_COLUMNS and letter not in found:
            query = "SELECT has_any_column_privilege(%s, %s, %s)"
            found += f"{letter}:" * is_true(connection, query, role, table, privilege)
    return found or "-"


def is_true(connection: psycopg.Connection, query: str, *parameters: str) -> bool:
    row = connection.execute(query.encode(), parameters).fetchone()
    assert row is not None
    return bool(row[0])


@pytest.mark.every_server
def test_each_role_holds_exactly_what_is_written_here(used: Database) -> None:
    with psycopg.connect(used.superuser_dsn()) as connection:
        relations = connection.execute(RELATIONS.encode()).fetchall()
        found = {
            table: (kind, tuple(held(connection, role, table) for role in WORKERS))
            for table, kind, _ in relations
        }
    assert {kind for kind, _ in found.values()} == set(PRIVILEGES)
    wrong = {
        table: privileges
        for table, (kind, privileges) in found.items()
        if privileges != PRIVILEGES[kind]
    }
    assert wrong == {}


def test_only_the_gate_writes_gate_state_and_the_reader_writes_nothing() -> None:
    """What the table above must never say, whoever changes it."""
    for table, (_, app, reader) in PRIVILEGES.items():
        assert reader in {"s", "-"}, table
        if table.partition(".")[0] in GATE_STATE and table != "gate.outbox":
            assert app in {"s", "-"}, table
    # The worker takes out what it has done; the gate has the word of what is to be done.
    assert PRIVILEGES["gate.outbox"][1] == "sd"


@pytest.mark.every_server
def test_some_columns_only_are_the_apps_to_change(used: Database) -> None:
    with psycopg.connect(used.superuser_dsn()) as connection:
        rows = connection.execute("""
            SELECT table_schema || '.' || table_name, grantee::text, column_name::text
            FROM information_schema.column_privileges AS c
            WHERE grantee LIKE 'countersign%' AND grantee <> 'countersign_migrator'
              AND NOT has_table_privilege(
                grantee, format('%I.%I', table_schema, table_name), privilege_type)
        """).fetchall()
    assert set(rows) == COLUMNS_TO_UPDATE


@pytest.mark.every_server
def test_each_role_sees_its_schemas_and_calls_its_functions_and_no_more(used: Database) -> None:
    with psycopg.connect(used.superuser_dsn()) as connection:
        schemas = connection.execute(
            """
            SELECT n.nspname::text, r.rolname::text,
                   has_schema_privilege(r.oid, n.oid, 'USAGE'),
                   has_schema_privilege(r.oid, n.oid, 'CREATE')
            FROM pg_namespace AS n, pg_roles AS r
            WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
              AND r.rolname = ANY(%s)
        """,
            [list(map(str, WORKERS))],
        ).fetchall()
        functions = connection.execute(
            """
            SELECT n.nspname || '.' || p.proname, r.rolname::text,
                   has_function_privilege(r.oid, p.oid, 'EXECUTE')
            FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace, pg_roles AS r
            WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
              AND r.rolname = ANY(%s)
        """,
            [list(map(str, WORKERS))],
        ).fetchall()
    assert not any(may_create for _, _, _, may_create in schemas)
    assert roles_by_name([row[:3] for row in schemas]) == with_sets(SCHEMAS)
    assert roles_by_name(functions) == with_sets(FUNCTIONS)


def roles_by_name(rows: list[tuple[str, str, bool]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, role, may_use in rows:
        found.setdefault(name, set()).update({role} if may_use else set())
    return found


def with_sets(expected: dict[str, tuple[Role, ...]]) -> dict[str, set[str]]:
    return {name: {role.value for role in roles} for name, roles in expected.items()}


@pytest.mark.every_server
@pytest.mark.parametrize("role", WORKERS)
def test_the_server_refuses_each_statement_that_is_not_written_here(
    used: Database, role: Role
) -> None:
    """The catalog says what may be done; here it is tried, on every table of every schema."""
    place = WORKERS.index(role)
    with psycopg.connect(used.superuser_dsn()) as connection:
        tables = [
            (table, PRIVILEGES[kind][place], _first_column(connection, table))
            for table, kind, _ in connection.execute(RELATIONS.encode()).fetchall()
        ]
    wrong = []
    with used.connect(role, autocommit=True) as connection:
        for table, privileges, column in tables:
            statements = {
                "s": f"SELECT {column} FROM {table}",
                "i": f"INSERT INTO {table} DEFAULT VALUES",
                "u": f"UPDATE {table} SET {column} = NULL WHERE false",
                "d": f"DELETE FROM {table} WHERE false",
                "t": f"TRUNCATE {table} CASCADE",
            }
            for letter, statement in statements.items():
                is_granted = letter in privileges and f"{letter}:" not in privileges
                if may(connection, statement) is not is_granted:
                    wrong.append(statement)
    assert wrong == []


def _first_column(connection: psycopg.Connection, table: str) -> str:
    row = connection.execute(
        "SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = %s::regclass"
        " AND attnum = 1",
        [table],
    ).fetchone()
    assert row is not None
    return str(row[0])


NOT_THE_MIGRATORS = [
    "ALTER ROLE countersign_migrator SUPERUSER",
    "ALTER ROLE countersign_gate PASSWORD 'x'",
    "CREATE ROLE sneaked",
    "CREATE DATABASE sneaked",
    "SET ROLE countersign_gate",
    "SET SESSION AUTHORIZATION countersign_gate",
    "SET session_replication_role = replica",
    "ALTER SYSTEM SET fsync = off",
    "COPY gate.batch TO PROGRAM 'cat'",
    "COPY gate.batch TO '/tmp/sneaked'",
    "SELECT pg_read_file('PG_VERSION')",
    "SELECT rolpassword FROM pg_authid",
    "UPDATE pg_class SET relowner = 10",
    "CREATE FUNCTION public.sneaked() RETURNS int LANGUAGE c AS 'x'",
]


@pytest.mark.every_server
def test_the_migrator_owns_everything_and_is_no_superuser(used: Database) -> None:
    with psycopg.connect(used.superuser_dsn()) as connection:
        owners = {owner for _, _, owner in connection.execute(RELATIONS.encode()).fetchall()}
        others = connection.execute("""
            SELECT pg_get_userbyid(nspowner)::text FROM pg_namespace
            WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public')
            UNION SELECT pg_get_userbyid(proowner)::text
            FROM pg_proc JOIN pg_namespace AS n ON n.oid = pronamespace
            WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
            UNION SELECT pg_get_userbyid(datdba)::text FROM pg_database
            WHERE datname = current_database()
        """).fetchall()
    assert owners == {Role.MIGRATOR}
    assert others == [(Role.MIGRATOR.value,)]
    with used.connect(Role.MIGRATOR, autocommit=True) as connection:
        assert not is_true(connection, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        allowed = [statement for statement in NOT_THE_MIGRATORS if may(connection, statement)]
    assert allowed == []


def test_no_role_has_powers_over_the_server(database: Database) -> None:
    with psycopg.connect(database.superuser_dsn()) as connection:
        rows = connection.execute("""
            SELECT rolname::text,
                   rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls
            FROM pg_roles WHERE rolname LIKE 'countersign%' ORDER BY rolname
        """).fetchall()
        members = connection.execute("""
            SELECT 1 FROM pg_auth_members JOIN pg_roles ON pg_roles.oid IN (roleid, member)
            WHERE rolname LIKE 'countersign%'
        """).fetchall()
    assert rows == [(role.value, False) for role in sorted(Role)]
    assert members == []


def test_nobody_else_may_connect(database: Database) -> None:
    with psycopg.connect(database.superuser_dsn(), autocommit=True) as connection:
        connection.execute("CREATE ROLE outsider LOGIN PASSWORD 'outsider'")
        try:
            outsider = database.server.dsn(
                user="outsider", password="outsider", database=database.name
            )
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                psycopg.connect(outsider)
        finally:
            connection.execute("DROP ROLE outsider")


def test_passwords_reach_the_server_only_as_verifiers(database: Database) -> None:
    with psycopg.connect(database.superuser_dsn()) as connection:
        rows = connection.execute(
            "SELECT rolpassword FROM pg_authid WHERE rolname LIKE 'countersign%'"
        ).fetchall()
    assert len(rows) == 4
    assert all(str(verifier).startswith("SCRAM-SHA-256$") for (verifier,) in rows)


def test_one_roles_password_does_not_open_another(database: Database) -> None:
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(database.dsn(Role.READER), user=Role.GATE)


def test_passwords_are_not_shown(database: Database) -> None:
    shown = repr(database)
    assert database.name in shown
    assert not any(password in shown for password in database.passwords.values())
    assert "password" not in shown


# --- preparing


@pytest.fixture
def server(cluster: EmbeddedCluster) -> Server:
    return cluster.server()


def catalog(database: Database) -> list[list[tuple[object, ...]]]:
    with psycopg.connect(database.superuser_dsn()) as connection:
        return [
            connection.execute(statement).fetchall()
            for statement in (
                "SELECT rolname, rolpassword FROM pg_authid ORDER BY 1",
                "SELECT datname, datdba, datacl::text FROM pg_database ORDER BY 1",
                "SELECT nspname, nspacl::text FROM pg_namespace ORDER BY 1",
                "SELECT defaclrole, defaclobjtype, defaclacl::text FROM pg_default_acl ORDER BY 1",
            )
        ]


def test_preparing_again_changes_nothing(cluster: EmbeddedCluster, server: Server) -> None:
    first = prepare_database(server, secrets_folder=cluster.folders.secrets)
    before = catalog(first)
    again = prepare_database(server, secrets_folder=cluster.folders.secrets)
    assert again == first
    assert catalog(again) == before


def test_several_databases_live_side_by_side(cluster: EmbeddedCluster, server: Server) -> None:
    names = ["countersign", "drill", "odd \"name's; --", "國際"]
    prepared = [
        prepare_database(server, secrets_folder=cluster.folders.secrets, name=name)
        for name in names
    ]
    for database in prepared:
        with database.connect(Role.MIGRATOR) as connection:
            connection.execute("CREATE TABLE kept AS SELECT current_database()::text AS name")
    for database, name in zip(prepared, names, strict=True):
        with database.connect(Role.MIGRATOR) as connection:
            assert connection.execute("SELECT name FROM kept").fetchall() == [(name,)]


def test_the_embedded_servers_lost_passwords_are_made_anew(
    cluster: EmbeddedCluster, server: Server
) -> None:
    first = prepare_database(server, secrets_folder=cluster.folders.secrets)
    (cluster.folders.secrets / "database.json").unlink()
    again = prepare_database(server, secrets_folder=cluster.folders.secrets)
    assert again.passwords.keys() == first.passwords.keys()
    assert not set(again.passwords.values()) & set(first.passwords.values())
    for role in Role:
        again.connect(role).close()
        with pytest.raises(psycopg.OperationalError):
            first.connect(role)


@pytest.mark.parametrize("power", ["SUPERUSER", "CREATEROLE", "CREATEDB", "BYPASSRLS"])
def test_an_overpowered_role_is_refused(
    cluster: EmbeddedCluster, server: Server, power: str
) -> None:
    with psycopg.connect(cluster.superuser_dsn(), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE countersign_app LOGIN {power}".encode())
    with pytest.raises(OverpoweredRole) as refused:
        prepare_database(server, secrets_folder=cluster.folders.secrets)
    assert refused.value.details == {"role": "countersign_app"}


@pytest.mark.parametrize(
    "options",
    ["", "OWNER countersign_migrator TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'"],
)
def test_an_unsuitable_database_is_refused(
    cluster: EmbeddedCluster, server: Server, options: str
) -> None:
    prepare_database(server, secrets_folder=cluster.folders.secrets, name="other")
    with psycopg.connect(cluster.superuser_dsn(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE countersign {options}".encode())
    with pytest.raises(UnsuitableDatabase) as refused:
        prepare_database(server, secrets_folder=cluster.folders.secrets)
    assert refused.value.details == {"name": "countersign"}


def test_the_secrets_file_is_what_the_logins_use(cluster: EmbeddedCluster, server: Server) -> None:
    database = prepare_database(server, secrets_folder=cluster.folders.secrets)
    kept = json.loads((cluster.folders.secrets / "database.json").read_text())
    assert kept == {role.value: database.passwords[role] for role in Role}
    assert len(set(kept.values())) == 4


def test_a_server_of_someone_else_has_no_superuser_for_us(database: Database) -> None:
    external = external_server(database.superuser_dsn())
    foreign = Database(name=database.name, server=external, passwords=database.passwords)
    with pytest.raises(InvariantBroken):
        foreign.superuser_dsn()


@pytest.fixture
def empty(postgres_server: TestServer) -> Iterator[Database]:
    with postgres_server.empty_database() as prepared:
        yield prepared


def test_functions_of_later_migrations_are_not_for_everyone(empty: Database) -> None:
    with empty.connect(Role.MIGRATOR) as connection:
        connection.execute("CREATE FUNCTION f() RETURNS int LANGUAGE sql RETURN 1")
        row = connection.execute(
            sql.SQL("SELECT has_function_privilege({role}, 'f()', 'EXECUTE')").format(
                role=sql.Literal(Role.APP.value)
            )
        ).fetchone()
    assert row == (False,)
