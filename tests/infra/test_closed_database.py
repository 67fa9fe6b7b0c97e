"""Preparing a database closes it: whoever else has a login of the server stays outside."""

import psycopg
import pytest
from tests.support.postgres import TestServer

pytestmark = pytest.mark.postgres


def test_a_prepared_database_is_closed_to_every_other_login(postgres_server: TestServer) -> None:
    admin_dsn = postgres_server.cluster.superuser_dsn()
    with (
        postgres_server.empty_database() as database,
        psycopg.connect(admin_dsn, autocommit=True) as administrator,
    ):
        administrator.execute("CREATE ROLE passer_by LOGIN PASSWORD 'passer-by'")
        try:
            dsn = database.server.dsn(
                user="passer_by", password="passer-by", database=database.name
            )
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                psycopg.connect(dsn).close()
        finally:
            administrator.execute("DROP ROLE passer_by")
