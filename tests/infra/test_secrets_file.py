"""A secrets file is private, whole, and never repaired in silence."""

import os
import stat
from pathlib import Path

import pytest

from countersign.infra.secrets_file import ExposedSecrets, SecretsFile, UnreadableSecrets

pytestmark = pytest.mark.fast


@pytest.fixture
def file(tmp_path: Path) -> SecretsFile:
    return SecretsFile(tmp_path / "secrets" / "some.json")


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_missing_file_holds_nothing(file: SecretsFile) -> None:
    assert file.load() == {}


def test_saved_is_loaded_and_private(file: SecretsFile) -> None:
    before = os.umask(0)
    try:
        file.save({"a": "1"})
        file.save({"a": "2", "b": "密"})
    finally:
        os.umask(before)
    assert file.load() == {"a": "2", "b": "密"}
    assert (mode_of(file.path), mode_of(file.path.parent)) == (0o600, 0o700)
    assert [path.name for path in file.path.parent.iterdir()] == ["some.json"]


def test_a_secret_is_made_once(file: SecretsFile) -> None:
    first = file.get_or_make("a")
    assert len(first) >= 43  # 32 bytes in base64.
    assert file.get_or_make("b") != first
    assert file.get_or_make("a") == SecretsFile(file.path).get_or_make("a") == first


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602])
def test_an_exposed_file_is_refused(file: SecretsFile, mode: int) -> None:
    file.save({"a": "1"})
    file.path.chmod(mode)
    with pytest.raises(ExposedSecrets):
        file.load()


@pytest.mark.parametrize("mode", [0o750, 0o701, 0o770])
def test_an_exposed_folder_is_refused(file: SecretsFile, mode: int) -> None:
    file.save({"a": "1"})
    file.path.parent.chmod(mode)
    with pytest.raises(ExposedSecrets):
        file.load()
    with pytest.raises(ExposedSecrets):
        file.save({"a": "2"})


def test_a_link_is_refused(file: SecretsFile, tmp_path: Path) -> None:
    file.save({"a": "1"})
    file.path.rename(tmp_path / "elsewhere.json")
    file.path.symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(ExposedSecrets):
        file.load()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_of_someone_else_is_refused(file: SecretsFile) -> None:
    file.save({"a": "1"})
    os.chown(file.path, 65534, 65534)
    with pytest.raises(ExposedSecrets):
        file.load()


@pytest.mark.parametrize("content", ["", "[]", "no json", '{"a": 1}', '"a"'])
def test_another_content_is_refused(file: SecretsFile, content: str) -> None:
    file.save({})
    file.path.write_text(content)
    with pytest.raises(UnreadableSecrets):
        file.load()
