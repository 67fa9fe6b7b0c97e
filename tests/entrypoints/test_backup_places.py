"""Where a backup may not be written to and an installation not be restored into."""

import os
from pathlib import Path

import pytest

from countersign.entrypoints.backup.folder import restored_folder
from countersign.entrypoints.backup.restoring import check_backup
from countersign.entrypoints.cli.main import main
from countersign.entrypoints.cli.terminal import REFUSED
from countersign.entrypoints.installation import FolderOpenToOthers, set_up
from countersign.flows.backup.errors import (
    CannotRead,
    FolderNotEmpty,
    NotAFolder,
)
from countersign.infra.settings import load_settings

pytestmark = pytest.mark.fast


def restore_into(data_dir: Path) -> None:
    with restored_folder(data_dir, before_clearing=lambda _: None):
        pass


def test_a_folder_that_anyone_may_write_into_is_refused(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(0o777)
    with pytest.raises(FolderOpenToOthers):
        restore_into(data)
    data.chmod(0o1777)  # Others cannot take away what is there, but put something beside it.
    with pytest.raises(FolderOpenToOthers):
        restore_into(data)
    assert [*data.iterdir()] == []


def test_what_is_no_folder_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    places = {name: tmp_path / name for name in ("link", "pipe", "file")}
    places["link"].symlink_to(tmp_path / "nowhere")
    os.mkfifo(places["pipe"])
    places["file"].write_text("of somebody", "utf-8")
    places["below"] = places["file"] / "below"
    said = {}
    for name, place in places.items():
        with pytest.raises(NotAFolder) as refused:
            restore_into(place)
        said[name] = str(refused.value.details["why"])
    assert said["link"] == "it is a link to nothing"
    assert said["pipe"] == said["file"] == "it is something else than a folder"
    assert not (tmp_path / "nowhere").exists()
    assert places["file"].read_text("utf-8") == "of somebody"


def test_a_link_to_an_empty_folder_is_followed_and_a_full_one_refused(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there")
    with pytest.raises(FileNotFoundError):
        restore_into(tmp_path / "link")  # It came as far as its instance.json, which is not there.
    assert [*(tmp_path / "there").iterdir()] == []
    (tmp_path / "there" / "something").touch()
    with pytest.raises(FolderNotEmpty):
        restore_into(tmp_path / "link")


def test_a_backup_is_read_from_a_regular_file_only(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    settings = load_settings({"COUNTERSIGN_DATA": str(tmp_path / "new")})
    for wrong in (tmp_path / "pipe", tmp_path, tmp_path / "absent"):
        with pytest.raises(CannotRead):
            check_backup(wrong, settings=settings, progress=lambda _: None)


def test_a_backup_that_cannot_be_written_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COUNTERSIGN_DATA", "elsewhere")
    monkeypatch.setattr("signal.signal", lambda *_: None)  # This process is the tests' own.
    data = tmp_path / "data"
    set_up(load_settings({"COUNTERSIGN_DATA": str(data)}), name="own")
    (tmp_path / "file").touch()
    for wrong in ("no such/x", "file/x", "n" * 300):
        to = str(tmp_path / wrong)
        assert main(["backup", "--to", to, "--data", str(data)]) == REFUSED
        assert capsys.readouterr().err.startswith("backup.cannot_write: ")


def test_a_folder_that_is_not_there_is_refused_and_becomes_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COUNTERSIGN_DATA", "elsewhere")
    monkeypatch.setattr("signal.signal", lambda *_: None)
    data = tmp_path / "data"
    set_up(load_settings({"COUNTERSIGN_DATA": str(data)}), name="own")
    assert main(["backup", "--to", f"{tmp_path}/not there/", "--data", str(data)]) == REFUSED
    said = capsys.readouterr().err
    assert said.startswith("backup.no_such_folder: ")
    assert f"`mkdir -p '{tmp_path}/not there'`" in said
    assert not (tmp_path / "not there").exists()


def test_a_backup_into_the_data_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COUNTERSIGN_DATA", "elsewhere")
    monkeypatch.setattr("signal.signal", lambda *_: None)
    data = tmp_path / "data"
    set_up(load_settings({"COUNTERSIGN_DATA": str(data)}), name="own")
    before = sorted(data.iterdir())
    (tmp_path / "link").symlink_to(data)
    for inside in (data, data / "x.csbackup", tmp_path / "link", tmp_path / "link" / "x"):
        assert main(["backup", "--to", str(inside), "--data", str(data)]) == REFUSED
        assert capsys.readouterr().err.startswith("backup.inside_data: ")
    assert sorted(data.iterdir()) == before


def test_a_roles_file_that_is_not_there_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COUNTERSIGN_DATA", "elsewhere")
    monkeypatch.setattr("signal.signal", lambda *_: None)
    call = ["restore", "--from", "any", "--data", str(tmp_path / "new"), "--roles-file", "absent"]
    assert main(call) == REFUSED
    assert capsys.readouterr().err.startswith("secrets.unreadable: ")
