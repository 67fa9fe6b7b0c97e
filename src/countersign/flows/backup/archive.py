"""The sealed file: a header in clear, then numbered pieces, each AES-256-GCM under one data key.

    "countersign/backup/v1" 0x00 || u32 length || header (JSON) || pieces
    piece = u32 length || ciphertext and tag; nonce = u32 0 || u64 piece number, from 0
    bound = SHA-256(everything before the pieces) || u64 piece number || u8 is last

Rules: 1. The header holds the keyset, itself sealed, and the data key, wrapped by it: the archive
and the key file are enough. 2. The key is fresh for each file, so counted nonces never repeat.
3. A piece opens in its place only; without the piece that says it is the last, nothing counts.
"""

import re
import secrets
import struct
from collections.abc import Iterator
from hashlib import sha256
from typing import BinaryIO

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from countersign.flows.backup.errors import CannotRead, CutOff, Damaged, NewerVersion, NotABackup
from countersign.kernel.invariant import invariant
from countersign.vault.errors import CannotOpen
from countersign.vault.keyset import Keyset
from countersign.vault.seal import length_prefixed

PIECE_BYTES_MAX = 4 * 1024 * 1024
HEADER_BYTES_MAX = 4 * 1024 * 1024
_MAGIC = b"countersign/backup/v1\x00"
_ANY_VERSION = re.compile(rb"countersign/backup/v[0-9]")
_KEY_BYTES = 32
_TAG_BYTES = 16
_length = struct.Struct(">I")
_nonce = struct.Struct(">IQ").pack
_place = struct.Struct(">QB").pack


class Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands in clear; bound to every piece, and believed once one of them has opened."""

    instance: bytes
    name: str
    made_ms: int
    keyset: bytes  # The keyset file, sealed under the key file or the passphrase.
    wrapped_key: bytes


class ArchiveWriter:
    """Writes one archive, piece by piece."""

    def __init__(
        self,
        out: BinaryIO,
        *,
        instance: bytes,
        name: str,
        made_ms: int,
        keyset: Keyset,
        keyset_file: bytes,
    ) -> None:
        key = secrets.token_bytes(_KEY_BYTES)
        header = Header(
            instance=instance,
            name=name,
            made_ms=made_ms,
            keyset=keyset_file,
            wrapped_key=keyset.key_encryption.wrap(key, bound=_bound_key(instance)),
        )
        content = msgspec.json.encode(header)
        invariant(len(content) <= HEADER_BYTES_MAX, "a header has its size")
        opening = _MAGIC + _length.pack(len(content)) + content
        self._out = out
        self._pieces = _Pieces(key, opening)
        self._out.write(opening)
        self.bytes_written = len(opening)

    def write(self, content: bytes, *, is_last: bool = False) -> None:
        """Seal the next piece."""
        invariant(len(content) <= PIECE_BYTES_MAX, "a piece has its size")
        sealed = self._pieces.seal(content, is_last=is_last)
        self._out.write(_length.pack(len(sealed)))
        self._out.write(sealed)
        self.bytes_written += _length.size + len(sealed)


class ArchiveReader:
    """Reads one archive from its beginning; `file` is its name in refusals."""

    def __init__(self, stream: BinaryIO, *, file: str) -> None:
        self._stream = stream
        self._file = file
        self._opening = self._read_opening()
        content = self._opening[len(_MAGIC) + _length.size :]
        try:
            self.header = msgspec.json.decode(content, type=Header)
        except (msgspec.MsgspecError, ValueError):
            raise NotABackup(file=file) from None

    def pieces(self, keyset: Keyset) -> Iterator[bytes]:
        """The pieces in order; raises before it gives one that is not as it was written.

        The end is reached only through the last piece, with nothing after it.
        """
        try:
            key = keyset.key_encryption.unwrap(
                self.header.wrapped_key, bound=_bound_key(self.header.instance)
            )
        except CannotOpen:
            raise Damaged(file=self._file, piece=0) from None
        pieces = _Pieces(key, self._opening)
        is_last = False
        while not is_last:
            content, is_last = self._next(pieces)
            if is_last and self._read(1):
                raise Damaged(file=self._file, piece=pieces.number)
            yield content

    def _next(self, pieces: "_Pieces") -> tuple[bytes, bool]:
        length = _length.unpack(self._exactly(_length.size, pieces.number))[0]
        if not _TAG_BYTES <= length <= PIECE_BYTES_MAX + _TAG_BYTES:
            raise Damaged(file=self._file, piece=pieces.number)
        sealed = self._exactly(length, pieces.number)
        try:
            return pieces.open(sealed)
        except InvalidTag:
            raise Damaged(file=self._file, piece=pieces.number) from None

    def _exactly(self, count: int, piece: int) -> bytes:
        content = self._read(count)
        if len(content) < count:
            raise CutOff(file=self._file, piece=piece)
        return content

    def _read(self, count: int) -> bytes:
        try:
            return self._stream.read(count)
        except OSError as error:
            raise CannotRead(file=self._file, why=str(error.strerror)) from None

    def _read_opening(self) -> bytes:
        magic = self._read(len(_MAGIC))
        if magic != _MAGIC:
            if _ANY_VERSION.match(magic):
                raise NewerVersion(file=self._file)
            raise NotABackup(file=self._file)
        size = self._exactly(_length.size, 0)
        length = _length.unpack(size)[0]
        if length > HEADER_BYTES_MAX:
            raise NotABackup(file=self._file)
        return magic + size + self._exactly(length, 0)


class _Pieces:
    """The key of one archive and the number of its next piece."""

    def __init__(self, key: bytes, opening: bytes) -> None:
        self._aead = AESGCM(key)
        self._opening_hash = sha256(opening).digest()
        self.number = 0

    def seal(self, content: bytes, *, is_last: bool) -> bytes:
        number = self._take()
        return self._aead.encrypt(_nonce(0, number), content, self._bound(number, is_last=is_last))

    def open(self, sealed: bytes) -> tuple[bytes, bool]:
        """The content, and whether it was sealed as the last; raises InvalidTag."""
        try:
            content = self._open(sealed, is_last=False)
            is_last = False
        except InvalidTag:
            content = self._open(sealed, is_last=True)
            is_last = True
        self._take()
        return content, is_last

    def _open(self, sealed: bytes, *, is_last: bool) -> bytes:
        bound = self._bound(self.number, is_last=is_last)
        return self._aead.decrypt(_nonce(0, self.number), sealed, bound)

    def _bound(self, number: int, *, is_last: bool) -> bytes:
        return self._opening_hash + _place(number, is_last)

    def _take(self) -> int:
        number = self.number
        self.number += 1
        return number


def _bound_key(instance: bytes) -> bytes:
    return length_prefixed(_MAGIC, instance)
