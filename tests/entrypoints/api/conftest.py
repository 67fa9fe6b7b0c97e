"""One API a test module."""

from collections.abc import Iterator

import httpx
import pytest
from tests.support.api import Api, an_api


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    with an_api() as running:
        yield running


@pytest.fixture
def client(api: Api) -> Iterator[httpx.Client]:
    with api.client() as made:
        yield made
