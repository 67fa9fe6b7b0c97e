"""A database that goes away in the middle leaves no half of a backup and no half of a restore."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.entrypoints.test_backup import a_server, backed_up, names_on, settings_for
from tests.support.postgres import reachable_folder

from countersign.entrypoints.backup.backing_up import back_up_installation
from countersign.entrypoints.backup.restoring import restore_installation
from countersign.entrypoints.bench.bed import Bed, a_bed
from countersign.entrypoints.installation import set_up
from countersign.flows.backup.errors import NotCopied, NotFilled, NothingThere
from countersign.infra.postgres.cluster import EmbeddedCluster
from countersign.infra.settings import load_settings

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def bed() -> Iterator[Bed]:
    """An installation that never decided anything."""
    with a_bed(name="bare") as made:
        yield made


@pytest.fixture
def folder() -> Iterator[Path]:
    with reachable_folder() as made:
        yield made


def end_everybody(cluster: EmbeddedCluster) -> None:
    """End whoever is connected, as a server does that an administrator stops."""
    with psycopg.connect(cluster.superuser_dsn(), autocommit=True) as connection:
        connection.execute("""
            SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
            WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
        """)


def test_a_backup_whose_database_goes_away_is_not_kept(bed: Bed, folder: Path) -> None:
    with pytest.raises(NotCopied):
        back_up_installation(
            bed.installation,
            folder / "a.csbackup",
            progress=lambda *_: end_everybody(bed.cluster),
        )
    assert [*folder.iterdir()] == []
    assert backed_up(bed, folder).exists()


def test_a_restore_whose_database_goes_away_leaves_nothing(
    bed: Bed, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, data = backed_up(bed, folder), folder / "new"
    ended: list[str] = []
    with a_server(folder) as (cluster, url):

        def end_while_loading(text: str) -> None:
            if text.startswith("loading ") and not ended:
                ended.append(text)
                end_everybody(cluster)

        monkeypatch.setenv("COUNTERSIGN_DATABASE_URL", url)
        with pytest.raises(NotFilled):
            restore_installation(
                file,
                settings=settings_for(bed, data, COUNTERSIGN_DATABASE_URL=url),
                with_settings_file=False,
                roles_file=None,
                progress=end_while_loading,
            )
        assert ended
        assert names_on(cluster) == set()
    assert not data.exists()


def test_an_installation_that_never_ran_has_nothing_to_back_up(folder: Path) -> None:
    settings = load_settings({"COUNTERSIGN_DATA": str(folder / "data")})
    installation = set_up(settings, name="new")
    before = sorted(folder.rglob("*"))
    with pytest.raises(NothingThere) as refused:
        back_up_installation(installation, folder / "a.csbackup", progress=lambda *_: None)
    assert refused.value.details == {"folder": str(folder / "data")}
    assert sorted(folder.rglob("*")) == before
