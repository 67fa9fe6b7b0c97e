"""Fixtures that every package's tests share: `database`, a fresh migrated Postgres database.

A test marked `every_server` runs once on each kind of server found: the wheel's, and Debian's 15.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from tests.support.postgres import TestServer, running_test_server, server_kinds

from countersign.infra.database import Database


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "every_server: runs on each kind of Postgres server found")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    is_marked = metafunc.definition.get_closest_marker("every_server") is not None
    if is_marked and "server_kind" in metafunc.fixturenames:
        metafunc.parametrize("server_kind", server_kinds(), scope="session")


@pytest.fixture
def server_kind() -> str:
    """Which kind of server the test runs on."""
    return "wheel"


@pytest.fixture(scope="session")
def _servers() -> Iterator[Callable[[str], TestServer]]:
    with ExitStack() as stack:
        running: dict[str, TestServer] = {}

        def of_kind(kind: str) -> TestServer:
            if kind not in running:
                running[kind] = stack.enter_context(running_test_server(kind))
            return running[kind]

        yield of_kind


@pytest.fixture
def postgres_server(_servers: Callable[[str], TestServer], server_kind: str) -> TestServer:
    """Give the running server of this test process."""
    return _servers(server_kind)


@pytest.fixture
def database(postgres_server: TestServer) -> Iterator[Database]:
    """Give a fresh migrated database, dropped after the test."""
    with postgres_server.database() as fresh:
        yield fresh
