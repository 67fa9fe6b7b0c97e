"""The keyset file: what opens it, what does not, and what rotation keeps."""

import base64
import json
import os
import secrets
import struct
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tests.vault.conftest import Folders

from countersign.kernel.invariant import InvariantBroken
from countersign.vault.errors import (
    CannotOpen,
    EpochCurrent,
    KeysetExists,
    KeyVersionGone,
    NoKeyset,
    NoSigningKey,
)
from countersign.vault.keyset import (
    SIGNING_KEY_NAMES,
    Keyset,
    VersionedKeys,
    _Keys,
    create_keyset,
    load_keyset,
    save_keyset,
)
from countersign.vault.protectors import (
    KeyFileProtection,
    KeyFileProtector,
    PassphraseProtection,
    PassphraseProtector,
    Protection,
    create_key_file,
)

pytestmark = pytest.mark.fast


class CheapPassphrase(PassphraseProtector):
    """A passphrase with costs fit for tests; reading takes the costs from the file anyway."""

    def new_protection(self) -> Protection:
        salt = secrets.token_bytes(16)
        return PassphraseProtection(salt=salt, memory_kib=64, iterations=1, lanes=1)


def secrets_of(keyset: Keyset) -> list[bytes]:
    keys = [keyset.blind_index.current, keyset.body_mac.current]
    keys += [keyset.signing_key(name).private_bytes_raw() for name in SIGNING_KEY_NAMES]
    return [*keys, keyset.key_encryption.to_json().encode()]


def test_a_keyset_comes_back_as_it_was_made(folders: Folders, protector: KeyFileProtector) -> None:
    made = create_keyset(folders.keyset, protector)
    loaded = load_keyset(folders.keyset, protector)
    assert secrets_of(loaded) == secrets_of(made)
    wrapped = made.key_encryption.wrap(b"data key", bound=b"whose")
    assert loaded.key_encryption.unwrap(wrapped, bound=b"whose") == b"data key"
    assert loaded.key_encryption.epoch == 1


def test_every_key_is_fresh(folders: Folders, protector: KeyFileProtector) -> None:
    one = create_keyset(folders.keyset, protector)
    other = create_keyset(folders.data / "other.json", protector)
    keys = secrets_of(one) + secrets_of(other)
    assert len(set(keys)) == len(keys)


def test_the_file_is_private_and_alone(folders: Folders, protector: KeyFileProtector) -> None:
    previous = os.umask(0)
    try:
        save_keyset(create_keyset(folders.keyset, protector), folders.keyset, protector)
    finally:
        os.umask(previous)
    assert folders.keyset.stat().st_mode & 0o777 == 0o600
    assert list(folders.data.iterdir()) == [folders.keyset]


def test_no_key_is_in_the_file_or_in_a_repr(
    folders: Folders, protector: KeyFileProtector, keyset: Keyset
) -> None:
    content = folders.keyset.read_bytes()
    shown = repr(keyset) + repr(keyset.body_mac) + repr(keyset.key_encryption) + repr(protector)
    for key in [*secrets_of(keyset), folders.key_file.read_bytes()]:
        for spelling in (key, base64.b64encode(key)[:-4], key.hex().encode(), repr(key).encode()):
            assert spelling not in content
            assert spelling not in shown.encode()


def test_creating_never_replaces(folders: Folders, protector: KeyFileProtector) -> None:
    create_keyset(folders.keyset, protector)
    before = folders.keyset.read_bytes()
    with pytest.raises(KeysetExists) as refused:
        create_keyset(folders.keyset, protector)
    assert refused.value.code == "vault.keyset_exists"
    assert folders.keyset.read_bytes() == before
    assert list(folders.data.iterdir()) == [folders.keyset]


def test_a_missing_keyset_is_not_made_silently(
    folders: Folders, protector: KeyFileProtector
) -> None:
    with pytest.raises(NoKeyset) as refused:
        load_keyset(folders.keyset, protector)
    assert refused.value.code == "vault.no_keyset"
    assert not folders.keyset.exists()


def test_another_key_file_does_not_open(folders: Folders, keyset: Keyset) -> None:
    other = folders.keys / "other"
    create_key_file(other, data_dir=folders.data)
    with pytest.raises(CannotOpen) as refused:
        load_keyset(folders.keyset, KeyFileProtector(path=other, data_dir=folders.data))
    assert refused.value.code == "vault.cannot_open"


def test_a_passphrase_opens_and_another_does_not(folders: Folders) -> None:
    made = create_keyset(folders.keyset, CheapPassphrase(passphrase="four unrelated words"))
    opener = PassphraseProtector(passphrase="four unrelated words")
    assert secrets_of(load_keyset(folders.keyset, opener)) == secrets_of(made)
    for wrong in ("four unrelated word", "Four unrelated words", ""):
        with pytest.raises(CannotOpen):
            load_keyset(folders.keyset, PassphraseProtector(passphrase=wrong))


def test_the_real_costs_work(folders: Folders) -> None:
    passphrase = PassphraseProtector(passphrase="four unrelated words")
    made = create_keyset(folders.keyset, passphrase)
    assert secrets_of(load_keyset(folders.keyset, passphrase)) == secrets_of(made)


def test_a_keyset_moves_from_passphrase_to_key_file(
    folders: Folders, protector: KeyFileProtector
) -> None:
    passphrase = CheapPassphrase(passphrase="four unrelated words")
    made = create_keyset(folders.keyset, passphrase)
    save_keyset(made, folders.keyset, protector)
    assert secrets_of(load_keyset(folders.keyset, protector)) == secrets_of(made)
    with pytest.raises(CannotOpen):
        load_keyset(folders.keyset, passphrase)


def test_two_files_of_one_keyset_share_no_key_and_no_nonce(
    folders: Folders, protector: KeyFileProtector, keyset: Keyset
) -> None:
    first = json.loads(folders.keyset.read_bytes())
    save_keyset(keyset, folders.keyset, protector)
    second = json.loads(folders.keyset.read_bytes())
    assert first["protection"]["salt"] != second["protection"]["salt"]
    assert first["nonce"] != second["nonce"]


def test_every_changed_byte_is_noticed(
    folders: Folders, protector: KeyFileProtector, keyset: Keyset
) -> None:
    file = json.loads(folders.keyset.read_bytes())
    for holder, name in ((file, "nonce"), (file, "sealed"), (file["protection"], "salt")):
        spelled = holder[name]
        raw = base64.b64decode(spelled)
        for position in range(len(raw)):
            changed = bytearray(raw)
            changed[position] ^= 1
            holder[name] = base64.b64encode(changed).decode()
            folders.keyset.write_bytes(msgspec.json.encode(file))
            with pytest.raises(CannotOpen):
                load_keyset(folders.keyset, protector)
        holder[name] = spelled
    folders.keyset.write_bytes(msgspec.json.encode(file))
    assert secrets_of(load_keyset(folders.keyset, protector)) == secrets_of(keyset)


def test_format_and_protection_are_bound_to_the_file(
    folders: Folders, protector: KeyFileProtector, keyset: Keyset
) -> None:
    file = json.loads(folders.keyset.read_bytes())
    salt = base64.b64decode(file["protection"]["salt"])
    protection = b'{"type":"key_file","salt":"%s"}' % file["protection"]["salt"].encode()
    bound = struct.pack(">I", 21) + b"countersign/keyset/v1"
    bound += struct.pack(">I", len(protection)) + protection
    key = AESGCM(protector.key(KeyFileProtection(salt=salt)))
    nonce, sealed = (base64.b64decode(file[name]) for name in ("nonce", "sealed"))
    opened = json.loads(key.decrypt(nonce, sealed, bound))
    assert base64.b64decode(opened["body_mac"]["1"]) == keyset.body_mac.current


def test_a_file_of_another_format_does_not_open(
    folders: Folders, protector: KeyFileProtector, keyset: Keyset
) -> None:
    content = folders.keyset.read_bytes()
    folders.keyset.write_bytes(content.replace(b"keyset/v1", b"keyset/v2"))
    with pytest.raises(CannotOpen):
        load_keyset(folders.keyset, protector)


@pytest.mark.parametrize("content", [b"", b"{}", b"null", b"\xff", b"[" * 10_000])
def test_what_is_no_keyset_does_not_open(
    folders: Folders, protector: KeyFileProtector, content: bytes
) -> None:
    folders.keyset.write_bytes(content)
    with pytest.raises(CannotOpen):
        load_keyset(folders.keyset, protector)


@pytest.mark.parametrize(
    "costs",
    [
        {"memory_kib": 1 << 30},
        {"iterations": 1 << 30},
        {"lanes": 1 << 20},
        {"memory_kib": 0},
        {"salt": ""},
        {"surplus": 1},
    ],
    ids=str,
)
def test_costs_that_would_exhaust_the_machine_are_not_paid(
    folders: Folders, costs: dict[str, Any]
) -> None:
    passphrase = CheapPassphrase(passphrase="four unrelated words")
    create_keyset(folders.keyset, passphrase)
    file = json.loads(folders.keyset.read_bytes())
    file["protection"] |= costs
    folders.keyset.write_bytes(msgspec.json.encode(file))
    with pytest.raises(CannotOpen):
        load_keyset(folders.keyset, passphrase)


def test_a_new_epoch_wraps_and_the_old_one_still_opens(
    folders: Folders, protector: KeyFileProtector, keyset: Keyset
) -> None:
    old = keyset.key_encryption.wrap(b"data key", bound=b"whose")
    save_keyset(keyset.with_new_epoch(), folders.keyset, protector)
    rotated = load_keyset(folders.keyset, protector).key_encryption
    assert rotated.epoch == 2
    assert rotated.epochs == {1, 2}
    assert rotated.unwrap(old, bound=b"whose") == b"data key"
    new = rotated.wrap(b"data key", bound=b"whose")
    assert rotated.unwrap(new, bound=b"whose") == b"data key"
    with pytest.raises(CannotOpen):
        keyset.key_encryption.unwrap(new, bound=b"whose")


def test_a_retired_epoch_is_gone_from_the_file(
    folders: Folders, protector: KeyFileProtector, keyset: Keyset
) -> None:
    old = keyset.key_encryption.wrap(b"data key", bound=b"whose")
    save_keyset(keyset.with_new_epoch().without_epoch(1), folders.keyset, protector)
    kept = load_keyset(folders.keyset, protector)
    assert kept.key_encryption.epochs == {2}
    with pytest.raises(CannotOpen):
        kept.key_encryption.unwrap(old, bound=b"whose")
    assert kept.with_new_epoch().key_encryption.epochs == {2, 3}


def test_the_current_epoch_is_never_retired(keyset: Keyset) -> None:
    with pytest.raises(EpochCurrent) as refused:
        keyset.without_epoch(1)
    assert refused.value.code == "vault.epoch_current"


def test_a_wrapped_key_opens_only_for_whom_it_was_wrapped(keyset: Keyset) -> None:
    wrapped = keyset.key_encryption.wrap(b"data key", bound=b"one")
    for bound in (b"other", b""):
        with pytest.raises(CannotOpen):
            keyset.key_encryption.unwrap(wrapped, bound=bound)
    with pytest.raises(CannotOpen):
        keyset.key_encryption.unwrap(b"", bound=b"one")


def test_versions_of_a_key_stay_to_compare_with(
    folders: Folders, protector: KeyFileProtector, keyset: Keyset
) -> None:
    save_keyset(keyset.with_new_body_mac().with_new_blind_index(), folders.keyset, protector)
    rotated = load_keyset(folders.keyset, protector)
    for before, after in (
        (keyset.body_mac, rotated.body_mac),
        (keyset.blind_index, rotated.blind_index),
    ):
        assert after.current_version == 2
        assert after.versions == (1, 2)
        assert after.key(1) == before.current
        assert after.current == after.key(2) != before.current
        with pytest.raises(KeyVersionGone) as refused:
            before.key(2)
        assert refused.value.code == "vault.key_version_gone"


@pytest.mark.parametrize("keys", [{}, {1: bytes(31)}, {1: bytes(32), 2: b""}], ids=str)
def test_versions_without_whole_keys_are_a_bug(keys: dict[int, bytes]) -> None:
    with pytest.raises(InvariantBroken):
        VersionedKeys("request body", keys)


def test_signing_keys_are_found_by_name(keyset: Keyset) -> None:
    signature = keyset.signing_key("gate").sign(b"text")
    keyset.signing_key("gate").public_key().verify(signature, b"text")
    assert isinstance(keyset.signing_key("checkpoint"), Ed25519PrivateKey)
    with pytest.raises(NoSigningKey) as refused:
        keyset.signing_key("root")
    assert refused.value.code == "vault.no_signing_key"


def test_opened_keys_never_show() -> None:
    keys = _Keys(key_encryption="clear", blind_index={}, body_mac={}, signing_keys={})
    assert repr(keys) == "_Keys(...)"
