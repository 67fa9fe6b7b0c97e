"""Brings an installation back from its backup, or leaves nothing.

Rules: 1. The archive is read through to its end before anything is made of it. 2. It counts as
restored only after the check that a starting gate makes. 3. The rail is asked about every transfer
in it before anything is sent (`rails.actions.ask_first`). 4. The settings file in the backup is in
force from then on, as it will be for `run`, so the database is the one that `run` will use.
"""

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import psycopg

from countersign.entrypoints.backup.backing_up import INSTANCE_FILE
from countersign.entrypoints.backup.folder import restored_folder, write_small
from countersign.entrypoints.backup.keys import key_path
from countersign.entrypoints.backup.marker import MARKER_FILE, Marker, encode_marker
from countersign.entrypoints.backup.target import end_server_in, fresh_database
from countersign.entrypoints.installation import protector_of
from countersign.flows.backup.archive import ArchiveReader
from countersign.flows.backup.checking import Checked, check, records
from countersign.flows.backup.errors import CannotRead, DoesNotFit, NotFilled, WrongKey
from countersign.flows.backup.keys import open_keyset
from countersign.flows.backup.loading import load, require_known
from countersign.flows.backup.verifying import Verified, verify
from countersign.gate.head import HeadFile
from countersign.gate.journal.protocol import JournalBroken
from countersign.gate.rows import Signer
from countersign.infra.clock import SystemClock
from countersign.infra.database import Database, Role
from countersign.infra.settings import FILE_NAME, Settings, load_settings
from countersign.rails.actions import ask_first
from countersign.vault.errors import CannotOpen
from countersign.vault.keyset import Keyset

SETTINGS_ASIDE = FILE_NAME + ".from-backup"
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was brought back."""

    checked: Checked
    verified: Verified
    settings: Settings  # As `run` will see them.
    left_out: tuple[str, ...]  # Tables that no version of Countersign made.


def check_backup(file: Path, *, settings: Settings, progress: Progress) -> Checked:
    """Read a backup from end to end with its key; nothing is made of it."""
    with _opened(file) as stream:
        return _check(stream, file, settings, progress)[1]


def restore_installation(
    file: Path,
    *,
    settings: Settings,
    with_settings_file: bool,
    roles_file: Path | None,
    progress: Progress,
) -> Restored:
    """Restore into the data folder of `settings`, which must be empty or not there."""
    with (
        _opened(file) as stream,
        restored_folder(
            settings.data_dir, before_clearing=lambda work: end_server_in(work, settings)
        ) as work,
    ):
        keyset, checked = _check(stream, file, settings, progress)
        require_known(checked.manifest.migrations)
        _write_files(work, checked, with_settings_file=with_settings_file)
        in_force = _settings_in_force(work, settings)
        with (
            _database_failures(),
            fresh_database(in_force, work, roles_file=roles_file) as database,
        ):
            stream.seek(0)
            archive = ArchiveReader(stream, file=str(file))
            write_small(work / "keyset.sealed", archive.header.keyset)
            rows = records(archive, keyset, file=str(file))
            next(rows)  # The manifest, known already.
            left_out = load(
                database, checked.manifest, rows, progress=lambda name: progress(f"loading {name}")
            )
            progress("verifying what the gate signed")
            verified = _verified(database, keyset, checked)
            now_ms = SystemClock().now_ms()
            with database.connect(Role.MIGRATOR) as connection:
                ask_first(connection, below=verified.log_size, now_ms=now_ms)
        _write_head(work, checked.manifest.instance, verified)
        write_small(work / MARKER_FILE, encode_marker(_marker(checked, verified, now_ms)))
    return Restored(checked=checked, verified=verified, settings=in_force, left_out=tuple(left_out))


@contextlib.contextmanager
def _database_failures() -> Iterator[None]:
    """A full disk or a server that went away; the driver's own words may repeat a row."""
    try:
        yield
    except psycopg.Error as error:
        raise NotFilled(why=error.sqlstate or "it went away") from None
    except JournalBroken:
        raise NotFilled(why="it went away") from None


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    try:
        # A pipe would be waited for, and cannot be read twice.
        if file.exists() and not file.is_file():
            raise CannotRead(file=str(file), why="it is not a regular file")
        stream = file.open("rb")
    except OSError as error:
        raise CannotRead(file=str(file), why=str(error.strerror)) from None
    with stream:
        yield stream


def _check(
    stream: BinaryIO, file: Path, settings: Settings, progress: Progress
) -> tuple[Keyset, Checked]:
    archive = ArchiveReader(stream, file=str(file))
    try:
        keyset = open_keyset(archive.header.keyset, protector_of(settings))
    except CannotOpen:
        raise WrongKey(key=str(key_path(settings)), file=str(file)) from None
    checked = check(
        archive,
        keyset,
        file=str(file),
        progress=lambda pieces: progress(f"checking {file.name}: {pieces:,} pieces"),
    )
    return keyset, checked


def _write_files(work: Path, checked: Checked, *, with_settings_file: bool) -> None:
    for name, content in checked.manifest.files.items():
        if name == FILE_NAME and not with_settings_file:
            write_small(work / SETTINGS_ASIDE, content)
        elif name in {INSTANCE_FILE, FILE_NAME}:
            write_small(work / name, content)
        else:
            raise DoesNotFit(what=f"file {name}")


def _settings_in_force(work: Path, settings: Settings) -> Settings:
    """The settings of the restored folder, apart from the key, which this restore was given."""
    found = load_settings({**os.environ, "COUNTERSIGN_DATA": str(work)})
    return replace(found, data_dir=settings.data_dir)


def _verified(database: Database, keyset: Keyset, checked: Checked) -> Verified:
    manifest, sums = checked.manifest, checked.sums
    signer = Signer(manifest.instance, keyset.signing_key("gate"))
    verified = verify(database.dsn(Role.GATE), signer, manifest.head)
    if (verified.head.seq, verified.log_size) != (sums.batch_seq, sums.log_size):
        raise DoesNotFit(what=f"the log ends at {verified.log_size}, not at {sums.log_size}")
    return verified


def _write_head(work: Path, instance: bytes, verified: Verified) -> None:
    head = HeadFile(work / "head", instance)
    head.create()
    head.write(verified.head)
    head.close()


def _marker(checked: Checked, verified: Verified, now_ms: int) -> Marker:
    return Marker(
        restored_ms=now_ms,
        made_ms=checked.manifest.made_ms,
        batch_seq=verified.head.seq,
        batch_ms=verified.batch_ms,
        term=verified.head.term,
        log_size=verified.log_size,
    )
