"""Key-encryption keys: a tink keyset of AES-256-GCM keys, one per epoch, that wrap data keys.

Rules of this module:
1. A tink key id is the epoch; epochs count up from 1, and only the newest wraps.
2. tink's Python has no keyset manager, so a keyset is rotated by merging its JSON form.
3. A retired epoch is gone from the keyset: what it wrapped never opens again.
"""

import json
from typing import Any

import tink
from tink import aead, json_proto_keyset_format, secret_key_access

from countersign.vault.errors import CannotOpen, EpochCurrent


class KeyEncryptionKeys:
    """An immutable set of key-encryption keys; a change gives a new set."""

    def __init__(self, text: str) -> None:
        """Read what `to_json` wrote; tink checks it."""
        aead.register()
        handle = json_proto_keyset_format.parse(text, secret_key_access.TOKEN)
        self._aead: aead.Aead = handle.primitive(aead.Aead)
        self._content: dict[str, Any] = json.loads(text)
        self.epoch: int = self._content["primaryKeyId"]
        self.epochs = frozenset[int](key["keyId"] for key in self._content["key"])

    @classmethod
    def create(cls) -> "KeyEncryptionKeys":
        return cls(json.dumps({"primaryKeyId": 1, "key": [_new_key(1)]}))

    def wrap(self, data_key: bytes, *, bound: bytes) -> bytes:
        """Encrypt a data key in the current epoch, bound to whom it belongs to."""
        wrapped: bytes = self._aead.encrypt(data_key, bound)
        return wrapped

    def unwrap(self, wrapped: bytes, *, bound: bytes) -> bytes:
        """Decrypt a data key of any epoch that is not retired."""
        try:
            data_key: bytes = self._aead.decrypt(wrapped, bound)
        except tink.TinkError:
            raise CannotOpen(what="data key") from None
        return data_key

    def rotated(self) -> "KeyEncryptionKeys":
        """Begin a new epoch; keys wrapped before still open."""
        # The newest epoch cannot be retired, so no number is ever used twice.
        epoch = max(self.epochs) + 1
        keys = [*self._content["key"], _new_key(epoch)]
        return KeyEncryptionKeys(json.dumps({"primaryKeyId": epoch, "key": keys}))

    def without(self, epoch: int) -> "KeyEncryptionKeys":
        """Retire an epoch, once no data key that is still needed is wrapped in it."""
        if epoch == self.epoch:
            raise EpochCurrent(epoch=epoch)
        keys = [key for key in self._content["key"] if key["keyId"] != epoch]
        return KeyEncryptionKeys(json.dumps({"primaryKeyId": self.epoch, "key": keys}))

    def to_json(self) -> str:
        """Write the keys in clear; only `keyset` calls this, to seal the result at once."""
        return json.dumps(self._content)


def _new_key(epoch: int) -> dict[str, Any]:
    aead.register()
    handle = tink.new_keyset_handle(aead.aead_key_templates.AES256_GCM)
    text = json_proto_keyset_format.serialize(handle, secret_key_access.TOKEN)
    key: dict[str, Any] = json.loads(text)["key"][0]
    return {**key, "keyId": epoch}
