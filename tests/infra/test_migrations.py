"""Migrations go forward only, each whole or not at all, and one process at a time."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from tests.support.postgres import TestServer

from countersign.infra.database import Database, Role
from countersign.infra.migrations import runner
from countersign.infra.migrations.errors import (
    DatabaseTooNew,
    DatabaseTooOld,
    MigrationChanged,
    MigrationOutOfOrder,
    MigrationsBusy,
)
from countersign.infra.migrations.runner import (
    MIGRATIONS_FOLDER,
    migrate,
    read_migrations,
    require_current,
)
from countersign.kernel.invariant import InvariantBroken

pytestmark = [pytest.mark.postgres, pytest.mark.every_server]


@pytest.fixture
def empty(postgres_server: TestServer) -> Iterator[Database]:
    with postgres_server.empty_database() as database:
        yield database


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Give a folder with the first real migration and two more."""
    first = "0001_infra.sql"
    (tmp_path / first).write_bytes((MIGRATIONS_FOLDER / first).read_bytes())
    (tmp_path / "0002_one.sql").write_text("CREATE TABLE public.one (); SELECT 1;\n-- 國際\n")
    (tmp_path / "0005_two.sql").write_text("CREATE TABLE public.two ();")
    return tmp_path


def tables(database: Database) -> list[str]:
    with database.connect(Role.MIGRATOR) as connection:
        rows = connection.execute(
            "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        ).fetchall()
    return [name for (name,) in rows]


def numbers(database: Database) -> list[int]:
    with database.connect(Role.READER) as connection:
        rows = connection.execute("SELECT number FROM infra.migration ORDER BY 1").fetchall()
    return [number for (number,) in rows]


def test_all_that_we_ship_is_applied_once(empty: Database) -> None:
    shipped = read_migrations()
    assert shipped[0].name == "infra"
    assert migrate(empty) == shipped
    assert migrate(empty) == []
    assert numbers(empty) == [migration.number for migration in shipped]


def test_every_role_may_ask_whether_the_database_fits_the_code(database: Database) -> None:
    for role in Role:
        with database.connect(role) as connection:
            require_current(connection)


def test_all_that_we_ship_belongs_to_the_migrator(database: Database) -> None:
    with database.connect(Role.READER) as connection:
        rows = connection.execute("""
            SELECT DISTINCT relowner::regrole::text FROM pg_class
            JOIN pg_namespace ON pg_namespace.oid = relnamespace
            WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
        """).fetchall()
    assert rows == [(Role.MIGRATOR.value,)]


def test_they_run_in_the_order_of_their_numbers(empty: Database, files: Path) -> None:
    (files / "0010_last.sql").write_text("DROP TABLE public.two;")
    assert [migration.number for migration in migrate(empty, folder=files)] == [1, 2, 5, 10]
    assert tables(empty) == ["one"]


def test_a_failing_one_leaves_nothing_and_the_ones_before_stay(
    empty: Database, files: Path
) -> None:
    (files / "0005_two.sql").write_text("CREATE TABLE public.two (); SELECT 1 / 0;")
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(empty, folder=files)
    assert (tables(empty), numbers(empty)) == (["one"], [1, 2])
    (files / "0005_two.sql").write_text("CREATE TABLE public.two ();")
    assert [migration.number for migration in migrate(empty, folder=files)] == [5]
    assert tables(empty) == ["one", "two"]


@pytest.mark.parametrize("ending", ["COMMIT;", "ROLLBACK;", "COMMIT; BEGIN;"])
def test_one_that_ends_its_own_transaction_is_a_bug(
    empty: Database, files: Path, ending: str
) -> None:
    (files / "0005_two.sql").write_text(f"CREATE TABLE public.two (); {ending} SELECT 1;")
    with pytest.raises(InvariantBroken):
        migrate(empty, folder=files)
    assert numbers(empty) == [1, 2]


def test_a_changed_one_is_refused(empty: Database, files: Path) -> None:
    migrate(empty, folder=files)
    with (files / "0002_one.sql").open("a") as file:
        file.write(" ")
    (files / "0006_three.sql").write_text("CREATE TABLE public.three ();")
    with pytest.raises(MigrationChanged) as refused:
        migrate(empty, folder=files)
    assert refused.value.details == {"number": 2, "name": "one"}
    assert tables(empty) == ["one", "two"]


def test_a_database_newer_than_the_code_is_refused(empty: Database, files: Path) -> None:
    migrate(empty, folder=files)
    (files / "0005_two.sql").unlink()
    with pytest.raises(DatabaseTooNew) as refused:
        migrate(empty, folder=files)
    assert refused.value.details == {"number": 5, "name": "two"}
    with empty.connect(Role.GATE) as connection, pytest.raises(DatabaseTooNew):
        require_current(connection, folder=files)


def test_a_database_older_than_the_code_may_not_be_worked_with(
    empty: Database, files: Path
) -> None:
    migrate(empty, folder=files)
    (files / "0006_three.sql").write_text("SELECT 1;")
    with empty.connect(Role.GATE) as connection, pytest.raises(DatabaseTooOld) as refused:
        require_current(connection, folder=files)
    assert refused.value.details == {"number": 6, "name": "three"}


def test_an_empty_database_may_not_be_worked_with(empty: Database) -> None:
    with empty.connect(Role.GATE) as connection, pytest.raises(DatabaseTooOld):
        require_current(connection)


def test_one_added_below_is_refused(empty: Database, files: Path) -> None:
    migrate(empty, folder=files)
    (files / "0003_late.sql").write_text("CREATE TABLE public.late ();")
    with pytest.raises(MigrationOutOfOrder) as refused:
        migrate(empty, folder=files)
    assert refused.value.details == {"number": 3, "name": "late"}
    assert tables(empty) == ["one", "two"]


@pytest.mark.parametrize("name", ["2_x.sql", "0002-x.sql", "0002_X.sql", "x.sql", "00002_x.sql"])
def test_a_misnamed_file_is_a_bug(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(InvariantBroken):
        read_migrations(tmp_path)


def test_two_files_of_one_number_are_a_bug(files: Path) -> None:
    (files / "0002_other.sql").touch()
    with pytest.raises(InvariantBroken):
        read_migrations(files)


def test_of_many_at_once_each_is_applied_by_one(empty: Database) -> None:
    with ThreadPoolExecutor(5) as pool:
        applied = list(pool.map(lambda _: migrate(empty), range(5)))
    everything = [migration for part in applied for migration in part]
    assert everything == read_migrations()
    assert sum(1 for part in applied if part) == 1


def test_a_migration_that_has_to_wait_too_long_is_refused(empty: Database) -> None:
    with empty.connect(Role.MIGRATOR) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [runner._MIGRATE_LOCK])
        with pytest.raises(MigrationsBusy):
            migrate(empty, lock_timeout_seconds=1)
    assert migrate(empty) == read_migrations()
