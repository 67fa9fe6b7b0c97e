"""The log's side: every leaf made again from its row, held against tiles and signed roots.

A batch whose rows do not give its root is tried with the stored tiles: if those do, the rows that
differ are named and the comparison goes on from what was signed.
"""

import struct
from collections.abc import Mapping, Sequence

from countersign.audit.compact_range import TILE_LEAVES, CompactRange
from countersign.audit.merkle import HASH_BYTES, leaf_hash
from countersign.flows.audit_check.report import AuditReport, FaultKind
from countersign.gate.journal.reading import leaf_of
from countersign.gate.rows import CommandRow, Header
from countersign.transfers.model import TransferRow

Rows = Mapping[int, TransferRow | CommandRow]
Tiles = Mapping[int, bytes]
_Hashes = Sequence[bytes | None]

_LENGTHS = [16, 17, 32, 16, 3]  # Key, keyed hash, digest; blind index and currency.
_NO_LEAF = b"\x00" * HASH_BYTES  # In place of a leaf that nobody knows; no root can fit.


class LogCheck:
    """Follows the log batch by batch."""

    def __init__(self, report: AuditReport) -> None:
        self._report = report
        self._log = CompactRange()
        self._is_off = False  # Since the last batch whose root fitted.

    @property
    def root(self) -> bytes:
        return self._log.root()

    def skip(self, *, first: int, end: int, tiles: Tiles) -> None:
        """Commands whose batch is missing: their leaves are known from tiles at most."""
        self._append([_stored(tiles, number) for number in range(first, end)])

    def take(self, header: Header, *, first: int, end: int, rows: Rows, tiles: Tiles) -> set[int]:
        """One batch; the numbers whose rows are not what was signed."""
        numbers = range(first, end)
        missing = {number for number in numbers if number not in rows}
        for number in sorted(missing):
            self._report.add(FaultKind.ROW_MISSING, f"the row of command {number}")
        made = [_made(rows.get(number), header.batch_ms) for number in numbers]
        stored = [_stored(tiles, number) for number in numbers]
        wrong = {n for n, m, s in zip(numbers, made, stored, strict=True) if m and s and m != s}
        if self._fits(made, header):
            self._append(made, tiles)
            self._is_off = False
            return set()
        self._name(wrong, rows)
        if self._fits(stored, header):
            self._append(stored, tiles)
            self._is_off = False
            return wrong | missing
        if not self._is_off:
            self._report.add(FaultKind.ROOT_DIFFERS, _of_batch(header, first, end))
        was_off, self._is_off = self._is_off, True
        self._append([m or s for m, s in zip(made, stored, strict=True)])
        return wrong | missing if was_off else set(numbers)

    def _fits(self, hashes: _Hashes, header: Header) -> bool:
        complete = [one for one in hashes if one is not None]
        if len(complete) != len(hashes):
            return False
        trial = self._log.copy()
        trial.append(complete)
        return trial.root() == header.root

    def _append(self, hashes: _Hashes, tiles: Tiles | None = None) -> None:
        """Grow the log; with `tiles` also hold those that became full against the stored ones."""
        for number, made in self._log.append([one or _NO_LEAF for one in hashes]):
            if tiles is None:
                continue
            stored = tiles.get(number)
            if stored is None:
                self._report.add(FaultKind.TILE_MISSING, f"tile {number}")
            elif stored != made:
                self._report.add(FaultKind.TILE_DIFFERS, _first_difference(number, made, stored))

    def _name(self, wrong: set[int], rows: Rows) -> None:
        for number in sorted(wrong):
            kind = "transfer" if isinstance(rows[number], TransferRow) else "command"
            self._report.add(FaultKind.ROW_DIFFERS, f"{kind} {number}")


def _made(row: TransferRow | CommandRow | None, batch_ms: int) -> bytes | None:
    if row is None:
        return None
    # The leaf binds these without their lengths, so a byte could move from one to the next.
    lengths = [len(row.key), len(row.mac), len(row.digest)]
    if isinstance(row, TransferRow):
        lengths += [len(row.creditor_index), len(row.currency)]
    if lengths != _LENGTHS[: len(lengths)]:
        return _NO_LEAF
    try:
        return leaf_hash(leaf_of(row, batch_ms))
    except struct.error:  # Values that no gate ever wrote.
        return _NO_LEAF


def _stored(tiles: Tiles, number: int) -> bytes | None:
    tile, place = divmod(number, TILE_LEAVES)
    hashes = tiles.get(tile)
    return None if hashes is None else hashes[place * HASH_BYTES : (place + 1) * HASH_BYTES]


def _first_difference(tile: int, made: bytes, stored: bytes) -> str:
    places = range(TILE_LEAVES)
    differing = next(
        place
        for place in places
        if made[place * HASH_BYTES : (place + 1) * HASH_BYTES]
        != stored[place * HASH_BYTES : (place + 1) * HASH_BYTES]
    )
    return f"leaf {tile * TILE_LEAVES + differing} in tile {tile}"


def _of_batch(header: Header, first: int, end: int) -> str:
    if first == end:
        return f"batch {header.seq} has no commands and another root than the batch before"
    return f"batch {header.seq}: a row of commands {first} to {end - 1}"
