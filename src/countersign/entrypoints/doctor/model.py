"""What a check says, and what all checks look at."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg

from countersign.entrypoints.installation import Installation
from countersign.entrypoints.run_lock import running_process
from countersign.flows.measure_backlog import Backlog, measure_backlog
from countersign.infra.clock import SystemClock
from countersign.infra.database import Role
from countersign.infra.settings import Settings
from countersign.kernel.refusal import Refusal

Connection = psycopg.Connection[Any]
CONNECT_SECONDS = 3
_STATEMENT_LIMIT = "SET statement_timeout = '3s'"


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one check found; `reason` is the code of the refusal that it met, if it met one."""

    level: Level
    english: str
    chinese: str
    reason: str = ""


def fine(english: str, chinese: str) -> Verdict:
    return Verdict(level=Level.OK, english=english, chinese=chinese)


def warning(english: str, chinese: str) -> Verdict:
    return Verdict(level=Level.WARN, english=english, chinese=chinese)


def fault(english: str, chinese: str) -> Verdict:
    return Verdict(level=Level.FAIL, english=english, chinese=chinese)


def refused(refusal: Refusal, level: Level = Level.FAIL) -> Verdict:
    """A refusal says already what is wrong and what to do next."""
    return Verdict(
        level=level,
        english=refusal.sentence("en"),
        chinese=refusal.sentence("zh"),
        reason=refusal.code,
    )


def _connected(dsn: str) -> Connection:
    connection = psycopg.connect(
        dsn,
        connect_timeout=CONNECT_SECONDS,
        autocommit=True,
        application_name="countersign doctor",
    )
    connection.execute(_STATEMENT_LIMIT)
    return connection


class Site:
    """The data folder, and as much of an installation as can be read of it."""

    def __init__(
        self,
        data_dir: Path,
        *,
        settings: Settings | None,
        installation: Installation | None,
        settings_refusal: Refusal | None = None,
        installation_refusal: Refusal | None = None,
    ) -> None:
        self.data_dir = data_dir
        self.settings = settings
        self.installation = installation
        self.settings_refusal = settings_refusal
        self.installation_refusal = installation_refusal

    @cached_property
    def runner(self) -> int | None:
        """The process of `countersign run`, or None when nobody runs this installation."""
        return None if self.installation is None else running_process(self.data_dir)

    @cached_property
    def reader(self) -> Connection | None:
        """A connection of the role with the fewest rights, or None when the database is away."""
        if self.installation is None:
            return None
        try:
            return _connected(self.installation.dsn(Role.READER))
        except (psycopg.OperationalError, Refusal, OSError, KeyError):
            return None

    @cached_property
    def backlog(self) -> Backlog | None:
        """What waits, which the role with the fewest rights may not see; None as above."""
        if self.installation is None:
            return None
        try:
            with _connected(self.installation.dsn(Role.APP)) as connection:
                return measure_backlog(connection, SystemClock().now_ms())
        except (psycopg.Error, Refusal, OSError, KeyError):
            return None

    def close(self) -> None:
        connection = self.__dict__.pop("reader", None)
        if connection is not None:
            connection.close()
