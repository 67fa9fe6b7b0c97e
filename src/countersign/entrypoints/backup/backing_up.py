"""Writes the backup of one installation, beside a running gate or with nothing running.

The key file is not in it, nor any password or token: see docs/recipes/backup.md.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from countersign.entrypoints.backup.source import database_to_copy
from countersign.entrypoints.installation import HalfSetUp, Installation, protector_of
from countersign.flows.backup.archive import ArchiveWriter
from countersign.flows.backup.copying import Source, back_up
from countersign.flows.backup.keys import open_keyset
from countersign.flows.backup.records import Sums
from countersign.flows.backup.whole_file import whole_file
from countersign.gate.rows import Signer
from countersign.infra.clock import SystemClock
from countersign.infra.settings import FILE_NAME
from countersign.vault.errors import NoKeyset

INSTANCE_FILE = "instance.json"
Progress = Callable[[int, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A backup that was written."""

    file: Path
    bytes: int
    sums: Sums


def back_up_installation(installation: Installation, file: Path, *, progress: Progress) -> Made:
    """Write `file`, whole or not at all."""
    keyset_file = _keyset_file(installation)
    keyset = open_keyset(keyset_file, protector_of(installation.settings))
    made_ms = SystemClock().now_ms()
    with whole_file(file) as stream, database_to_copy(installation) as connection:
        archive = ArchiveWriter(
            stream,
            instance=installation.instance,
            name=installation.name,
            made_ms=made_ms,
            keyset=keyset,
            keyset_file=keyset_file,
        )
        source = Source(
            name=installation.name,
            made_ms=made_ms,
            # Read before the database: what is in this file was durable by then.
            head=installation.head.read(),
            files=_small_files(installation),
        )
        signer = Signer(installation.instance, keyset.signing_key("gate"))
        sums = back_up(connection, archive, source, signer=signer, progress=progress)
    return Made(file=file, bytes=archive.bytes_written, sums=sums)


def _keyset_file(installation: Installation) -> bytes:
    try:
        return installation.keyset_file.read_bytes()
    except FileNotFoundError:
        raise NoKeyset(path=str(installation.keyset_file)) from None


def _small_files(installation: Installation) -> dict[str, bytes]:
    files = {}
    for name in (INSTANCE_FILE, FILE_NAME):
        try:
            files[name] = (installation.data_dir / name).read_bytes()
        except FileNotFoundError:
            if name == INSTANCE_FILE:
                raise HalfSetUp(folder=str(installation.data_dir), what=name) from None
    return files
