"""A keyset and a key file survive a power loss: synced before they are named, their folder after.

A rename of what is not synced yet may leave an empty file, and with it data that nobody can open.
"""

import pytest
from tests.support.syncs import watch_syncs
from tests.vault.conftest import Folders

from countersign.vault.keyset import Keyset, create_keyset, save_keyset
from countersign.vault.protectors import KeyFileProtector, create_key_file

pytestmark = pytest.mark.fast


def test_a_key_file_is_durable_and_so_is_its_name(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncs = watch_syncs(monkeypatch)
    create_key_file(folders.key_file, data_dir=folders.data)
    assert syncs == [("key", ["key"]), ("keys", ["key"])]


def test_a_new_keyset_is_durable_before_it_has_its_name(
    folders: Folders, protector: KeyFileProtector, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncs = watch_syncs(monkeypatch)
    create_keyset(folders.keyset, protector)
    file, folder = syncs
    assert folders.keyset.name not in file.names
    assert file.names == [file.name]
    assert folder == ("data", ["keyset.json"])


def test_a_changed_keyset_is_durable_before_it_replaces_the_other(
    folders: Folders, protector: KeyFileProtector, keyset: Keyset, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncs = watch_syncs(monkeypatch)
    save_keyset(keyset.with_new_epoch(), folders.keyset, protector)
    file, folder = syncs
    assert file.names == sorted([file.name, "keyset.json"])
    assert file.name != "keyset.json"
    assert folder == ("data", ["keyset.json"])
