"""Data keys by subject: made on first need, wrapped in the database, cached, destroyed to erase.

Rules of this module:
1. A key is used only as read back from the table, and the table's commit is durable before that;
   of two processes that make a key for one subject, both use the one that came first.
2. A wrapped key is bound to instance, subject and epoch: in another row it does not unwrap.
3. Erased stays erased: no second key is made, and each process drops its copy by `forget_erased`.
4. Safe for many threads. One connection, of its own: no caller's transaction can undo a key.
"""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from typing import Self

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from countersign.infra.clock import monotonic
from countersign.infra.kept_connection import KeptConnection
from countersign.kernel.ids import ID_BYTES, id_text
from countersign.kernel.invariant import invariant
from countersign.vault import store
from countersign.vault.errors import SubjectErased, UnknownSubject
from countersign.vault.keyset import Keyset
from countersign.vault.seal import length_prefixed
from countersign.vault.store import Connection, WrappedKey


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SubjectKey:
    epoch: int
    aead: AESGCM = field(repr=False)


class SubjectKeys:
    """All data keys of one instance. A cached key takes about 3 KB."""

    def __init__(
        self,
        connect: Callable[[], Connection],
        keyset: Keyset,
        instance: bytes,
        cache_size_max: int = 100_000,
    ) -> None:
        invariant(len(instance) == ID_BYTES, "an instance id is 16 bytes")
        invariant(cache_size_max > 0, "the cache holds at least one key")
        self.keyset = keyset
        self.instance = instance
        self._line = KeptConnection(connect)
        self._cache = _Cache(cache_size_max)
        # Held from a read of the table until the cache has the answer, so that no key that was
        # destroyed in between is cached again. Hits do not take it.
        self._table = threading.Lock()
        self._erased_until: datetime | None = None
        self._asked_at = -inf

    def ensure(self, subjects: Iterable[bytes]) -> dict[bytes, SubjectKey]:
        """Give each subject's key, for sealing; whoever has none yet gets one."""
        return self._keys(subjects, is_creating=True)

    def find(self, subjects: Iterable[bytes]) -> dict[bytes, SubjectKey]:
        """Give each subject's key, for opening; a subject without one is refused."""
        return self._keys(subjects, is_creating=False)

    def destroy(self, subject: bytes) -> None:
        """Erase the subject: its key is gone for good. Repeating it changes nothing."""
        _require_id(subject)
        with self._table:
            self._line.run(lambda connection: store.destroy_key(connection, subject))
            self._cache.drop([subject])
            if not self._line.run(lambda connection: store.read_keys(connection, [subject])):
                raise UnknownSubject(subject=id_text(subject))

    def forget_erased(self, *, every_seconds: float = 0.0) -> int:
        """Drop cached keys that another process destroyed; each process calls this every second.

        Called more often than `every_seconds` it does nothing.
        """
        if monotonic() - self._asked_at < every_seconds:
            return 0
        self._asked_at = monotonic()
        with self._table:
            since = self._erased_until
            erased = self._line.run(lambda connection: store.erased_since(connection, since))
            self._erased_until = max((moment for _, moment in erased), default=since)
            return self._cache.drop(subject for subject, _ in erased)

    def rewrap(self, *, count_max: int) -> int:
        """Move keys of older epochs to the current one; at 0 the older epochs may be retired."""
        epoch = self.keyset.key_encryption.epoch
        with self._table:
            old = self._line.run(
                lambda connection: store.keys_outside_epoch(connection, epoch, count_max=count_max)
            )
            changes = [(key, self._wrapped(key.subject, self._unwrapped(key))) for key in old]
            self._line.run(lambda connection: store.rewrap_keys(connection, changes))
            self._cache.drop(key.subject for key in old)
        return len(old)

    def close(self) -> None:
        """Close the connection; the next need opens another."""
        with self._table:
            self._line.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _keys(self, subjects: Iterable[bytes], *, is_creating: bool) -> dict[bytes, SubjectKey]:
        wanted = set(subjects)
        found = self._cache.get(wanted)
        if len(found) == len(wanted):
            return found
        for subject in wanted - found.keys():
            _require_id(subject)
        with self._table:
            # Another thread may have loaded some while this one waited.
            found |= self._cache.get(wanted - found.keys())
            return found | self._load(wanted - found.keys(), is_creating=is_creating)

    def _load(self, subjects: set[bytes], *, is_creating: bool) -> dict[bytes, SubjectKey]:
        stored = self._read(subjects)
        absent = subjects - stored.keys()
        if absent and not is_creating:
            raise UnknownSubject(subject=id_text(min(absent)))
        if absent:
            fresh = [self._wrapped(subject, secrets.token_bytes(_KEY_BYTES)) for subject in absent]
            self._line.run(lambda connection: store.add_keys(connection, fresh))
            stored |= self._read(absent)
        keys = {
            subject: SubjectKey(epoch=key.epoch, aead=AESGCM(self._unwrapped(key)))
            for subject, key in stored.items()
            if key.wrapped is not None
        }
        self._cache.put(keys)
        erased = stored.keys() - keys.keys()
        if erased:
            raise SubjectErased(subject=id_text(min(erased)))
        return keys

    def _read(self, subjects: Iterable[bytes]) -> dict[bytes, WrappedKey]:
        wanted = list(subjects)
        keys = self._line.run(lambda connection: store.read_keys(connection, wanted))
        return {key.subject: key for key in keys}

    def _wrapped(self, subject: bytes, data_key: bytes) -> WrappedKey:
        keys = self.keyset.key_encryption
        wrapped = keys.wrap(data_key, bound=self._bound(subject, keys.epoch))
        return WrappedKey(subject=subject, epoch=keys.epoch, wrapped=wrapped)

    def _unwrapped(self, key: WrappedKey) -> bytes:
        invariant(key.wrapped is not None, "only a live key is unwrapped")
        bound = self._bound(key.subject, key.epoch)
        return self.keyset.key_encryption.unwrap(key.wrapped or b"", bound=bound)

    def _bound(self, subject: bytes, epoch: int) -> bytes:
        return length_prefixed(_DOMAIN, self.instance, _PLACE, subject, epoch.to_bytes(4, "big"))


_KEY_BYTES = 32
_DOMAIN = b"countersign/subject-key/v1"
_PLACE = b"vault.subject_key.wrapped"


def _require_id(subject: bytes) -> None:
    invariant(len(subject) == ID_BYTES, "a subject is 16 bytes")


class _Cache:
    """Keys by subject; the longest unused leave first. To other threads each method is one step."""

    def __init__(self, size_max: int) -> None:
        self._size_max = size_max
        self._lock = threading.Lock()
        self._keys: OrderedDict[bytes, SubjectKey] = OrderedDict()

    def get(self, subjects: Iterable[bytes]) -> dict[bytes, SubjectKey]:
        found = {}
        with self._lock:
            for subject in subjects:
                key = self._keys.get(subject)
                if key is not None:
                    self._keys.move_to_end(subject)
                    found[subject] = key
        return found

    def put(self, keys: Mapping[bytes, SubjectKey]) -> None:
        with self._lock:
            for subject, key in keys.items():
                self._keys[subject] = key
                self._keys.move_to_end(subject)
            while len(self._keys) > self._size_max:
                self._keys.popitem(last=False)

    def drop(self, subjects: Iterable[bytes]) -> int:
        with self._lock:
            return sum(self._keys.pop(subject, None) is not None for subject in subjects)
