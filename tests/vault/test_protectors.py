"""Passphrases and key files: what opens a keyset, and which files are refused."""

import os
import unicodedata
from pathlib import Path

import pytest
from tests.support.postgres import reachable_folder
from tests.support.processes import run_as_ordinary_user
from tests.vault.conftest import Folders

from countersign.vault.errors import (
    CannotOpen,
    KeyFileExists,
    KeyFileExposed,
    KeyFileMissing,
    KeyFileNotMade,
    KeyFileOfAnother,
    KeyFileUnreadable,
    KeyFileUnusable,
    KeyInsideData,
    WeakPassphrase,
)
from countersign.vault.protectors import (
    KeyFileProtection,
    KeyFileProtector,
    PassphraseProtection,
    PassphraseProtector,
    create_key_file,
)

pytestmark = pytest.mark.fast

CHEAP = PassphraseProtection(salt=bytes(16), memory_kib=64, iterations=1, lanes=1)
FILE_SALT = KeyFileProtection(salt=bytes(16))


def secret_file(path: Path, content: bytes, *, mode: int = 0o600) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_a_key_file_is_random_and_private(folders: Folders) -> None:
    other = folders.keys / "other"
    create_key_file(folders.key_file, data_dir=folders.data)
    create_key_file(other, data_dir=folders.data)
    assert folders.key_file.stat().st_mode & 0o777 == 0o600
    assert len(folders.key_file.read_bytes()) == 32
    assert folders.key_file.read_bytes() != other.read_bytes()


def test_a_key_file_gives_one_key_for_one_salt(folders: Folders) -> None:
    create_key_file(folders.key_file, data_dir=folders.data)
    protector = KeyFileProtector(path=folders.key_file, data_dir=folders.data)
    assert protector.key(FILE_SALT) == protector.key(FILE_SALT)
    assert protector.key(FILE_SALT) != protector.key(KeyFileProtection(salt=bytes(15) + b"1"))
    assert protector.key(FILE_SALT) != folders.key_file.read_bytes()
    assert protector.new_protection() != protector.new_protection()


def test_an_existing_key_file_is_left_alone(folders: Folders) -> None:
    secret_file(folders.key_file, b"precious")
    with pytest.raises(KeyFileExists) as refused:
        create_key_file(folders.key_file, data_dir=folders.data)
    assert refused.value.code == "vault.key_file_exists"
    assert folders.key_file.read_bytes() == b"precious"


def test_a_key_file_needs_its_folder(folders: Folders) -> None:
    with pytest.raises(KeyFileNotMade) as refused:
        create_key_file(folders.keys / "nowhere" / "key", data_dir=folders.data)
    assert refused.value.details["why"] == "No such file or directory"


def test_a_key_file_inside_the_data_folder_is_refused(folders: Folders) -> None:
    inside = folders.data / "deep" / "key"
    with pytest.raises(KeyInsideData) as refused:
        create_key_file(inside, data_dir=folders.data)
    assert refused.value.code == "vault.key_inside_data"
    inside.parent.mkdir()
    secret_file(inside, bytes(32))
    with pytest.raises(KeyInsideData):
        KeyFileProtector(path=inside, data_dir=folders.data).key(FILE_SALT)
    with pytest.raises(KeyInsideData):
        PassphraseProtector.from_file(inside, data_dir=folders.data)


def test_no_link_hides_that_a_key_file_is_inside(folders: Folders, tmp_path: Path) -> None:
    secret_file(folders.data / "key", bytes(32))
    folders.key_file.symlink_to(folders.data / "key")
    with pytest.raises(KeyInsideData):
        KeyFileProtector(path=folders.key_file, data_dir=folders.data).key(FILE_SALT)
    alias = tmp_path / "alias"
    alias.symlink_to(folders.data)
    with pytest.raises(KeyInsideData):
        KeyFileProtector(path=alias / "key", data_dir=folders.data).key(FILE_SALT)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o644, 0o666])
def test_a_key_file_that_others_reach_is_refused(folders: Folders, mode: int) -> None:
    secret_file(folders.key_file, bytes(32), mode=mode)
    with pytest.raises(KeyFileExposed) as refused:
        KeyFileProtector(path=folders.key_file, data_dir=folders.data).key(FILE_SALT)
    assert refused.value.code == "vault.key_file_exposed"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_key_file_of_another_user_is_refused(folders: Folders) -> None:
    secret_file(folders.key_file, bytes(32))
    os.chown(folders.key_file, 65534, 65534)
    protector = KeyFileProtector(path=folders.key_file, data_dir=folders.data)
    with pytest.raises(KeyFileOfAnother) as refused:
        protector.key(FILE_SALT)
    assert refused.value.details["uid"] == 65534
    folders.key_file.chmod(0o640)
    with pytest.raises(KeyFileExposed):
        protector.key(FILE_SALT)


def of_root(folder: Path) -> None:
    """A key that this user may not read; the test's own process made it."""
    protector = KeyFileProtector(path=folder / "key", data_dir=folder / "data")
    with pytest.raises(KeyFileUnreadable) as refused:
        protector.key(FILE_SALT)
    assert refused.value.details == {"path": str(folder / "key"), "why": "Permission denied"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_key_file_that_this_user_may_not_read_is_not_called_missing() -> None:
    with reachable_folder() as folder:
        secret_file(folder / "key", bytes(32))
        run_as_ordinary_user(of_root, folder)


@pytest.mark.parametrize("content", [b"", bytes(31), bytes(33), bytes(5000)], ids=len)
def test_a_key_file_of_another_length_is_refused(folders: Folders, content: bytes) -> None:
    secret_file(folders.key_file, content)
    with pytest.raises(KeyFileUnusable) as refused:
        KeyFileProtector(path=folders.key_file, data_dir=folders.data).key(FILE_SALT)
    assert refused.value.code == "vault.key_file_unusable"


def test_what_is_no_file_is_refused_without_waiting(folders: Folders) -> None:
    protector = KeyFileProtector(path=folders.key_file, data_dir=folders.data)
    with pytest.raises(KeyFileMissing):
        protector.key(FILE_SALT)
    os.mkfifo(folders.key_file, 0o600)
    with pytest.raises(KeyFileUnusable):
        protector.key(FILE_SALT)
    folders.key_file.unlink()
    folders.key_file.mkdir(mode=0o700)
    with pytest.raises(KeyFileUnusable):
        protector.key(FILE_SALT)


def test_a_passphrase_is_costly_to_try() -> None:
    chosen = PassphraseProtector(passphrase="four unrelated words").new_protection()
    assert isinstance(chosen, PassphraseProtection)
    assert chosen.memory_kib >= 64 * 1024  # RFC 9106, section 4, second recommended option.
    assert chosen.iterations >= 3
    assert len(chosen.salt) >= 16


def test_a_short_passphrase_is_refused_for_a_new_file_only() -> None:
    short = PassphraseProtector(passphrase="elevenchars")
    with pytest.raises(WeakPassphrase) as refused:
        short.new_protection()
    assert refused.value.code == "vault.weak_passphrase"
    assert len(short.key(CHEAP)) == 32


def test_composed_and_decomposed_letters_are_one_passphrase() -> None:
    passphrase = "Zürich Käse 王小明"
    spellings = [unicodedata.normalize(form, passphrase) for form in ("NFC", "NFD")]
    composed, decomposed = (PassphraseProtector(passphrase=s).key(CHEAP) for s in spellings)
    assert composed == decomposed
    assert composed != PassphraseProtector(passphrase=passphrase + " ").key(CHEAP)


@pytest.mark.parametrize(
    "content", [b"four words", b"four words\n", b"four words\r\nsecond line\n"]
)
def test_a_passphrase_file_is_read_to_the_end_of_its_line(folders: Folders, content: bytes) -> None:
    path = secret_file(folders.key_file, content)
    protector = PassphraseProtector.from_file(path, data_dir=folders.data)
    assert protector.passphrase == "four words"


@pytest.mark.parametrize("content", [b"", b"\xff\xfe"])
def test_an_unreadable_passphrase_file_is_refused(folders: Folders, content: bytes) -> None:
    path = secret_file(folders.key_file, content)
    with pytest.raises(KeyFileUnusable):
        PassphraseProtector.from_file(path, data_dir=folders.data)


def test_an_exposed_passphrase_file_is_refused(folders: Folders) -> None:
    path = secret_file(folders.key_file, b"four words", mode=0o644)
    with pytest.raises(KeyFileExposed):
        PassphraseProtector.from_file(path, data_dir=folders.data)


def test_one_kind_of_protector_does_not_open_the_other(folders: Folders) -> None:
    create_key_file(folders.key_file, data_dir=folders.data)
    with pytest.raises(CannotOpen):
        KeyFileProtector(path=folders.key_file, data_dir=folders.data).key(CHEAP)
    with pytest.raises(CannotOpen):
        PassphraseProtector(passphrase="four unrelated words").key(FILE_SALT)


def test_a_passphrase_never_shows() -> None:
    assert "unrelated" not in repr(PassphraseProtector(passphrase="four unrelated words"))
