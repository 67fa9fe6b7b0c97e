"""The fresh database that a backup is loaded into: embedded in the new folder, or on a server.

On a server that someone else runs, only what was made here is taken away again after a failure,
and nothing that is there already is ever changed.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql

from countersign.flows.backup.errors import DatabaseNotEmpty, RolesExist
from countersign.infra.database import DEFAULT_NAME, Database, Role, prepare_database
from countersign.infra.postgres.binaries import find_binaries
from countersign.infra.postgres.cluster import EmbeddedCluster
from countersign.infra.postgres.os_user import choose_os_user
from countersign.infra.postgres.server import Server, external_server
from countersign.infra.secrets_file import SecretsFile
from countersign.infra.settings import Settings


@contextlib.contextmanager
def fresh_database(
    settings: Settings, folder: Path, *, roles_file: Path | None
) -> Iterator[Database]:
    """A prepared database without migrations; in `folder`, if it is embedded, while it runs."""
    if settings.database_url:
        with _on_server(external_server(settings.database_url), folder, roles_file) as database:
            yield database
    else:
        with cluster_in(folder, settings) as cluster:
            yield prepare_database(cluster.server(), secrets_folder=cluster.folders.secrets)


def end_server_in(folder: Path, settings: Settings) -> None:
    """Stop the embedded server that a killed restore left running."""
    cluster = cluster_in(folder, settings)
    if cluster.folders.data.exists() and cluster.is_running:
        with cluster:
            pass


def cluster_in(folder: Path, settings: Settings) -> EmbeddedCluster:
    """The embedded server below a folder, not started."""
    return EmbeddedCluster(
        folder,
        binaries=find_binaries(settings.pg_bindir),
        os_user=choose_os_user(settings.pg_user),
    )


@contextlib.contextmanager
def _on_server(server: Server, folder: Path, roles_file: Path | None) -> Iterator[Database]:
    secrets = SecretsFile(folder / "secrets" / "database.json")
    if roles_file:
        secrets.save(SecretsFile(roles_file).load())
    with server.administrate() as administrator:
        roles = {name for (name,) in administrator.execute(_ROLES, [list(Role)]).fetchall()}
        has_database = administrator.execute(_HAS_DATABASE, [DEFAULT_NAME]).fetchone() is not None
    if roles and not roles_file:
        raise RolesExist(role=min(roles))
    try:
        database = prepare_database(server, secrets_folder=secrets.path.parent)
        if has_database:
            _require_empty(database)
        try:
            yield database
        except BaseException:
            if has_database:
                _empty(database)
            raise
    except BaseException:
        _take_away(server, has_database=has_database, roles=set(Role) - roles)
        raise


def _require_empty(database: Database) -> None:
    with database.connect(Role.MIGRATOR) as connection:
        if connection.execute(_HAS_SCHEMAS).fetchone() is not None:
            raise DatabaseNotEmpty(name=database.name)


def _empty(database: Database) -> None:
    """Drop the schemas that the migrations made in a database that was empty."""
    with (
        contextlib.suppress(psycopg.Error),
        database.connect(Role.MIGRATOR) as connection,
    ):
        for (name,) in connection.execute(_OWN_SCHEMAS).fetchall():
            connection.execute(sql.SQL(_DROP_SCHEMA).format(sql.Identifier(name)))


def _take_away(server: Server, *, has_database: bool, roles: set[Role]) -> None:
    """Drop the database and the roles that were made here, as far as the login may."""
    with contextlib.suppress(psycopg.Error), server.administrate() as administrator:
        if not has_database:
            owner, name = sql.Identifier(Role.MIGRATOR), sql.Identifier(DEFAULT_NAME)
            # Who drops a database must be a member of its owner, superusers apart.
            with contextlib.suppress(psycopg.Error):
                administrator.execute(sql.SQL(_JOIN).format(owner))
            administrator.execute(sql.SQL(_DROP_DATABASE).format(name))
            with contextlib.suppress(psycopg.Error):
                administrator.execute(sql.SQL(_LEAVE).format(owner))
        for role in sorted(roles):
            administrator.execute(sql.SQL(_DROP_ROLE).format(sql.Identifier(role)))


_ROLES = "SELECT rolname::text FROM pg_catalog.pg_roles WHERE rolname = ANY(%s)"
_HAS_DATABASE = "SELECT 1 FROM pg_catalog.pg_database WHERE datname = %s"
# Whoever made them: a database that holds anything is not this restore's to fill.
_HAS_SCHEMAS = """
    SELECT 1 FROM pg_catalog.pg_namespace AS n
    WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'public')
      OR n.nspname = 'public' AND EXISTS (
        SELECT FROM pg_catalog.pg_class AS c WHERE c.relnamespace = n.oid)
    LIMIT 1
"""
_OWN_SCHEMAS = """
    SELECT nspname::text FROM pg_catalog.pg_namespace
    WHERE nspname !~ '^pg_' AND nspname <> 'public' AND pg_get_userbyid(nspowner) = current_user
"""
_JOIN: LiteralString = "GRANT {} TO CURRENT_USER"
_LEAVE: LiteralString = "REVOKE {} FROM CURRENT_USER"
_DROP_SCHEMA: LiteralString = "DROP SCHEMA {} CASCADE"
_DROP_DATABASE: LiteralString = "DROP DATABASE IF EXISTS {} WITH (FORCE)"
_DROP_ROLE: LiteralString = "DROP ROLE IF EXISTS {}"
