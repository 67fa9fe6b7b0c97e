"""A CSV file as rows with their lines, in memory that does not grow with the file.

The bytes are decoded strictly and cut into lines here, because a decoder or a reader that looks for
the end of a line or of a quoted cell would otherwise take in as much as there is.
"""

import codecs
import csv
from collections.abc import Iterator
from hashlib import sha256
from typing import BinaryIO, Final, NamedTuple

from countersign.channels.errors import MalformedCsv, WrongCsvEncoding
from countersign.infra.iso20022.errors import TooLarge

FILE_BYTES_MAX: Final = 2 * 2**30
LINE_LENGTH_MAX: Final = 65_536
ROW_LINES_MAX: Final = 100
_CHUNK_BYTES = 65_536


class Row(NamedTuple):
    line: int  # The first of its lines, from 1.
    cells: list[str]


class CsvRows:
    """One reading of a file from its start; `digest` is final after the last row."""

    def __init__(self, stream: BinaryIO, *, delimiter: str, encoding: str) -> None:
        stream.seek(0)
        self._stream = stream
        self._delimiter = delimiter
        self._encoding = encoding
        self._sha256 = sha256()
        self._line = 0  # How many lines were handed to the reader.
        self._row_line = 1  # Where the row begins that is being read.

    @property
    def digest(self) -> bytes:
        """SHA-256 of the bytes read so far."""
        return self._sha256.digest()

    def rows(self) -> Iterator[Row]:
        """Every row in which something stands."""
        reader = csv.reader(self._lines(), delimiter=self._delimiter, strict=True)
        try:
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield Row(self._row_line, cells)
                self._row_line = self._line + 1
        except csv.Error:
            raise MalformedCsv(line=self._row_line, reason="quotes or line ends") from None

    def _lines(self) -> Iterator[str]:
        rest = ""
        for text in self._texts():
            *whole, rest = (rest + text).split("\n")
            for line in whole:
                yield self._counted(line + "\n")
            if len(rest) > LINE_LENGTH_MAX:
                raise MalformedCsv(line=self._line + 1, reason="a line without end")
        if rest:
            yield self._counted(rest)

    def _counted(self, line: str) -> str:
        self._line += 1
        if len(line) > LINE_LENGTH_MAX or self._line - self._row_line >= ROW_LINES_MAX:
            raise MalformedCsv(line=self._row_line, reason="a row without end")
        return line

    def _texts(self) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder(self._encoding)()
        is_start, size = True, 0
        while True:
            raw = self._stream.read(_CHUNK_BYTES)
            size += len(raw)
            if size > FILE_BYTES_MAX:
                raise TooLarge(what="file", bytes_max=FILE_BYTES_MAX)
            self._sha256.update(raw)
            try:
                text = decoder.decode(raw, not raw)
            except UnicodeError:
                raise WrongCsvEncoding(encoding=self._encoding, line=self._line) from None
            if is_start and text:
                text, is_start = text.removeprefix("\ufeff"), False
            yield text
            if not raw:
                return
