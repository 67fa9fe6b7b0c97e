"""What opens the keyset file: a passphrase a person types, or a key file kept apart from the data.

Rules of this module:
1. A secret file is a regular file that only its owner can read; its owner starts this program or
   is root; and it lies outside the data folder, so that no backup of the data holds both.
2. Each keyset file has its own random salt, so no two files share a key.
3. A passphrase is hashed by argon2id with the costs written beside the salt (RFC 9106). Costs read
   from a file are bounded, so that a changed file cannot exhaust the machine.
"""

import os
import secrets
import stat
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Protocol, Self

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

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

KEY_BYTES = 32
PASSPHRASE_LENGTH_MIN = 12
SALT_BYTES = 16

_Salt = Annotated[bytes, msgspec.Meta(min_length=SALT_BYTES, max_length=64)]


class PassphraseProtection(msgspec.Struct, tag="passphrase", forbid_unknown_fields=True):
    """How a passphrase becomes a key: argon2id with these costs. Public; kept in the file."""

    salt: _Salt
    memory_kib: Annotated[int, msgspec.Meta(ge=64, le=1024 * 1024)] = 256 * 1024
    iterations: Annotated[int, msgspec.Meta(ge=1, le=16)] = 3
    lanes: Annotated[int, msgspec.Meta(ge=1, le=8)] = 4


class KeyFileProtection(msgspec.Struct, tag="key_file", forbid_unknown_fields=True):
    """How a key file becomes a key: HKDF-SHA-256 with this salt. Public; kept in the file."""

    salt: _Salt


Protection = PassphraseProtection | KeyFileProtection


class Protector(Protocol):
    def new_protection(self) -> Protection:
        """Choose the public parameters for a file about to be written."""

    def key(self, protection: Protection) -> bytes:
        """Make the 32-byte key of a file with these parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassphraseProtector:
    passphrase: str = field(repr=False)

    @classmethod
    def from_file(cls, path: Path, *, data_dir: Path) -> Self:
        """Take the first line of a secret file as the passphrase."""
        content = _read_secret(path, data_dir=data_dir)
        try:
            lines = content.decode().splitlines()
        except UnicodeDecodeError:
            raise KeyFileUnusable(path=str(path)) from None
        if not lines:
            raise KeyFileUnusable(path=str(path))
        return cls(passphrase=lines[0])

    def new_protection(self) -> Protection:
        if len(self.passphrase) < PASSPHRASE_LENGTH_MIN:
            raise WeakPassphrase(length_min=PASSPHRASE_LENGTH_MIN)
        return PassphraseProtection(salt=secrets.token_bytes(SALT_BYTES))

    def key(self, protection: Protection) -> bytes:
        if not isinstance(protection, PassphraseProtection):
            raise CannotOpen(what="keyset file")
        kdf = Argon2id(
            salt=protection.salt,
            length=KEY_BYTES,
            iterations=protection.iterations,
            lanes=protection.lanes,
            memory_cost=protection.memory_kib,
        )
        # The same letters may be typed composed or decomposed (RFC 8265, section 4.2.2).
        return kdf.derive(unicodedata.normalize("NFC", self.passphrase).encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFileProtector:
    """Reads the key file anew each time, so that its content does not stay in memory."""

    path: Path
    data_dir: Path

    def new_protection(self) -> Protection:
        return KeyFileProtection(salt=secrets.token_bytes(SALT_BYTES))

    def key(self, protection: Protection) -> bytes:
        if not isinstance(protection, KeyFileProtection):
            raise CannotOpen(what="keyset file")
        content = _read_secret(self.path, data_dir=self.data_dir)
        if len(content) != KEY_BYTES:
            raise KeyFileUnusable(path=str(self.path))
        kdf = HKDF(SHA256(), KEY_BYTES, salt=protection.salt, info=b"countersign/key-file/v1")
        return kdf.derive(content)


def protector_for(
    data_dir: Path, *, key_file: str | Path | None, passphrase_file: str | Path | None
) -> Protector:
    """What opens the keyset of a data folder: the passphrase if there is one, else the key file."""
    if passphrase_file:
        return PassphraseProtector.from_file(Path(passphrase_file), data_dir=data_dir)
    return KeyFileProtector(path=Path(key_file or ""), data_dir=data_dir)


def create_key_file(path: Path, *, data_dir: Path) -> None:
    """Write 32 random bytes that only this user can read; an existing file is left alone."""
    _refuse_inside(path, data_dir)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise KeyFileExists(path=str(path)) from None
    except OSError as error:
        raise KeyFileNotMade(path=str(path), why=str(error.strerror)) from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a new or renamed entry of the folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


_SECRET_BYTES_MAX = 4096
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def _read_secret(path: Path, *, data_dir: Path) -> bytes:
    _refuse_inside(path, data_dir)
    try:
        # Without O_NONBLOCK a named pipe in the file's place would stop the start for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise KeyFileMissing(path=str(path)) from None
    except OSError as error:
        raise KeyFileUnreadable(path=str(path), why=str(error.strerror)) from None
    try:
        # Asked of the open file, not of its name, which may point elsewhere by now.
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > _SECRET_BYTES_MAX:
            raise KeyFileUnusable(path=str(path))
        if status.st_mode & _OTHERS:
            raise KeyFileExposed(path=str(path))
        if status.st_uid not in {0, os.geteuid()}:
            raise KeyFileOfAnother(path=str(path), uid=status.st_uid)
        return os.read(descriptor, _SECRET_BYTES_MAX)
    finally:
        os.close(descriptor)


def _refuse_inside(path: Path, data_dir: Path) -> None:
    if path.resolve().is_relative_to(data_dir.resolve()):
        raise KeyInsideData(path=str(path))
