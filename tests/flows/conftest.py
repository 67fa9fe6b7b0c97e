"""The bank that the flows' tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.bank import Bank, a_bank

from countersign.infra.database import Database


@pytest.fixture
def bank(database: Database, tmp_path: Path) -> Iterator[Bank]:
    with a_bank(database, tmp_path) as made:
        yield made
