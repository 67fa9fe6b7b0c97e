"""The head file: the newest batch, kept outside the database, so that a cut journal shows.

Two slots by parity of the sequence number, each with a checksum, written after the commit and
before the answer. A torn write spoils one slot only. `sync` makes it durable and is called every
second by another thread: a power loss can hide the last second, SQL can hide nothing.
"""

import contextlib
import os
import struct
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, Protocol

from countersign.gate.errors import NoHeadFile
from countersign.gate.rows import Header

_SLOT_BYTES = 512
_MAGIC = b"countersign/head/v1\x00"
_numbers = struct.Struct(">QQ")


class Head(NamedTuple):
    """A batch that is known to be durable. seq 0 is an instance that has not begun."""

    seq: int
    term: int
    root: bytes
    state_hash: bytes


class Durable(NamedTuple):
    """The log as far as it is durable; what may be published."""

    size: int
    root: bytes


def head_of(header: Header) -> Head:
    """The head once this batch is durable."""
    return Head(header.seq, header.term, header.root, header.state_hash)


class HeadKeeper(Protocol):
    """Keeps the newest head; in a file, or in memory for simulation."""

    def read(self) -> Head: ...
    def write(self, head: Head) -> None: ...


class HeadFile:
    """The head file of one instance."""

    def __init__(self, path: Path, instance: bytes) -> None:
        self._path = path
        self._instance = instance
        self._descriptor: int | None = None

    def create(self) -> None:
        """Make the file of a new instance; it must not exist."""
        descriptor = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            os.write(descriptor, self._slot(Head(0, 0, b"\x00" * 32, b"\x00" * 32)))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def read(self) -> Head:
        """The newest head; raises NoHeadFile when neither slot is whole."""
        try:
            content = self._path.read_bytes()
        except OSError:
            raise NoHeadFile from None
        newest = self._newest(content)
        if newest is None:
            raise NoHeadFile
        return newest

    def write(self, head: Head) -> None:
        """Keep a newer head; an older one, of a gate that was asleep, changes nothing."""
        if self._descriptor is None:
            self._descriptor = os.open(self._path, os.O_RDWR)
        newest = self._newest(os.pread(self._descriptor, 2 * _SLOT_BYTES, 0))
        if newest and newest.seq > head.seq:
            return
        os.pwrite(self._descriptor, self._slot(head), head.seq % 2 * _SLOT_BYTES)

    def sync(self) -> None:
        """Make what was written durable."""
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                os.fdatasync(self._descriptor)

    def close(self) -> None:
        if self._descriptor is not None:
            self.sync()
            os.close(self._descriptor)
            self._descriptor = None

    def _newest(self, content: bytes) -> Head | None:
        slots = (content[:_SLOT_BYTES], content[_SLOT_BYTES : 2 * _SLOT_BYTES])
        return max((head for head in map(self._parsed, slots) if head), default=None)

    def _slot(self, head: Head) -> bytes:
        body = _MAGIC + _numbers.pack(head.seq, head.term) + head.root + head.state_hash
        return (body + sha256(self._instance + body).digest()).ljust(_SLOT_BYTES, b"\x00")

    def _parsed(self, slot: bytes) -> Head | None:
        start = len(_MAGIC)
        end = start + _numbers.size + 64
        body, checksum = slot[:end], slot[end : end + 32]
        if not body.startswith(_MAGIC) or sha256(self._instance + body).digest() != checksum:
            return None
        seq, term = _numbers.unpack(body[start : start + _numbers.size])
        return Head(seq, term, body[end - 64 : end - 32], body[end - 32 : end])
