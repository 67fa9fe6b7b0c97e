"""All of it also works for somebody who is not root, whose server runs as that same user."""

import os
import stat
from pathlib import Path

import psycopg
import pytest
from tests.support.postgres import a_cluster
from tests.support.processes import Scenario, run_as_ordinary_user

from countersign.infra.database import Role, prepare_database
from countersign.infra.migrations.runner import migrate
from countersign.infra.postgres.errors import UnsuitableUser
from countersign.infra.postgres.os_user import choose_os_user

pytestmark = pytest.mark.postgres


def whole_life(folder: Path) -> None:
    os.umask(0o077)
    assert os.geteuid() != 0
    cluster = a_cluster(folder / "new" / "data")
    secrets_folder = cluster.folders.secrets
    assert not cluster.os_user.is_separate
    for _ in range(2):
        with cluster:
            database = prepare_database(cluster.server(), secrets_folder=secrets_folder)
            migrate(database)
            with database.connect(Role.GATE) as connection:
                assert connection.execute("SELECT 1").fetchone() == (1,)
    for path in (folder / "new" / "data", secrets_folder, cluster.folders.data):
        assert path.stat().st_uid == os.geteuid()
        assert stat.S_IMODE(path.stat().st_mode) == 0o700


def adoption_and_force(folder: Path) -> None:
    cluster = a_cluster(folder / "data")
    cluster.start()
    with psycopg.connect(cluster.superuser_dsn(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept ()")
    process = cluster._process
    assert process is not None
    process.kill()
    process.wait()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(cluster.superuser_dsn())
    cluster.start()
    cluster.stop()


def no_other_user(folder: Path) -> None:
    with pytest.raises(UnsuitableUser):
        choose_os_user("daemon")


@pytest.mark.parametrize("scenario", [whole_life, adoption_and_force, no_other_user])
def test_as_an_ordinary_user(folder: Path, scenario: Scenario) -> None:
    run_as_ordinary_user(scenario, folder)
