"""A gate asks its server itself, at each connection: a commit that may be lost is no commit."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.postgres import a_cluster, a_server_by_hand, reachable_folder

from countersign.gate.errors import UnsafeServer
from countersign.gate.journal.postgres import PostgresJournal
from countersign.infra.database import Role, prepare_database
from countersign.infra.migrations.runner import migrate

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def prepared() -> Iterator[tuple[Path, str]]:
    """The folder of a server, safe when its database was made, and the gate's way in."""
    with reachable_folder() as folder:
        with a_cluster(folder / "data") as cluster:
            database = prepare_database(cluster.server(), secrets_folder=cluster.folders.secrets)
            migrate(database)
        yield folder / "data", database.dsn(Role.GATE)


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes"])
def test_a_server_that_was_made_unsafe_meanwhile_is_refused(
    prepared: tuple[Path, str], setting: str
) -> None:
    root, dsn = prepared
    cluster = a_cluster(root)
    with a_server_by_hand(cluster, f"{setting}=off"), cluster:  # Running already: it is adopted.
        with pytest.raises(UnsafeServer) as refusal:
            PostgresJournal(dsn).open()
        assert refusal.value.details == {"setting": setting}


def test_a_safe_one_is_taken(prepared: tuple[Path, str]) -> None:
    root, dsn = prepared
    with a_cluster(root):
        journal = PostgresJournal(dsn)
        journal.open()
        journal.close()
