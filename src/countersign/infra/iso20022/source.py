"""The bytes of a message file, made safe before an XML parser sees them.

1. UTF-8 or UTF-16 only, decoded strictly; the parser always gets UTF-8 without a declaration.
2. Whatever begins with "<!" before the root element is refused, save comments. A document type
   declaration therefore never reaches libxml2, where an entity can crash a validating parser.
3. The size is bounded, and the SHA-256 over all bytes read tells two readings apart.
"""

import codecs
import re
from collections.abc import Iterator
from hashlib import sha256
from typing import BinaryIO, Final

from countersign.infra.iso20022.errors import Doctype, Empty, NotXml, TooLarge, WrongEncoding

PROLOG_CHARACTERS_MAX: Final = 65_536


class Source:
    """One reading of a file, from where its stream stands."""

    def __init__(self, stream: BinaryIO, *, bytes_max: int, chunk_bytes: int) -> None:
        self._stream = stream
        self._bytes_max = bytes_max
        self._chunk_bytes = chunk_bytes
        self._bytes_read = 0
        self._sha256 = sha256()
        self._codec = ""
        self._decoder = codecs.getincrementaldecoder("ascii")()
        self._line = 1

    def digest(self) -> bytes:
        """SHA-256 of what was read so far."""
        return self._sha256.digest()

    def chunks(self) -> Iterator[bytes]:
        """The text as UTF-8 in pieces, the first of which reaches the root element."""
        raw = self._read_first()
        self._codec = next((codec for mark, codec in _MARKS if raw.startswith(mark)), "utf-8")
        self._decoder = codecs.getincrementaldecoder(self._codec)()
        text = self._decode(raw)
        while not _reaches_root(text):
            if len(text) > PROLOG_CHARACTERS_MAX:
                raise TooLarge(what="prolog", bytes_max=PROLOG_CHARACTERS_MAX)
            raw = self._read()
            if not raw and not self._bytes_read:
                raise Empty
            if not raw:
                raise NotXml(line=self._line, reason="no root element")
            text += self._decode(raw)
        yield self._without_declaration(text).encode()
        while raw := self._read():
            yield self._decode(raw).encode()
        self._decode(b"", is_end=True)

    def _read_first(self) -> bytes:
        first = b""
        while len(first) < _MARK_BYTES_MAX and (raw := self._read()):
            first += raw
        return first

    def _read(self) -> bytes:
        raw = self._stream.read(self._chunk_bytes)
        self._bytes_read += len(raw)
        if self._bytes_read > self._bytes_max:
            raise TooLarge(what="file", bytes_max=self._bytes_max)
        self._sha256.update(raw)
        return raw

    def _decode(self, raw: bytes, *, is_end: bool = False) -> str:
        try:
            text = self._decoder.decode(raw, is_end)
        except UnicodeDecodeError as error:
            line = self._line + raw[: error.start].count(b"\n")
            raise WrongEncoding(line=line) from None
        self._line += text.count("\n")
        return text

    def _without_declaration(self, text: str) -> str:
        if not _DECLARATION_START.match(text):
            return text
        declaration = _DECLARATION.match(text)
        if declaration is None:
            raise NotXml(line=1, reason="XML declaration")
        declared = (declaration["encoding"] or "").upper()
        if declared and declared not in _DECLARABLE[self._codec]:
            raise WrongEncoding(line=1)
        # The line ends stay, so that the parser's line numbers are those of the file.
        return "\n" * declaration[0].count("\n") + text[declaration.end() :]


_MARK_BYTES_MAX = 4
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)
_DECLARABLE = {
    "utf-8": {"UTF-8"},
    "utf-8-sig": {"UTF-8"},
    "utf-16": {"UTF-16"},
    "utf-16-le": {"UTF-16", "UTF-16LE"},
    "utf-16-be": {"UTF-16", "UTF-16BE"},
}
_DECLARATION_START = re.compile(r"<\?xml[ \t\r\n]")
_DECLARATION = re.compile(
    r"""<\?xml\s+version\s*=\s*(["'])1\.0\1"""
    r"""(\s+encoding\s*=\s*(["'])(?P<encoding>[A-Za-z][A-Za-z0-9._-]*)\3)?"""
    r"""(\s+standalone\s*=\s*(["'])(yes|no)\6)?\s*\?>""",
    re.ASCII,
)
_BEFORE_ROOT = re.compile(r"[ \t\r\n]+|<\?.*?\?>|<!--.*?-->", re.DOTALL)
_COMMENT_START = "<!--"


def _reaches_root(text: str) -> bool:
    """Whether the root element begins in the text; raises for what may not stand before it."""
    position = 0
    while found := _BEFORE_ROOT.match(text, position):
        position = found.end()
    rest = text[position : position + len(_COMMENT_START)]
    if rest and rest[0] != "<":
        raise NotXml(line=text.count("\n", 0, position) + 1, reason="text before the root element")
    if rest.startswith("<!") and not _COMMENT_START.startswith(rest):
        raise Doctype
    return len(rest) > 1 and rest[1] not in "!?"
