"""Where a set-up begins and where it is refused, and that a refused one changes nothing."""

import os
from pathlib import Path

import pytest
from tests.support.shell import Shell

from countersign.entrypoints.installation import (
    FolderOfAnother,
    FolderOpenToOthers,
    ForeignFolder,
    Installation,
    SetUpAlready,
    default_key_file,
    load_installation,
    prepare_folder,
    set_up,
)
from countersign.infra.settings import BadSetting, Settings, load_settings

pytestmark = pytest.mark.fast


def settings_of(data: Path) -> Settings:
    return load_settings({"COUNTERSIGN_DATA": str(data)})


def installed(data: Path) -> Installation:
    return set_up(settings_of(data), name="here")


def test_a_bad_setting_is_blamed_on_where_it_stands(tmp_path: Path) -> None:
    file = tmp_path / "countersign.toml"
    file.write_text('log_level = "loud"\npg_user = "me"\n', "utf-8")
    with pytest.raises(BadSetting) as refused:
        settings_of(tmp_path)
    assert str(file) in refused.value.sentence()
    for variable, value in (("LOG_LEVEL", "loud"), ("DATABASE_URL", "mysql://hunter2@x")):
        environment = {"COUNTERSIGN_DATA": str(tmp_path), f"COUNTERSIGN_{variable}": value}
        if variable != "LOG_LEVEL":
            file.unlink()
        with pytest.raises(BadSetting) as refused:
            load_settings(environment)
        assert f"COUNTERSIGN_{variable}" in refused.value.sentence()
        assert str(file) not in refused.value.sentence()
        assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("name", ["README.md", "docs", ".git", "keyset.sealed.txt", "postgres"])
def test_a_folder_of_other_things_is_refused_and_left_alone(tmp_path: Path, name: str) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / name).write_text("mine", "utf-8")
    (data / "head").write_text("mine too", "utf-8")
    with pytest.raises(ForeignFolder) as refused:
        installed(data)
    assert refused.value.details["found"] == name
    assert {path.name for path in data.iterdir()} == {name, "head"}
    assert (data / "head").read_text("utf-8") == "mine too"
    assert not default_key_file(data).exists()


def test_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("mine", "utf-8")
    with pytest.raises(ForeignFolder):
        _ = set_up(settings_of_file(tmp_path), name="here")


def settings_of_file(folder: Path) -> Settings:
    """Settings of a folder, which then turns out to be a file."""
    settings = settings_of(folder / "elsewhere")
    return Settings(
        **{name: getattr(settings, name) for name in Settings.__slots__}
        | {"data_dir": folder / "data"}
    )


@pytest.mark.parametrize(
    "names",
    [
        (),
        ("countersign.toml",),
        ("lost+found",),
        ("run.lock",),
        (".keyset.sealed.0123456789abcdef",),
        ("keyset.sealed",),
        ("keyset.sealed", "head"),
        ("keyset.sealed", "head", "instance.new"),
    ],
)
def test_an_empty_folder_and_an_unfinished_set_up_are_taken(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for name in names:
        (data / name).write_bytes(b"")
    made = installed(data)
    assert load_installation(made.settings).instance == made.instance
    made.keyset()  # It opens.


def test_an_installation_without_its_instance_file_keeps_its_keys(tmp_path: Path) -> None:
    data = tmp_path / "data"
    made = installed(data)
    (data / "secrets").mkdir()  # As whoever has run once.
    (data / "instance.json").unlink()
    keys = made.keyset_file.read_bytes()
    with pytest.raises(ForeignFolder):
        installed(data)
    assert made.keyset_file.read_bytes() == keys


def test_an_instance_that_came_meanwhile_is_never_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "data" / "instance.json"
    durable = os.fsync

    def while_it_waits_for_the_disk(descriptor: int) -> None:
        file.write_bytes(b"of another process")
        durable(descriptor)

    monkeypatch.setattr("os.fsync", while_it_waits_for_the_disk)
    with pytest.raises(SetUpAlready):
        installed(file.parent)
    assert file.read_bytes() == b"of another process"


def test_what_is_set_up_is_not_set_up_again(tmp_path: Path) -> None:
    made = installed(tmp_path / "data")
    content = {path: path.read_bytes() for path in made.data_dir.iterdir()}
    with pytest.raises(SetUpAlready):
        installed(made.data_dir)
    assert {path: path.read_bytes() for path in made.data_dir.iterdir()} == content


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o730, 0o703])
def test_a_folder_that_others_may_write_into_is_refused(tmp_path: Path, mode: int) -> None:
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(mode)
    with pytest.raises(FolderOpenToOthers):
        installed(data)
    assert [*data.iterdir()] == []
    data.chmod(0o711)
    installed(data)
    prepare_folder(data, name="here")
    data.chmod(mode)
    with pytest.raises(FolderOpenToOthers):
        prepare_folder(data, name="here")


def test_a_folder_of_another_user_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    if os.geteuid() == 0:  # Whose folders are everybody's.
        os.chown(data, 65534, -1)
    owner = data.stat().st_uid
    monkeypatch.setattr("os.geteuid", lambda: owner + 1)
    with pytest.raises(FolderOfAnother) as refused:
        installed(data)
    assert refused.value.details["uid"] == owner
    assert [*data.iterdir()] == []
    monkeypatch.setattr("os.geteuid", lambda: owner)
    prepare_folder(data, name="here")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_a_place_out_of_reach_is_refused_before_a_key_is_made(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    for data in (tmp_path / "data", tmp_path / "deep" / "er" / "data"):
        refused = Shell(data).call("run", expect=1)
        assert refused["error"]["code"] == "postgres.unreachable_folder"
        assert str(tmp_path.parts[1]) in refused["error"]["sentence"]
    assert [*tmp_path.iterdir()] == []
