"""A database server as seen from outside: the administrator's conninfo, and what it must fulfil.

A server is used only when its version is 15 to 18 and it neither skips fsync nor full page writes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from countersign.infra.postgres.binaries import require_supported
from countersign.infra.postgres.errors import ServerUnreachable, UnsafeSetting


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where a server is and how its administrator logs in."""

    admin_dsn: str = field(repr=False)  # It carries a password.
    is_embedded: bool

    def dsn(self, *, user: str, password: str, database: str) -> str:
        """Give the conninfo of another login at the same address."""
        return make_conninfo(self.admin_dsn, user=user, password=password, dbname=database)

    def admin_dsn_of(self, database: str) -> str:
        return make_conninfo(self.admin_dsn, dbname=database)

    @contextmanager
    def administrate(self) -> Iterator[psycopg.Connection]:
        """Connect as administrator, to a server that is fit for use."""
        try:
            connection = psycopg.connect(self.admin_dsn, autocommit=True)
        except psycopg.OperationalError:
            # The error is dropped: libpq's text may repeat parts of the conninfo.
            host = conninfo_to_dict(self.admin_dsn).get("host") or "the default socket"
            raise ServerUnreachable(host=str(host)) from None
        with connection:
            require_fit(connection)
            yield connection


def external_server(url: str) -> Server:
    """Take a server that someone else runs, by libpq URL or conninfo of its administrator."""
    # A silent host must not hold up the start; the URL may say how long to wait instead.
    wait = {} if "connect_timeout" in conninfo_to_dict(url) else {"connect_timeout": 10}
    return Server(admin_dsn=make_conninfo(url, **wait), is_embedded=False)


def require_fit(connection: psycopg.Connection) -> None:
    """Refuse a server of another version or one that may lose what it confirmed."""
    number = connection.info.server_version
    require_supported(number // 10_000, version=f"{number // 10_000}.{number % 10_000}")
    for setting in ("fsync", "full_page_writes"):
        row = connection.execute("SELECT current_setting(%s)", [setting]).fetchone()
        if row is None or row[0] != "on":
            raise UnsafeSetting(setting=setting)
