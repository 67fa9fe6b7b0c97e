"""Reads an archive: its records in order, and once through from end to end before anything is done.

What opens was written by an installation with this keyset; here only the order of the records is
held against what a backup is.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from countersign.flows.backup.archive import ArchiveReader
from countersign.flows.backup.errors import CutOff, Damaged, NewerVersion
from countersign.flows.backup.records import (
    Block,
    Manifest,
    Record,
    Sums,
    TableBegins,
    TableEnds,
    decode_record,
)
from countersign.vault.keyset import Keyset

Progress = Callable[[int], None]  # Records so far.


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a whole archive says of itself."""

    manifest: Manifest
    sums: Sums


def records(archive: ArchiveReader, keyset: Keyset, *, file: str) -> Iterator[Record]:
    """The records of an archive; raises at the first that is not as it was written."""
    for piece in archive.pieces(keyset):
        try:
            yield decode_record(piece)
        except msgspec.MsgspecError:
            # It opened, so it is as it was written: by a version that writes more than this one.
            raise NewerVersion(file=file) from None


def check(archive: ArchiveReader, keyset: Keyset, *, file: str, progress: Progress) -> Checked:
    """Read everything, keep nothing but the first and the last record."""
    manifest: Manifest | None = None
    sums: Sums | None = None
    before: type[Record] | None = None
    number = -1
    for number, record in enumerate(records(archive, keyset, file=file)):
        if type(record) not in _MAY_FOLLOW[before]:
            raise Damaged(file=file, piece=number)
        before = type(record)
        if isinstance(record, Manifest):
            manifest = record
        elif isinstance(record, Sums):
            sums = record
        progress(number)
    if manifest is None or sums is None:
        raise CutOff(file=file, piece=number)
    if (manifest.instance, manifest.name) != (archive.header.instance, archive.header.name):
        raise Damaged(file=file, piece=0)
    return Checked(manifest=manifest, sums=sums)


_MAY_FOLLOW: dict[type[Record] | None, tuple[type[Record], ...]] = {
    None: (Manifest,),
    Manifest: (TableBegins, Sums),
    TableBegins: (Block, TableEnds),
    Block: (Block, TableEnds),
    TableEnds: (TableBegins, Sums),
    Sums: (),
}
