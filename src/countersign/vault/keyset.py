"""The keyset: all key material of one instance, in one file sealed by a passphrase or a key file.

Rules of this module:
1. The file is AES-256-GCM over JSON; its format, purpose and protection are bound to it.
2. It is written beside, synced and renamed, mode 0600, so a crash leaves the old or the new one.
3. Creating never replaces a keyset: with the old one all sealed data would be lost.
4. A keyset in memory does not change; rotation gives a new one, which its caller saves before use.
5. Keys never show in a repr, a log or a refusal.
"""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from countersign.kernel.invariant import invariant
from countersign.vault.errors import (
    CannotOpen,
    KeysetExists,
    KeyVersionGone,
    NoKeyset,
    NoSigningKey,
)
from countersign.vault.key_encryption import KeyEncryptionKeys
from countersign.vault.protectors import KEY_BYTES, Protection, Protector, sync_folder
from countersign.vault.seal import length_prefixed

SIGNING_KEY_NAMES = ("checkpoint", "gate")


class VersionedKeys:
    """Keys of one purpose by version; the newest makes, the older ones still compare."""

    __slots__ = ("_keys", "current_version", "purpose")

    def __init__(self, purpose: str, keys: Mapping[int, bytes]) -> None:
        invariant(keys, "a purpose has at least one key")
        invariant(all(len(key) == KEY_BYTES for key in keys.values()), "each key has 32 bytes")
        self.purpose = purpose
        self.current_version = max(keys)
        self._keys = dict(keys)

    @property
    def current(self) -> bytes:
        return self._keys[self.current_version]

    @property
    def versions(self) -> tuple[int, ...]:
        return tuple(sorted(self._keys))

    def key(self, version: int) -> bytes:
        key = self._keys.get(version)
        if key is None:
            raise KeyVersionGone(version=version, purpose=self.purpose)
        return key

    def rotated(self) -> "VersionedKeys":
        fresh = {self.current_version + 1: secrets.token_bytes(KEY_BYTES)}
        return VersionedKeys(self.purpose, self._keys | fresh)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Keyset:
    key_encryption: KeyEncryptionKeys
    blind_index: VersionedKeys
    body_mac: VersionedKeys
    signing_keys: Mapping[str, Ed25519PrivateKey]

    def signing_key(self, name: str) -> Ed25519PrivateKey:
        key = self.signing_keys.get(name)
        if key is None:
            raise NoSigningKey(name=name)
        return key

    def with_new_epoch(self) -> "Keyset":
        """Wrap new data keys under a fresh key-encryption key; older ones still open."""
        return replace(self, key_encryption=self.key_encryption.rotated())

    def without_epoch(self, epoch: int) -> "Keyset":
        """Retire an epoch. First `SubjectKeys.rewrap` until nothing is left in it."""
        return replace(self, key_encryption=self.key_encryption.without(epoch))

    def with_new_body_mac(self) -> "Keyset":
        return replace(self, body_mac=self.body_mac.rotated())

    def with_new_blind_index(self) -> "Keyset":
        """Start a new blind-index key; stored indexes name their version and are made anew."""
        return replace(self, blind_index=self.blind_index.rotated())


def fresh_keyset() -> Keyset:
    """A keyset of fresh keys that is kept nowhere yet."""
    return Keyset(
        key_encryption=KeyEncryptionKeys.create(),
        blind_index=VersionedKeys(_BLIND_INDEX, {1: secrets.token_bytes(KEY_BYTES)}),
        body_mac=VersionedKeys(_BODY_MAC, {1: secrets.token_bytes(KEY_BYTES)}),
        signing_keys=MappingProxyType(
            {name: Ed25519PrivateKey.generate() for name in SIGNING_KEY_NAMES}
        ),
    )


def create_keyset(path: Path, protector: Protector) -> Keyset:
    """Make a keyset with fresh keys and write it, unless there is one already."""
    keyset = fresh_keyset()
    _write(path, _sealed_file(keyset, protector), is_new=True)
    return keyset


def load_keyset(path: Path, protector: Protector) -> Keyset:
    """Open the file; a wrong passphrase, a wrong key file and a changed file look the same."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise NoKeyset(path=str(path)) from None
    try:
        file = msgspec.json.decode(content, type=_File)
        opener = AESGCM(protector.key(file.protection))
        opened = opener.decrypt(file.nonce, file.sealed, _bound(file.protection))
        keys = msgspec.json.decode(opened, type=_Keys)
    except (msgspec.DecodeError, InvalidTag, ValueError):
        raise CannotOpen(what="keyset file") from None
    return _keyset(keys)


def save_keyset(keyset: Keyset, path: Path, protector: Protector) -> None:
    """Replace the file, after a rotation or to change the passphrase or key file."""
    _write(path, _sealed_file(keyset, protector), is_new=False)


_FORMAT: Literal["countersign/keyset/v1"] = "countersign/keyset/v1"
_NONCE_BYTES = 12
_BLIND_INDEX = "blind index"
_BODY_MAC = "request body"


class _File(msgspec.Struct, forbid_unknown_fields=True):
    format: Literal["countersign/keyset/v1"]
    protection: Protection
    nonce: bytes
    sealed: bytes


class _Keys(msgspec.Struct, forbid_unknown_fields=True):
    key_encryption: str
    blind_index: dict[int, bytes]
    body_mac: dict[int, bytes]
    signing_keys: dict[str, bytes]

    def __repr__(self) -> str:
        return "_Keys(...)"


def _sealed_file(keyset: Keyset, protector: Protector) -> bytes:
    protection = protector.new_protection()
    key, nonce = AESGCM(protector.key(protection)), secrets.token_bytes(_NONCE_BYTES)
    keys = _Keys(
        key_encryption=keyset.key_encryption.to_json(),
        blind_index=_by_version(keyset.blind_index),
        body_mac=_by_version(keyset.body_mac),
        signing_keys={name: key.private_bytes_raw() for name, key in keyset.signing_keys.items()},
    )
    sealed = key.encrypt(nonce, msgspec.json.encode(keys), _bound(protection))
    file = _File(format=_FORMAT, protection=protection, nonce=nonce, sealed=sealed)
    return msgspec.json.encode(file)


def _keyset(keys: _Keys) -> Keyset:
    return Keyset(
        key_encryption=KeyEncryptionKeys(keys.key_encryption),
        blind_index=VersionedKeys(_BLIND_INDEX, keys.blind_index),
        body_mac=VersionedKeys(_BODY_MAC, keys.body_mac),
        signing_keys=MappingProxyType(
            {
                name: Ed25519PrivateKey.from_private_bytes(seed)
                for name, seed in keys.signing_keys.items()
            }
        ),
    )


def _by_version(keys: VersionedKeys) -> dict[int, bytes]:
    return {version: keys.key(version) for version in keys.versions}


def _bound(protection: Protection) -> bytes:
    return length_prefixed(_FORMAT.encode(), msgspec.json.encode(protection))


def _write(path: Path, content: bytes, *, is_new: bool) -> None:
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(beside, flags, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            os.link(beside, path)  # Unlike a rename, refused where the name is taken.
        else:
            beside.replace(path)
    except FileExistsError:
        raise KeysetExists(path=str(path)) from None
    finally:
        beside.unlink(missing_ok=True)
    sync_folder(path.parent)
