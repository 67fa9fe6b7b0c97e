"""The lock of a run: on a file of its own alone, and what a command says while one holds it."""

import os
from pathlib import Path

import pytest

from countersign.entrypoints.cli.main import main
from countersign.entrypoints.installation import set_up
from countersign.entrypoints.run_lock import FILE_NAME, run_lock, running_process
from countersign.infra.database import Database, Role
from countersign.infra.postgres.server import Server
from countersign.infra.secrets_file import SecretsFile
from countersign.infra.settings import load_settings

pytestmark = pytest.mark.fast

NOWHERE = Database(
    name="countersign",
    server=Server(admin_dsn="host=/nowhere user=postgres", is_embedded=True),
    passwords=dict.fromkeys(Role, "x"),
)


def test_the_lock_is_taken_through_no_link(tmp_path: Path) -> None:
    """It empties the file that it locks."""
    other = tmp_path / "other"
    other.write_text("precious")
    (tmp_path / FILE_NAME).symlink_to(other)
    with pytest.raises(OSError, match="symbolic link"), run_lock(tmp_path):
        pass
    assert other.read_text() == "precious"


def test_a_pipe_in_place_of_the_lock_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / FILE_NAME)
    assert running_process(tmp_path) is None


def test_nothing_runs_is_said_only_where_nothing_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    made = set_up(load_settings({"COUNTERSIGN_DATA": str(data)}), name="alone")
    made.note_reach(NOWHERE)
    (data / "secrets").mkdir(mode=0o700, exist_ok=True)
    SecretsFile(data / "secrets" / "database.json").save(dict.fromkeys(Role, "x"))
    words = ["transfers", "list", "--data", str(data), "--json"]
    assert main(words) == 1
    assert "installation.not_running" in capsys.readouterr().out
    with run_lock(data):
        assert main(words) == 1
    assert "cli.database_refused" in capsys.readouterr().out
