"""What was confirmed survives the death of the server and of the process that runs it."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from tests.support.postgres import a_cluster
from tests.support.processes import open_scenario

from countersign.infra.postgres.cluster import EmbeddedCluster
from countersign.infra.postgres.errors import AlreadyRunning, StartFailed
from countersign.infra.postgres.postmaster import find_postmaster

pytestmark = pytest.mark.postgres


def pid_of(cluster: EmbeddedCluster) -> int:
    postmaster = find_postmaster(cluster.folders.data, cluster.os_user)
    assert postmaster is not None
    return postmaster.pid


def write_rows(cluster: EmbeddedCluster, count: int) -> None:
    with psycopg.connect(cluster.superuser_dsn(), autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (number int)")
        for number in range(count):
            connection.execute("INSERT INTO kept VALUES (%s)", [number])


def count_rows(cluster: EmbeddedCluster) -> int:
    with psycopg.connect(cluster.superuser_dsn()) as connection:
        row = connection.execute("SELECT count(*) FROM kept").fetchone()
        assert row is not None
        return int(row[0])


def kill_postmaster(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def kill_whole_server(pid: int) -> None:
    os.killpg(pid, signal.SIGKILL)


@pytest.mark.parametrize("kill", [kill_postmaster, kill_whole_server])
def test_a_killed_server_is_started_again_with_every_row(
    cluster: EmbeddedCluster, kill: Callable[[int], None]
) -> None:
    for attempt in range(1, 4):
        write_rows(cluster, 20)
        kill(pid_of(cluster))
        cluster.start()
        assert count_rows(cluster) == 20 * attempt


def test_a_start_that_is_not_wanted_any_more_ends_and_the_next_succeeds(root: Path) -> None:
    cluster = a_cluster(root)
    with pytest.raises(StartFailed):
        cluster.start(is_wanted=lambda: False)
    assert not cluster.is_running
    with cluster:
        write_rows(cluster, 1)


def test_a_server_that_cannot_be_started_again_can_still_be_stopped(root: Path) -> None:
    cluster = a_cluster(root)
    cluster.start()
    kill_whole_server(pid_of(cluster))
    with pytest.raises(StartFailed):
        cluster.start(is_wanted=lambda: False)
    with pytest.raises(AlreadyRunning):  # It is this process's until it is stopped.
        a_cluster(root).start()
    cluster.stop()
    with a_cluster(root) as again:
        assert again.is_running


def test_starting_a_running_server_again_changes_nothing(cluster: EmbeddedCluster) -> None:
    pid = pid_of(cluster)
    cluster.start()
    assert pid_of(cluster) == pid


def test_a_server_killed_under_load_loses_nothing_confirmed(cluster: EmbeddedCluster) -> None:
    write_rows(cluster, 0)
    confirmed = 0
    with psycopg.connect(cluster.superuser_dsn(), autocommit=True) as connection:
        try:
            for number in range(10_000):
                if number == 300:
                    # Child processes go on for a moment, and what they confirm counts.
                    kill_whole_server(pid_of(cluster))
                connection.execute("INSERT INTO kept VALUES (%s)", [number])
                confirmed += 1
        except psycopg.OperationalError:
            pass
    assert confirmed >= 300
    cluster.start()
    assert count_rows(cluster) in (confirmed, confirmed + 1)


def test_a_frozen_server_is_stopped_by_force_within_bounds(root: Path) -> None:
    cluster = a_cluster(root)
    cluster.start()
    write_rows(cluster, 5)
    os.kill(pid_of(cluster), signal.SIGSTOP)
    cluster.stop(timeout_seconds=1)
    assert not cluster.is_running
    with a_cluster(root) as again:
        assert count_rows(again) == 5


def test_an_open_connection_does_not_hold_up_the_stop(root: Path) -> None:
    cluster = a_cluster(root)
    cluster.start()
    connection = psycopg.connect(cluster.superuser_dsn())
    connection.execute("CREATE TABLE uncommitted ()")
    cluster.stop()
    assert not cluster.is_running
    with pytest.raises(psycopg.errors.AdminShutdown):
        connection.commit()
    connection.close()


# --- the pid file of a server that is gone


@contextmanager
def a_process_of_postgres_user(cluster: EmbeddedCluster) -> Iterator[int]:
    process = subprocess.Popen(["/bin/sleep", "600"], **cluster.os_user.credentials())
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


def leave_pid_file(cluster: EmbeddedCluster, first_line: str) -> None:
    lines = [first_line, str(cluster.folders.data), "1700000000", "5432", "", "", "0 0", "ready"]
    (cluster.folders.data / "postmaster.pid").write_text("\n".join([*lines, ""]))


def a_dead_pid() -> int:
    process = subprocess.Popen(["/bin/true"])
    process.wait()
    return process.pid


def test_a_dead_processs_number_does_not_hold_up_the_start(root: Path) -> None:
    cluster = a_cluster(root)
    leave_pid_file(cluster, str(a_dead_pid()))
    assert not cluster.is_running
    with cluster:
        assert cluster.is_running


def test_a_number_that_went_to_another_program_does_not_either(root: Path) -> None:
    cluster = a_cluster(root)
    with a_process_of_postgres_user(cluster) as pid:
        leave_pid_file(cluster, str(pid))
        assert not cluster.is_running
        with cluster:
            assert pid_of(cluster) != pid
        os.kill(pid, 0)  # Nobody harmed it.


def test_a_number_that_went_to_another_server_is_left_to_a_person(
    root: Path, cluster: EmbeddedCluster, folder: Path
) -> None:
    copy = folder / "copy"
    subprocess.run(["/bin/cp", "-a", root, copy], check=True)
    second = a_cluster(copy)
    leave_pid_file(second, str(pid_of(cluster)))
    with pytest.raises(StartFailed) as refused:
        second.start()
    assert "postmaster.pid" in str(refused.value.details["reason"])
    assert cluster.is_running
    assert (second.folders.data / "postmaster.pid").exists()


@pytest.mark.parametrize("first_line", ["", "0", "-1", "1", "²", "9" * 40, "x"])
def test_a_forged_number_is_not_believed(root: Path, first_line: str) -> None:
    cluster = a_cluster(root)
    leave_pid_file(cluster, first_line)
    assert not cluster.is_running


def test_a_forged_number_of_a_process_of_ours_is_not_harmed(root: Path) -> None:
    cluster = a_cluster(root)
    leave_pid_file(cluster, str(os.getpid()))
    assert not cluster.is_running
    pid_file = cluster.folders.data / "postmaster.pid"
    pid_file.unlink()
    pid_file.symlink_to("/etc/shadow")
    assert not cluster.is_running


# --- the process that runs the server


def run_a_server(root: Path) -> None:
    """Be a supervisor that says when its server is ready and then waits to be killed."""
    cluster = a_cluster(root)
    cluster.start()
    write_rows(cluster, 7)
    print(pid_of(cluster), flush=True)
    input()


def interrupt_its_terminal(supervisor: subprocess.Popen[str]) -> None:
    os.killpg(supervisor.pid, signal.SIGINT)


def kill_it(supervisor: subprocess.Popen[str]) -> None:
    supervisor.kill()


@pytest.mark.parametrize("end", [interrupt_its_terminal, kill_it])
def test_a_server_that_outlives_its_supervisor_is_adopted(
    root: Path, end: Callable[[subprocess.Popen[str]], None]
) -> None:
    cluster = a_cluster(root)
    with open_scenario(run_a_server, root) as supervisor:
        assert supervisor.stdout is not None
        pid = int(supervisor.stdout.readline())
        with pytest.raises(AlreadyRunning):
            cluster.start()
        end(supervisor)
        supervisor.wait()
    assert cluster.is_running
    with cluster:
        assert pid_of(cluster) == pid
        assert count_rows(cluster) == 7
    assert not cluster.is_running
