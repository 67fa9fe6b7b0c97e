"""A server that someone else runs: what it must fulfil, and how few rights are enough."""

import json
from pathlib import Path

import psycopg
import pytest
from tests.support.postgres import a_cluster, a_server_by_hand

from countersign.infra.database import (
    AdministratorTooWeak,
    Role,
    UnknownRolePassword,
    prepare_database,
)
from countersign.infra.migrations.runner import migrate
from countersign.infra.postgres.cluster import EmbeddedCluster
from countersign.infra.postgres.errors import ServerUnreachable, UnsafeSetting
from countersign.infra.postgres.server import Server, external_server

pytestmark = pytest.mark.postgres


def as_administrator(cluster: EmbeddedCluster, powers: str) -> Server:
    """Make a login of these powers and see the server through it, as if it were not ours."""
    with psycopg.connect(cluster.superuser_dsn(), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE admin LOGIN PASSWORD 'admin' {powers}".encode())
    dsn = cluster.server().dsn(user="admin", password="admin", database="postgres")
    return external_server(dsn)


@pytest.mark.every_server
def test_an_administrator_who_may_create_roles_and_databases_is_enough(
    folder: Path, server_kind: str
) -> None:
    with a_cluster(folder / "data", kind=server_kind) as cluster:
        server = as_administrator(cluster, "CREATEROLE CREATEDB")
        database = prepare_database(server, secrets_folder=folder / "secrets")
        assert prepare_database(server, secrets_folder=folder / "secrets") == database
        assert migrate(database)
        for role in Role:
            database.connect(role).close()
        with psycopg.connect(cluster.superuser_dsn()) as connection:
            # The administrator keeps no way to act as one of the roles without taking it first.
            rows = connection.execute("""
                SELECT rolname::text, pg_has_role('admin', rolname, 'USAGE')
                FROM pg_roles WHERE rolname LIKE 'countersign%'
            """).fetchall()
        assert sorted(rows) == [(role.value, False) for role in sorted(Role)]


@pytest.mark.parametrize(
    ("powers", "name"), [("CREATEDB", "countersign_migrator"), ("CREATEROLE", "countersign")]
)
def test_a_weaker_administrator_is_refused(
    cluster: EmbeddedCluster, folder: Path, powers: str, name: str
) -> None:
    server = as_administrator(cluster, powers)
    with pytest.raises(AdministratorTooWeak) as refused:
        prepare_database(server, secrets_folder=folder / "secrets")
    assert refused.value.details == {"name": name}


def test_no_power_is_needed_when_all_is_there(cluster: EmbeddedCluster, folder: Path) -> None:
    prepared = prepare_database(cluster.server(), secrets_folder=folder / "secrets")
    server = as_administrator(cluster, "")
    assert prepare_database(server, secrets_folder=folder / "secrets").passwords == (
        prepared.passwords
    )


def test_another_machines_passwords_are_not_changed(cluster: EmbeddedCluster, folder: Path) -> None:
    server = external_server(cluster.superuser_dsn())
    first = prepare_database(server, secrets_folder=folder / "first")
    with pytest.raises(UnknownRolePassword) as refused:
        prepare_database(server, secrets_folder=folder / "second")
    assert refused.value.details == {
        "role": "countersign_migrator",
        "file": str(folder / "second" / "database.json"),
    }
    for role in Role:
        first.connect(role).close()
    copied = (folder / "first" / "database.json").read_text()
    (folder / "second" / "database.json").write_text(copied)
    assert prepare_database(server, secrets_folder=folder / "second") == first
    assert json.loads(copied).keys() == {role.value for role in Role}


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://admin:hunter2@127.0.0.1:1/postgres",
        "postgresql://admin:hunter2@/x?host=/nowhere",
    ],
)
def test_an_unreachable_server_is_refused_without_its_password(url: str, folder: Path) -> None:
    with pytest.raises(ServerUnreachable) as refused:
        prepare_database(external_server(url), secrets_folder=folder / "secrets")
    assert refused.value.details["host"] in ("127.0.0.1", "/nowhere")
    assert refused.value.__cause__ is None
    assert "hunter2" not in str(refused.value)
    assert "hunter2" not in repr(external_server(url))


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes"])
def test_a_server_that_may_lose_what_it_confirmed_is_refused(root: Path, setting: str) -> None:
    cluster = a_cluster(root)
    with a_server_by_hand(cluster, f"{setting}=off"), cluster:  # Running already: it is adopted.
        with pytest.raises(UnsafeSetting) as refused:
            prepare_database(cluster.server(), secrets_folder=cluster.folders.secrets)
        assert refused.value.details == {"setting": setting}
