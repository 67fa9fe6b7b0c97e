"""Data folders for the server's tests: one is made for real, the others are copies of it."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.postgres import a_cluster, reachable_folder

from countersign.infra.postgres.cluster import EmbeddedCluster


@pytest.fixture(scope="session")
def _made_root() -> Iterator[Path]:
    with reachable_folder() as folder:
        with a_cluster(folder / "data"):
            pass
        yield folder / "data"


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give an empty folder that Postgres's user can pass through."""
    with reachable_folder() as made:
        yield made


@pytest.fixture
def root(_made_root: Path, folder: Path) -> Path:
    """Give a data folder whose server was started once and stopped."""
    subprocess.run(["/bin/cp", "-a", _made_root, folder / "data"], check=True)
    return folder / "data"


@pytest.fixture
def cluster(root: Path) -> Iterator[EmbeddedCluster]:
    """Give a running server of its own."""
    with a_cluster(root) as running:
        yield running
