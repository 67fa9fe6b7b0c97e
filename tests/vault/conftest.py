"""Fixtures of the vault's tests: a keyset made for real, and data keys over a real database."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from countersign.infra.database import Database, Role
from countersign.vault.keyset import Keyset, create_keyset
from countersign.vault.protectors import KeyFileProtector, create_key_file
from countersign.vault.subjects import SubjectKeys


@dataclass(frozen=True, kw_only=True)
class Folders:
    data: Path
    keys: Path

    @property
    def key_file(self) -> Path:
        return self.keys / "key"

    @property
    def keyset(self) -> Path:
        return self.data / "keyset.json"


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    made = Folders(data=tmp_path / "data", keys=tmp_path / "keys")
    made.data.mkdir()
    made.keys.mkdir()
    return made


@pytest.fixture
def protector(folders: Folders) -> KeyFileProtector:
    create_key_file(folders.key_file, data_dir=folders.data)
    return KeyFileProtector(path=folders.key_file, data_dir=folders.data)


@pytest.fixture
def keyset(folders: Folders, protector: KeyFileProtector) -> Keyset:
    return create_keyset(folders.keyset, protector)


@pytest.fixture
def instance() -> bytes:
    return secrets.token_bytes(16)


@pytest.fixture
def subject_keys(database: Database, keyset: Keyset, instance: bytes) -> Iterator[SubjectKeys]:
    with SubjectKeys(lambda: database.connect(Role.APP), keyset, instance) as keys:
        yield keys
