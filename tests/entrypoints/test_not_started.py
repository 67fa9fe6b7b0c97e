"""A part that cannot start says why, and a name that cannot be used makes nothing."""

from pathlib import Path

import pytest
from tests.support.failing_server import a_server

from countersign.entrypoints.gate.process import GateDidNotStart
from countersign.entrypoints.inbox.process import InboxDidNotStart
from countersign.entrypoints.installation import (
    BadName,
    Installation,
    default_key_file,
    set_up,
)
from countersign.entrypoints.processes import gate_of, inbox_of, worker_of
from countersign.entrypoints.simulate.main import Wiring
from countersign.entrypoints.simulate.process import CustomersDidNotStart, CustomersProcess
from countersign.entrypoints.worker.process import WorkerDidNotStart
from countersign.infra.database import Database, Role
from countersign.infra.postgres.server import Server
from countersign.infra.settings import load_settings
from countersign.rails.model import Patience

NOWHERE = Database(
    name="countersign",
    server=Server(admin_dsn="host=/nowhere user=postgres", is_embedded=True),
    passwords=dict.fromkeys(Role, "x"),
)


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    """Set up, and then without its key."""
    made = set_up(load_settings({"COUNTERSIGN_DATA": str(tmp_path / "data")}), name="keyless")
    default_key_file(made.data_dir).unlink()
    return made


def test_a_gate_without_its_key_does_not_start(installation: Installation) -> None:
    gate = gate_of(installation, NOWHERE, log_file=installation.data_dir / "log")
    with pytest.raises(GateDidNotStart) as refused:
        gate.start()
    assert str(default_key_file(installation.data_dir)) in str(refused.value.details["why"])
    assert gate.process.poll() is not None


def test_a_worker_without_its_key_does_not_start(installation: Installation) -> None:
    log_file = installation.data_dir / "log"
    patience = Patience(first_ms=300, longest_ms=1_500)
    worker = worker_of(installation, NOWHERE, patience=patience, log_file=log_file)
    with pytest.raises(WorkerDidNotStart) as refused:
        worker.start()
    assert str(default_key_file(installation.data_dir)) in str(refused.value.details["why"])
    assert worker.process.poll() is not None


def test_an_inbox_without_its_key_does_not_start(installation: Installation) -> None:
    log_file, watched = installation.data_dir / "log", installation.data_dir.parent
    inbox = inbox_of(installation, NOWHERE, watched, log_file=log_file)
    with pytest.raises(InboxDidNotStart) as refused:
        inbox.start()
    assert str(default_key_file(installation.data_dir)) in str(refused.value.details["why"])
    assert inbox.process.poll() is not None


def test_customers_without_an_api_do_not_start(tmp_path: Path) -> None:
    with a_server(403) as (url, _):
        wiring = Wiring(url=url, token="cst_none", seed=1, rate=1, companies=1, persons=1)
        customers = CustomersProcess(wiring, log_file=tmp_path / "log")
        with pytest.raises(CustomersDidNotStart) as refused:
            customers.start()
    assert "403 code.403" in str(refused.value.details["why"])
    assert customers.process.poll() is not None


def test_a_part_that_was_not_started_has_no_process(installation: Installation) -> None:
    with pytest.raises(GateDidNotStart):
        gate_of(installation, NOWHERE).stop()


@pytest.mark.fast
@pytest.mark.parametrize("name", ["", "two words", "-dash", "a" * 65, "naïve", "line\n", "a+b"])
def test_a_name_that_no_checkpoint_can_bear_sets_nothing_up(tmp_path: Path, name: str) -> None:
    data = tmp_path / "data"
    with pytest.raises(BadName):
        set_up(load_settings({"COUNTERSIGN_DATA": str(data)}), name=name)
    assert [*tmp_path.iterdir()] == []
