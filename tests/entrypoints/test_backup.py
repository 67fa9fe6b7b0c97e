"""Backup beside a working gate, and the way back: whole, verified, or not at all."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from tests.support.postgres import TestServer, a_cluster, binaries_of, reachable_folder
from tests.support.processes import run_as_ordinary_user

from countersign.entrypoints.backup.backing_up import back_up_installation
from countersign.entrypoints.backup.folder import WORK_NAME, restored_folder
from countersign.entrypoints.backup.marker import read_marker
from countersign.entrypoints.backup.restoring import Restored, restore_installation
from countersign.entrypoints.backup.target import cluster_in
from countersign.entrypoints.bench.bed import Bed, a_bed, reference
from countersign.entrypoints.bench.traffic import Traffic
from countersign.entrypoints.installation import default_key_file, load_installation, set_up
from countersign.flows.backup import layout
from countersign.flows.backup.archive import ArchiveReader
from countersign.flows.backup.checking import records
from countersign.flows.backup.errors import (
    CutOff,
    DatabaseNotEmpty,
    DoesNotFit,
    FolderNotEmpty,
    RestoreBusy,
    RolesExist,
    WrongKey,
)
from countersign.flows.backup.loading import load
from countersign.flows.backup.records import Manifest, Record, TableBegins, TableEnds
from countersign.gate.commands import Kind
from countersign.gate.errors import Tampered
from countersign.gate.head import Head
from countersign.gate.requests import FreezeRequest, Item, Query
from countersign.infra.clock import SystemClock
from countersign.infra.database import Database, Role, prepare_database
from countersign.infra.migrations.runner import migrate, read_migrations, require_current
from countersign.infra.postgres.cluster import EmbeddedCluster
from countersign.infra.settings import Settings, load_settings
from countersign.kernel.ids import new_id
from countersign.rails import actions as rails
from countersign.rails import queries as rail_queries
from countersign.rails.ids import transaction_id, uetr_of
from countersign.rails.model import Sending, State
from countersign.vault.errors import KeyFileMissing
from countersign.vault.files import SealedFiles
from countersign.vault.protectors import create_key_file
from countersign.vault.subjects import SubjectKeys

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(240)]

COMMAND = (sys.executable, "-m", "countersign.entrypoints.cli.main")


@pytest.fixture(scope="module")
def bed() -> Iterator[Bed]:
    with a_bed(name="kept") as made:
        made.gate(snapshot_every=40).start()
        made.populate(20)
        with made.channel_client() as client:
            client.submit(orders(1, 30))
        with made.operator() as operator:
            operator.ask(Kind.FREEZE, FreezeRequest(reference(7), "stolen"))
        keep_a_file(made)
        yield made


@pytest.fixture
def folder() -> Iterator[Path]:
    with reachable_folder() as made:
        yield made


def orders(seed: int, count: int) -> list[Item]:
    source = traffic(seed)
    return [source.item() for _ in range(count)]


def traffic(seed: int) -> Traffic:
    today = datetime.fromtimestamp(SystemClock().now_ms() / 1000, tz=UTC).date()
    return Traffic(accounts=20, channel=100, seed=seed, today=today)


def keep_a_file(bed: Bed) -> None:
    """A row of more bytes than a block has."""
    dsn = bed.database.dsn(Role.APP)
    keyset, instance = bed.installation.keyset(), bed.installation.instance
    with (
        psycopg.connect(dsn) as connection,
        SubjectKeys(lambda: psycopg.connect(dsn), keyset, instance) as keys,
    ):
        file_id = new_id(SystemClock().now_ms())
        content = bytes(range(256)) * 10_000
        SealedFiles(keys).keep(connection, file_id=file_id, name="a.xml", content=content)


def backed_up(bed: Bed, folder: Path, name: str = "a.csbackup") -> Path:
    made = back_up_installation(bed.installation, folder / name, progress=lambda *_: None)
    return made.file


def settings_for(bed: Bed, data: Path, **more: str) -> Settings:
    environment = {"COUNTERSIGN_DATA": str(data), "COUNTERSIGN_KEY_FILE": key_of(bed), **more}
    return load_settings(environment)


def key_of(bed: Bed) -> str:
    return str(default_key_file(bed.folder))


def restored(
    file: Path, settings: Settings, *, with_settings: bool = False, roles_file: Path | None = None
) -> Restored:
    return restore_installation(
        file,
        settings=settings,
        with_settings_file=with_settings,
        roles_file=roles_file,
        progress=lambda _: None,
    )


def log_size(bed: Bed) -> int:
    with psycopg.connect(bed.database.dsn(Role.READER)) as connection:
        found = connection.execute("SELECT max(first_number + leaves) FROM gate.batch").fetchone()
    assert found
    return int(found[0])


def all_rows(connection: psycopg.Connection[Any]) -> dict[str, list[tuple[Any, ...]]]:
    rows = {}
    for table in layout.read_tables(connection):
        statement = sql.SQL("SELECT * FROM {} AS t ORDER BY t::text").format(table.identifier)
        rows[f"{table.schema}.{table.name}"] = connection.execute(statement).fetchall()
    return rows


@contextmanager
def running(bed: Bed, data: Path) -> Iterator[Bed]:
    """The restored installation with its database, as `run` would find it."""
    settings = settings_for(bed, data)
    shutil.copy2(key_of(bed), default_key_file(data))
    installation = load_installation(settings)
    with cluster_in(data, settings) as cluster:
        database = prepare_database(cluster.server(), secrets_folder=cluster.folders.secrets)
        installation.note_reach(database)
        yield Bed(installation, database, cluster)


def cli(*arguments: object, expect: int = 0) -> Any:
    done = subprocess.run(
        [*COMMAND, *map(str, arguments), "--json"], capture_output=True, check=False, timeout=120
    )
    assert done.returncode == expect, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_an_installation_comes_back_and_goes_on(bed: Bed, folder: Path) -> None:
    settings_file = bed.folder / "countersign.toml"
    settings_file.write_text('log_level = "warning"\n', "utf-8")
    file, data = folder / "a.csbackup", folder / "new"
    items = orders(2, 10)
    with bed.channel_client() as client:
        answers = client.submit(items)
    said = cli("backup", "--to", file, "--data", bed.folder)
    settings_file.unlink()
    assert said["log_size"] == log_size(bed)
    assert said["bytes"] == file.stat().st_size
    assert said["key"] == key_of(bed)
    again = cli("backup", "--to", file, "--data", bed.folder, expect=1)
    assert again["error"]["code"] == "backup.file_exists"
    back = cli("restore", "--from", file, "--data", data, "--key-file", key_of(bed))
    assert (back["verified"], back["log_size"]) == (True, said["log_size"])
    assert back["key_for_run"] == str(default_key_file(data))
    assert (data / "countersign.toml").read_text("utf-8") == 'log_level = "warning"\n'
    assert not (data / WORK_NAME).exists()
    marker = read_marker(data)
    assert marker is not None
    assert (marker.log_size, marker.batch_seq) == (said["log_size"], said["batch_seq"])
    with running(bed, data) as copy:
        with (
            copy.database.connect(Role.MIGRATOR) as there,
            bed.database.connect(Role.MIGRATOR) as here,
        ):
            found, wanted = all_rows(there), all_rows(here)
        assert found["rails.caution"] == [(said["log_size"], True)]
        # The gate beside publishes checkpoints and makes coming days' tables whenever it likes.
        for rows in (found, wanted):
            del rows["audit.checkpoint"], rows["rails.caution"]
        assert _with_rows(found) == _with_rows(wanted)
        gate = copy.gate()
        gate.start()
        try:
            with copy.channel_client() as client:
                assert client.submit(items) == answers, "request keys are known as before"
                assert client.submit(orders(3, 1))[0].number == said["log_size"]
            report = cli("audit", "verify", "--data", data)
        finally:
            gate.stop()
    assert (report["clean"], report["commands"]) == (True, said["log_size"] + 1)


def test_a_backup_beside_flowing_orders_is_of_one_moment(bed: Bed, folder: Path) -> None:
    stop, rounds = threading.Event(), threading.Semaphore(0)
    source = traffic(4)

    def flow() -> None:
        with bed.channel_client() as client:
            while not stop.is_set():
                client.submit([source.item() for _ in range(20)])
                rounds.release()

    flowing = threading.Thread(target=flow)
    flowing.start()
    try:
        rounds.acquire()
        before = log_size(bed)
        files = [backed_up(bed, folder, f"{number}.csbackup") for number in range(2)]
        rounds.acquire()
    finally:
        stop.set()
        flowing.join()
    for number, file in enumerate(files):
        sums = restored(file, settings_for(bed, folder / f"new{number}")).checked.sums
        assert before <= sums.log_size < log_size(bed)


def test_a_backup_with_nothing_running_starts_the_database_for_the_time(folder: Path) -> None:
    with a_bed(name="idle") as bed:
        gate = bed.gate()
        gate.start()
        bed.populate(2)
        gate.stop()
        bed.cluster.stop()
        said = cli("backup", "--to", folder, "--data", bed.folder)
        assert not bed.cluster.is_running
        assert Path(said["file"]).parent == folder
        assert Path(said["file"]).name.startswith("idle-")
        assert said["log_size"] == 7
        checked = cli(
            *("restore", "--from", said["file"], "--data", folder / "x", "--check"),
            *("--key-file", key_of(bed)),
        )
        assert checked["log_size"] == 7
        assert not (folder / "x").exists()
        bed.cluster.start()


def test_the_wrong_key_and_no_key_restore_nothing(bed: Bed, folder: Path) -> None:
    file = backed_up(bed, folder)
    data = folder / "new"
    create_key_file(folder / "other.key", data_dir=data)
    with pytest.raises(WrongKey):
        restored(file, replace(settings_for(bed, data), key_file=folder / "other.key"))
    with pytest.raises(KeyFileMissing):
        restored(file, replace(settings_for(bed, data), key_file=None))
    (folder / "phrase").write_text("correct horse battery staple", "utf-8")
    (folder / "phrase").chmod(0o600)
    with pytest.raises(WrongKey):
        restored(file, replace(settings_for(bed, data), passphrase_file=folder / "phrase"))
    assert not data.exists()


def test_a_folder_that_holds_anything_is_left_alone(bed: Bed, folder: Path) -> None:
    file = backed_up(bed, folder)
    data = folder / "new"
    data.mkdir()
    (data / "something").write_text("of somebody", "utf-8")
    settings = settings_for(bed, data)
    for occupied in (data, bed.folder):
        with pytest.raises(FolderNotEmpty):
            restored(file, replace(settings, data_dir=occupied))
    assert [path.name for path in data.iterdir()] == ["something"]
    (data / "something").unlink()


def test_what_a_killed_restore_left_is_ended_and_cleared(bed: Bed, folder: Path) -> None:
    file = backed_up(bed, folder)
    data = folder / "new"
    settings = settings_for(bed, data)
    with restored_folder(data, before_clearing=lambda _: None) as work:
        with pytest.raises(RestoreBusy):
            restored(file, settings)
        (work / "instance.json").touch()
    (data / "instance.json").unlink()
    left = cluster_in(data / WORK_NAME, settings)
    left.start()
    left._release_lock()  # As the kernel does when its holder is killed.
    restored(file, settings)
    assert not left.is_running
    left._reap()
    assert not (data / WORK_NAME).exists()


def an_ordinary_users_backup(folder: Path) -> None:
    """Of an installation that never decided anything, by somebody who is not root."""
    os.umask(0o077)
    own = folder / "own"
    own.mkdir()
    settings = load_settings({"COUNTERSIGN_DATA": str(own / "data")})
    installation = set_up(settings, name="own")
    with cluster_in(own / "data", settings) as cluster:
        migrate(prepare_database(cluster.server(), secrets_folder=cluster.folders.secrets))
    made = back_up_installation(installation, own / "b.csbackup", progress=lambda *_: None)
    key_file = default_key_file(own / "data")
    environment = {"COUNTERSIGN_DATA": str(own / "new"), "COUNTERSIGN_KEY_FILE": str(key_file)}
    verified = restored(made.file, load_settings(environment)).verified
    assert (verified.head.seq, verified.log_size) == (0, 0)


def test_an_ordinary_user_backs_up_and_restores(folder: Path) -> None:
    run_as_ordinary_user(an_ordinary_users_backup, folder)


def test_a_cut_archive_leaves_nothing(bed: Bed, folder: Path) -> None:
    file = backed_up(bed, folder)
    content = file.read_bytes()
    data = folder / "new"
    data.mkdir()
    file.write_bytes(content[: len(content) - 100])
    with pytest.raises(CutOff):
        restored(file, settings_for(bed, data))
    assert [*data.iterdir()] == []


@contextmanager
def tampered(bed: Bed) -> Iterator[None]:
    """A balance that no gate signed, until the context ends."""
    statement = "UPDATE ledger.balance SET floor = floor - %s WHERE number = 5"
    with psycopg.connect(bed.database.superuser_dsn(), autocommit=True) as connection:
        connection.execute(statement, [1])
        try:
            yield
        finally:
            connection.execute(statement, [-1])


def test_a_forged_database_is_refused_and_leaves_nothing(bed: Bed, folder: Path) -> None:
    with tampered(bed):
        file = backed_up(bed, folder)
    with pytest.raises(Tampered) as refused:
        restored(file, settings_for(bed, folder / "new"))
    assert "balance of account 5" in str(refused.value.details["what"])
    assert not (folder / "new").exists()


def test_a_cut_journal_is_not_laundered_by_a_backup(bed: Bed, folder: Path) -> None:
    path = bed.folder / "head"
    content = path.read_bytes()
    known = bed.installation.head.read()
    try:
        for head in (known._replace(seq=known.seq + 2), known._replace(root=b"\x01" * 32)):
            path.write_bytes(content)
            write_head(bed, head)
            with pytest.raises(Tampered):
                backed_up(bed, folder)
    finally:
        path.write_bytes(content)
    assert [*folder.iterdir()] == []


def test_a_batch_that_no_gate_signed_is_not_backed_up(bed: Bed, folder: Path) -> None:
    # The lowest bit of the signature's first byte, there and back.
    statement = """
        UPDATE gate.batch SET signature = set_bit(signature, 0, 1 - get_bit(signature, 0))
        WHERE seq = (SELECT max(seq) FROM gate.batch)
    """
    with psycopg.connect(bed.database.superuser_dsn(), autocommit=True) as connection:
        connection.execute(statement)
        try:
            with pytest.raises(Tampered):
                backed_up(bed, folder)
        finally:
            connection.execute(statement)


def write_head(bed: Bed, head: Head) -> None:
    file = bed.installation.head
    file.write(head)
    file.close()


@contextmanager
def a_server(folder: Path) -> Iterator[tuple[EmbeddedCluster, str]]:
    """A server as if someone else ran it, and its administrator's URL."""
    with a_cluster(folder / "server") as cluster:
        parts = conninfo_to_dict(cluster.superuser_dsn())
        login = f"postgres:{quote(str(parts['password']))}"
        url = f"postgresql://{login}@/postgres?host={quote(str(parts['host']))}&port=5432"
        yield cluster, url


def names_on(cluster: EmbeddedCluster) -> set[str]:
    with psycopg.connect(cluster.superuser_dsn()) as connection:
        found = connection.execute("""
            SELECT datname::text FROM pg_database WHERE datname LIKE 'countersign%'
            UNION SELECT rolname::text FROM pg_roles WHERE rolname LIKE 'countersign%'
        """).fetchall()
    return {name for (name,) in found}


def test_an_external_server_is_filled_once_and_cleared_after_a_failure(
    bed: Bed, folder: Path
) -> None:
    file = backed_up(bed, folder)
    with tampered(bed):
        forged = backed_up(bed, folder, "forged.csbackup")
    data = folder / "new"
    with a_server(folder) as (cluster, url):
        settings = settings_for(bed, data, COUNTERSIGN_DATABASE_URL=url)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("COUNTERSIGN_DATABASE_URL", url)
            with pytest.raises(Tampered):
                restored(forged, settings)
            assert names_on(cluster) == set()
            assert restored(file, settings).verified.log_size == log_size(bed)
            assert not (data / "postgres").exists()
            installation = load_installation(settings)
            passwords = data / "secrets" / "database.json"
            other = replace(settings, data_dir=folder / "other")
            with pytest.raises(RolesExist):
                restored(file, other)
            with pytest.raises(DatabaseNotEmpty):
                restored(file, other, roles_file=passwords)
            assert len(names_on(cluster)) == 5, "what is there already is left alone"
            made = back_up_installation(
                installation, folder / "b.csbackup", progress=lambda *_: None
            )
        assert made.sums.log_size == log_size(bed)


@pytest.mark.every_server
def test_a_backup_moves_to_another_version_of_postgres(
    bed: Bed, folder: Path, server_kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, data = backed_up(bed, folder), folder / "new"
    binaries = binaries_of(server_kind)
    monkeypatch.setenv("COUNTERSIGN_PG_BINDIR", str(binaries.folder))
    assert restored(file, settings_for(bed, data)).verified.log_size == log_size(bed)
    made_by = (data / "postgres" / "data" / "PG_VERSION").read_text("utf-8").strip()
    assert made_by == str(binaries.major_version)


def test_a_backup_of_older_tables_is_upgraded_after_it_is_loaded(
    bed: Bed, folder: Path, postgres_server: TestServer
) -> None:
    file, keyset = backed_up(bed, folder), bed.installation.keyset()
    with file.open("rb") as stream, postgres_server.empty_database() as database:
        every = records(ArchiveReader(stream, file="a"), keyset, file="a")
        manifest = next(every)
        assert isinstance(manifest, Manifest)
        older = [migration for migration in manifest.migrations if migration.number < 4]
        manifest = msgspec.structs.replace(manifest, migrations=older)
        left_out = load(database, manifest, every, progress=lambda _: None)
        # It was not there yet when the rows went in, and is now.
        assert "audit.checkpoint" in left_out
        assert "ledger.balance" not in left_out
        assert counts(database)["ledger.balance"] == counts(bed.database)["ledger.balance"]
        with database.connect(Role.READER) as connection:
            require_current(connection)


def test_a_backup_without_a_table_does_not_fit(
    bed: Bed, folder: Path, postgres_server: TestServer
) -> None:
    file, keyset = backed_up(bed, folder), bed.installation.keyset()
    with file.open("rb") as stream, postgres_server.empty_database() as database:
        every = records(ArchiveReader(stream, file="a"), keyset, file="a")
        cut = _without(every, "vault.token")
        manifest = next(cut)
        assert isinstance(manifest, Manifest)
        with pytest.raises(DoesNotFit) as refused:
            load(database, manifest, cut, progress=lambda _: None)
        assert "vault.token" in str(refused.value.details["what"])
        assert sum(counts(database).values()) == 0, "it is all or nothing"


def test_a_table_that_no_migration_made_is_left_out_and_named(bed: Bed, folder: Path) -> None:
    with bed.database.connect(Role.MIGRATOR, autocommit=True) as connection:
        connection.execute("CREATE TABLE ledger.scratch AS SELECT 1 AS one")
        try:
            file = backed_up(bed, folder)
        finally:
            connection.execute("DROP TABLE ledger.scratch")
    assert restored(file, settings_for(bed, folder / "new")).left_out == ("ledger.scratch",)


def test_the_rail_is_asked_about_every_transfer_of_a_restored_database(
    database: Database,
) -> None:
    with database.connect(Role.APP) as connection:
        for number, state in ((1, State.PREPARED), (2, State.SENT), (3, State.ANSWERED)):
            rails.keep(connection, a_sending(number, state))
        assert not rail_queries.is_asked_first(connection, 4)
    with database.connect(Role.MIGRATOR) as connection:
        rails.ask_first(connection, below=50, now_ms=7)
        rails.ask_first(connection, below=40, now_ms=7)
    with database.connect(Role.APP) as connection:
        assert rail_queries.is_asked_first(connection, 49)
        assert not rail_queries.is_asked_first(connection, 50)
        assert rail_queries.to_send(connection, 10**15, count_max=9) == []
        asked = rail_queries.to_ask(connection, 10**15, count_max=9)
        # Of the first, the attempt that may have left after the backup; of the second, the last.
        assert {s.number: s.attempt for s in asked} == {1: 4, 2: 3}


def a_sending(number: int, state: State) -> Sending:
    digest = bytes([number]) * 32
    return Sending(
        number=number,
        digest=digest,
        transaction_id=transaction_id(digest),
        uetr=uetr_of(digest),
        state=state,
        attempt=3,
        asked=0,
        due_ms=5,
        status="",
        reason="",
        changed_ms=5,
    )


def test_every_table_that_the_migrations_make_is_copied(database: Database) -> None:
    with database.connect(Role.MIGRATOR) as connection:
        connection.execute("SELECT gate.ensure_day(20000), gate.ensure_day(20001)")
        copied = {table.root for table in layout.read_tables(connection)}
        assert layout.read_days(connection) == [20000, 20001]
        assert len(layout.read_migrations_applied(connection)) == len(read_migrations())
    with psycopg.connect(database.superuser_dsn()) as connection:
        found = connection.execute("""
            SELECT schemaname || '.' || tablename FROM pg_tables
            WHERE schemaname !~ '^pg_' AND schemaname <> 'information_schema'
              AND tablename !~ '_[0-9]+$'
        """).fetchall()
    assert copied == {name for (name,) in found} - {layout.MIGRATIONS_TABLE}


def test_the_gate_beside_a_backup_may_make_the_next_day(database: Database) -> None:
    with database.connect(Role.MIGRATOR) as reader, database.connect(Role.GATE) as gate:
        reader.execute("SELECT gate.ensure_day(20000)")
        reader.commit()
        for table in layout.read_tables(reader):
            reader.execute(sql.SQL("SELECT FROM {}").format(table.identifier))
        gate.execute("SET lock_timeout = '200ms'")
        gate.execute("SELECT gate.ensure_day(20001)")


def test_the_old_installation_is_untouched_by_all_this(bed: Bed) -> None:
    with bed.operator() as operator:
        assert operator.ask(Query.STATUS, None).outcome == "ok"


def _without(stream: Iterator[Record], table: str) -> Iterator[Record]:
    is_skipping = False
    for record in stream:
        if isinstance(record, TableBegins) and record.table == table:
            is_skipping = True
        if not is_skipping:
            yield record
        if isinstance(record, TableEnds):
            is_skipping = False


def counts(database: Database) -> dict[str, int]:
    with database.connect(Role.MIGRATOR) as connection:
        return {name: len(rows) for name, rows in all_rows(connection).items()}


def _with_rows(tables: dict[str, Any]) -> dict[str, Any]:
    return {name: rows for name, rows in tables.items() if rows}
