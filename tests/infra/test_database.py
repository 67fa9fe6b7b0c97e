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
