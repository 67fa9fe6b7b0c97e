"""Fixtures that every package's tests share: `database`, a fresh migrated Postgres database.

A test marked `every_server` runs once on each kind of server found: the wheel's, and Debian's 15.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.support.postgres import TestServer, running_test_server, server_kinds

from countersign.infra.database import Database

# Many tests run whole installations at once; each listens where the system likes.
for setting in ("COUNTERSIGN_API_PORT", "COUNTERSIGN_CONSOLE_PORT"):
    os.environ.setdefault(setting, "0")


def pytest_configure(config: pytest.Config) -> None:
    # Each `countersign run` of a test has a console; the system chooses its port.
    os.environ.setdefault("COUNTERSIGN_CONSOLE_PORT", "0")
    config.addinivalue_line("markers", "every_server: runs on each kind of Postgres server found")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _note_skip(report)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """A module that skips itself whole is never run, so no test of it reports."""
    _note_skip(report)


def _note_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.skipped and isinstance(report.longrepr, tuple):
        # A module is reported by each worker of a run in parallel.
        _skipped[report.nodeid] = report.longrepr[2].removeprefix("Skipped: ")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI a skip that nobody allowed is a failure, or a missing tool would go unnoticed."""
    if not os.environ.get("CI") or hasattr(session.config, "workerinput"):
        return
    lines = (Path(__file__).parent / "allowed_skips.txt").read_text(encoding="utf-8").splitlines()
    allowed = {line for line in lines if line and not line.startswith("#")}
    wrong = [(test, reason) for test, reason in _skipped.items() if reason not in allowed]
    for test, reason in wrong:
        print(f"\nskipped without leave: {test}: {reason}")
    if wrong:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


_skipped: dict[str, str] = {}


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
