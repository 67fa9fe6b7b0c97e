"""The database that is backed up: the running one, else the embedded one, started for the time."""

import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from countersign.entrypoints.installation import HalfSetUp, Installation, NotRunning
from countersign.flows.backup.errors import NothingThere
from countersign.infra.database import DEFAULT_NAME, Role
from countersign.infra.postgres.binaries import find_binaries
from countersign.infra.postgres.cluster import EmbeddedCluster
from countersign.infra.postgres.errors import ServerUnreachable
from countersign.infra.postgres.os_user import choose_os_user
from countersign.infra.postgres.server import Server, external_server
from countersign.infra.secrets_file import SecretsFile

Connection = psycopg.Connection[Any]
_CONNECT_SECONDS = 10


@contextlib.contextmanager
def database_to_copy(installation: Installation) -> Iterator[Connection]:
    """A connection of the migrator, who owns every table."""
    url = installation.settings.database_url
    with contextlib.ExitStack() as stack:
        if url:
            connection = _external(installation, external_server(url))
        else:
            connection = _running(installation) or _started(installation, stack)
        stack.callback(connection.close)
        yield connection


def _external(installation: Installation, server: Server) -> Connection:
    try:
        return _connect(_dsn(installation, server))
    except psycopg.OperationalError:
        # The error is dropped: libpq's text may repeat parts of the conninfo.
        host = conninfo_to_dict(server.admin_dsn).get("host") or "the default socket"
        raise ServerUnreachable(host=str(host)) from None


def _running(installation: Installation) -> Connection | None:
    try:
        dsn = installation.dsn(Role.MIGRATOR)
    except NotRunning:
        return None
    except KeyError:
        raise _no_password(installation) from None
    try:
        return _connect(dsn)
    except psycopg.OperationalError:
        return None


def _started(installation: Installation, stack: contextlib.ExitStack) -> Connection:
    """Start the embedded server for as long as the stack lasts; nobody else can meanwhile."""
    settings = installation.settings
    cluster = EmbeddedCluster(
        installation.data_dir,
        binaries=find_binaries(settings.pg_bindir),
        os_user=choose_os_user(settings.pg_user),
    )
    if not cluster.folders.data.exists():
        raise NothingThere(folder=str(installation.data_dir))
    stack.enter_context(cluster)
    return _connect(_dsn(installation, cluster.server()))


def _dsn(installation: Installation, server: Server) -> str:
    passwords = SecretsFile(installation.data_dir / "secrets" / "database.json").load()
    password = passwords.get(Role.MIGRATOR)
    if password is None:
        raise _no_password(installation)
    return server.dsn(user=Role.MIGRATOR, password=password, database=DEFAULT_NAME)


def _no_password(installation: Installation) -> HalfSetUp:
    return HalfSetUp(folder=str(installation.data_dir), what="secrets/database.json")


def _connect(dsn: str) -> Connection:
    return psycopg.connect(
        dsn, connect_timeout=_CONNECT_SECONDS, application_name="countersign backup"
    )
