"""A server is made, started, found, refused and stopped, for real."""

import os
import pwd
import stat
import threading
from pathlib import Path

import psycopg
import pytest
from tests.support.postgres import DEBIAN_FOLDER, TEST_SETTINGS, a_cluster

from countersign.infra.postgres.binaries import Binaries, find_binaries
from countersign.infra.postgres.cluster import EmbeddedCluster
from countersign.infra.postgres.errors import (
    AlreadyRunning,
    InitFailed,
    OtherMajor,
    PasswordRefused,
    StartFailed,
    UnreachableFolder,
)
from countersign.infra.postgres.os_user import choose_os_user
from countersign.infra.secrets_file import ExposedSecrets

pytestmark = pytest.mark.postgres

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")

SETTINGS = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "data_checksums": "on",
    "server_encoding": "UTF8",
    "listen_addresses": "",
    "password_encryption": "scram-sha-256",
    "max_connections": "50",
    "max_wal_size": "1GB",
    "shared_buffers": "256MB",
    "checkpoint_timeout": "15min",
    "wal_compression": "lz4",
    "logging_collector": "on",
    "log_statement": "none",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
}


def setting(cluster: EmbeddedCluster, name: str) -> str:
    with psycopg.connect(cluster.superuser_dsn()) as connection:
        row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
        assert row is not None
        return str(row[0])


@pytest.mark.every_server
def test_a_new_server_is_safe_and_private(folder: Path, server_kind: str) -> None:
    cluster = a_cluster(folder / "data", kind=server_kind)
    plain = EmbeddedCluster(folder / "data", binaries=cluster._binaries, os_user=choose_os_user())
    with plain:
        assert {name: setting(plain, name) for name in SETTINGS} == SETTINGS
        server_folder = plain.folders.server
        for path in (server_folder, plain.folders.data, plain.folders.log):
            found = path.stat()
            assert found.st_uid == plain.os_user.uid
            assert stat.S_IMODE(found.st_mode) == 0o700
    assert not plain.is_running


def test_no_login_without_the_right_password(cluster: EmbeddedCluster) -> None:
    for wrong in ("", "wrong"):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(cluster.superuser_dsn(), password=wrong)
    with psycopg.connect(cluster.superuser_dsn()) as connection:
        rows = connection.execute("SELECT DISTINCT auth_method FROM pg_hba_file_rules").fetchall()
    assert rows == [("scram-sha-256",)]


@as_root
def test_the_superusers_password_is_kept_from_postgres_own_user(cluster: EmbeddedCluster) -> None:
    kept = cluster.folders.secrets / "postgres.json"
    assert kept.stat().st_uid == 0
    assert cluster.os_user.run(["/bin/cat", kept]).returncode != 0
    with psycopg.connect(cluster.superuser_dsn()) as connection:
        connection.execute("CREATE TEMP TABLE shown (line text)")
        connection.execute("COPY shown FROM PROGRAM 'id -un'")
        running_as = connection.execute("SELECT line FROM shown").fetchone()
        assert running_as == (cluster.os_user.name,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT pg_read_file(%s)", [str(kept)])


def test_a_superuser_cannot_switch_durability_off(root: Path) -> None:
    with (
        a_cluster(root) as cluster,
        psycopg.connect(cluster.superuser_dsn(), autocommit=True) as connection,
    ):
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("ALTER SYSTEM SET log_statement = 'all'")
        connection.execute("SELECT pg_reload_conf()")
    with a_cluster(root) as cluster:
        assert setting(cluster, "fsync") == "on"
        assert setting(cluster, "log_statement") == "none"


def test_the_log_shows_no_values(cluster: EmbeddedCluster) -> None:
    with psycopg.connect(cluster.superuser_dsn(), autocommit=True) as connection:
        connection.execute("CREATE TABLE person (name text UNIQUE)")
        connection.execute("INSERT INTO person VALUES ('Anna Okafor')")
        for _ in range(2):
            with pytest.raises(psycopg.errors.UniqueViolation):
                connection.execute("INSERT INTO person VALUES (%s)", ["Anna Okafor"])
            with pytest.raises(psycopg.errors.UniqueViolation):
                connection.execute("INSERT INTO person VALUES ('Anna Okafor')")
        with pytest.raises(psycopg.errors.UndefinedTable):
            connection.execute("SELECT 'Anna Okafor' FROM nowhere")
    pause, written = threading.Event(), ""
    for _ in range(200):  # The server writes its log by a process of its own.
        written = "".join(path.read_text() for path in cluster.folders.log.iterdir())
        if 'relation "nowhere" does not exist' in written:
            break
        pause.wait(0.05)
    assert 'relation "nowhere" does not exist' in written
    assert "person_name_key" in written
    assert "Okafor" not in written


@pytest.mark.parametrize(
    "name", ["with space", "with,comma", 'with"quote', "with'quote", "國際", "l" * 120, "a=b\\c"]
)
def test_any_path_will_do(root: Path, name: str) -> None:
    odd = root.parent / name
    root.rename(odd)
    with a_cluster(odd) as cluster:
        assert setting(cluster, "fsync") == "on"
        used = cluster._socket_folder
        assert used is not None
        assert used.stat().st_uid == cluster.os_user.uid
        assert stat.S_IMODE(used.stat().st_mode) == 0o700
    if len(name) == 120 or "," in name:
        assert not used.exists()  # Nothing stays behind outside of the data folder.
        assert not cluster.folders.socket_record.exists()
    else:
        assert used.is_relative_to(odd)


def test_a_copy_does_not_take_the_originals_socket(root: Path) -> None:
    original = root.parent / ("l" * 120)
    root.rename(original)
    with a_cluster(original) as cluster:
        copy = root.parent / ("m" * 120)
        copy.mkdir(mode=0o711)
        copy.joinpath("postgres-socket").write_bytes(cluster.folders.socket_record.read_bytes())
        with a_cluster(copy) as second:
            assert second._socket_folder != cluster._socket_folder
            assert setting(second, "data_directory") == str(copy / "postgres" / "data")
        assert setting(cluster, "data_directory") == str(original / "postgres" / "data")


def test_a_linked_data_folder_is_the_same_data_folder(root: Path) -> None:
    link = root.parent / "link"
    link.symlink_to(root)
    with a_cluster(link) as cluster:
        assert a_cluster(root).is_running
        with pytest.raises(AlreadyRunning):
            a_cluster(root).start()
        assert cluster.is_running


def test_a_second_supervisor_is_refused_and_harms_nothing(root: Path) -> None:
    with a_cluster(root) as cluster:
        second = a_cluster(root)
        with pytest.raises(AlreadyRunning) as refused:
            second.start()
        assert refused.value.details == {"folder": str(root)}
        assert setting(cluster, "fsync") == "on"
    with second:
        assert second.is_running


@as_root
def test_a_closed_parent_is_refused_by_name_and_left_closed(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(UnreachableFolder) as refused:
        a_cluster(closed / "data").start()
    assert refused.value.details == {"user": "nobody", "folder": str(closed)}
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@as_root
def test_closed_programs_are_refused_by_name(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    (closed / "bin").symlink_to(find_binaries().folder)
    binaries = Binaries(folder=closed / "bin", major_version=17)
    with pytest.raises(UnreachableFolder) as refused:
        EmbeddedCluster(folder / "data", binaries=binaries, os_user=choose_os_user()).start()
    assert refused.value.details["folder"] == str(closed)


@as_root
def test_another_configured_user(folder: Path) -> None:
    user = choose_os_user("daemon")
    with EmbeddedCluster(
        folder / "data", binaries=find_binaries(), os_user=user, extra_settings=TEST_SETTINGS
    ) as cluster:
        assert cluster.folders.data.stat().st_uid == pwd.getpwnam("daemon").pw_uid
    with pytest.raises(UnreachableFolder) as refused:
        a_cluster(folder / "data").start()
    assert refused.value.details["folder"] == str(cluster.folders.server)


def test_a_failed_start_says_why_and_leaves_nothing(root: Path) -> None:
    bad = EmbeddedCluster(
        root,
        binaries=find_binaries(),
        os_user=choose_os_user(),
        extra_settings={"shared_buffers": "1kB"},
    )
    with pytest.raises(StartFailed) as refused:
        bad.start()
    assert "shared_buffers" in str(refused.value.details["reason"])
    assert not bad.is_running
    with a_cluster(root) as cluster:
        assert cluster.is_running


def test_a_failed_initdb_says_why(folder: Path) -> None:
    programs = folder / "bin"
    programs.mkdir()
    for name in ("postgres", "initdb", "pg_ctl"):
        (programs / name).write_text("#!/bin/sh\necho 'initdb: error: disk full' >&2\nexit 1\n")
        (programs / name).chmod(0o755)
    binaries = Binaries(folder=programs, major_version=17)
    cluster = EmbeddedCluster(folder / "data", binaries=binaries, os_user=choose_os_user())
    with pytest.raises(InitFailed) as refused:
        cluster.start()
    assert refused.value.details["reason"] == "initdb: error: disk full"
    with a_cluster(folder / "data") as good:
        assert good.is_running


def test_what_an_interrupted_initdb_left_is_discarded(root: Path) -> None:
    cluster = a_cluster(root)
    cluster.folders.data.rename(cluster.folders.partial_data)
    (cluster.folders.partial_data / "PG_VERSION").unlink()
    with cluster:
        assert not cluster.folders.partial_data.exists()
        assert setting(cluster, "fsync") == "on"


@pytest.mark.skipif(not DEBIAN_FOLDER.exists(), reason="needs Debian's Postgres 15")
def test_programs_of_another_major_version_are_refused(root: Path) -> None:
    with pytest.raises(OtherMajor) as refused:
        a_cluster(root, kind="debian").start()
    assert refused.value.details == {"data_version": "17", "binaries_version": "15"}


def test_a_lost_password_is_refused_and_the_server_is_not_left_running(root: Path) -> None:
    kept = root / "secrets" / "postgres.json"
    saved = kept.read_bytes()
    kept.unlink()
    cluster = a_cluster(root)
    with pytest.raises(PasswordRefused) as refused:
        cluster.start()
    assert refused.value.details["file"] == str(kept)
    assert not cluster.is_running
    kept.write_bytes(saved)
    with cluster:
        assert cluster.is_running


def test_an_exposed_password_is_refused(root: Path) -> None:
    (root / "secrets" / "postgres.json").chmod(0o644)
    with pytest.raises(ExposedSecrets):
        a_cluster(root).start()
    assert not a_cluster(root).is_running
