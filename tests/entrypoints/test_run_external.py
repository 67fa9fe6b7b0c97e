"""`countersign run` on a server that someone else runs: from an empty folder to a settled order."""

from urllib.parse import quote

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from tests.support.pain001 import DEBTOR_IBAN, Payment
from tests.support.postgres import a_cluster, reachable_folder
from tests.support.shell import Shell, a_file, settled, stop

from countersign.infra.postgres.cluster import EmbeddedCluster

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(180)]


def url_of(cluster: EmbeddedCluster) -> str:
    """The URL of an administrator who may make roles and databases, and nothing else."""
    with psycopg.connect(cluster.superuser_dsn(), autocommit=True) as connection:
        connection.execute("CREATE ROLE admin LOGIN PASSWORD 'a b' CREATEROLE CREATEDB")
    host = conninfo_to_dict(cluster.superuser_dsn())["host"]
    return f"postgresql://admin:a%20b@/postgres?host={quote(str(host))}&port=5432"


@pytest.mark.every_server
def test_a_house_is_run_on_a_server_of_somebody_else(
    server_kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with reachable_folder() as folder, a_cluster(folder / "server", kind=server_kind) as cluster:
        monkeypatch.setenv("COUNTERSIGN_DATABASE_URL", url_of(cluster))
        shell = Shell(folder / "own" / "data")
        shell.data.parent.mkdir()
        live_through(shell)
        assert not (shell.data / "postgres").exists(), "no server of its own was made"
        assert cluster.is_running, "the server is not ours to stop"


def live_through(shell: Shell) -> None:
    """Set up, order, settle, stop."""
    process = shell.run()
    try:
        shell.call("accounts", "open", ":RAIL", "EUR", "--holder", "Rail", "--kind", "settlement")
        shell.call("accounts", "open", DEBTOR_IBAN, "EUR", "--holder", "Debtor")
        shell.call("accounts", "fund", DEBTOR_IBAN, "5000.00", "EUR", "--reason", "opening")
        shell.call("credential", "create", "erp", "--save")
        file = a_file(shell.data.parent, "one.xml", Payment(amount="12.50"))
        assert shell.call("ingest", str(file))[0]["result"]["statuses"] == {"ACSP": 1}
        settled(shell, shell.call("transfers", "list")[0]["number"])
    finally:
        assert stop(process) == 0
