"""One received file: kept sealed as it came, ordered, and answered by a file that is whole.

Whatever ends it in the middle, the same file may be received again: nothing is ordered twice, and
the answer is there once.
"""

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import psycopg

from countersign.channels.csv_files import CsvFiles
from countersign.channels.files import FileKind, MessageFiles
from countersign.channels.mapping import MAPPING_BYTES_MAX, read_mapping
from countersign.channels.model import ReportHead
from countersign.channels.queries import find_file
from countersign.entrypoints.installation import Installation
from countersign.entrypoints.register import Reception
from countersign.flows.ingest_file import (
    Gate,
    Ingested,
    Progress,
    Tell,
    ingest_file,
    show_nobody,
    tell_nobody,
)
from countersign.infra.clock import SystemClock
from countersign.infra.database import Role
from countersign.infra.iso20022.own_thread import in_own_thread
from countersign.kernel.ids import new_id
from countersign.kernel.refusal import Kind, Refusal
from countersign.vault.files import SealedFiles
from countersign.vault.keyset import Keyset
from countersign.vault.subjects import SubjectKeys

# A sealed piece is held in memory whole.
_PIECE_BYTES = 8 * 1024 * 1024


class UnreadableFile(Refusal):
    """The file {file} cannot be read: {why}; check its name and permissions."""

    code = "ingest.unreadable_file"
    kind = Kind.NOT_FOUND
    chinese = "無法讀取檔案 {file}：{why}；請檢查名稱與權限。"


class CannotWriteReport(Refusal):
    """The answer to {file} cannot be written to {folder}: {why}.

    Nothing more is ordered. Name another folder with --reports and take the same file in again:
    what was ordered already is not ordered twice.
    """

    code = "ingest.cannot_write_report"
    kind = Kind.UNAVAILABLE
    chinese = (
        "無法將 {file} 的回覆寫入 {folder}：{why}。不再下達任何指令。"
        "請以 --reports 指定其他資料夾並重新匯入同一檔案：已下達者不會重複下達。"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """Where files are kept sealed, exactly as they came."""

    dsn: str  # As the app's database role.
    keyset: Keyset
    instance: bytes

    def keep(self, name: str, stream: BinaryIO) -> None:
        """Keep what the stream holds from its start on; it is left there again."""
        with self._opened() as (connection, keys):
            _seal_pieces(connection, SealedFiles(keys), name, stream, _new_id())

    @contextlib.contextmanager
    def register(
        self, name: str, stream: BinaryIO, file_id: bytes | None = None
    ) -> Iterator[Reception]:
        """Keep a file of payments, and write down that it came: once under an id that is given."""
        file_id = file_id or _new_id()
        with self._opened() as (connection, keys):
            reception = Reception(self.dsn, keys, file_id, name)
            if find_file(connection, file_id) is None:
                _seal_pieces(connection, SealedFiles(keys), name, stream, file_id)
                reception.begin(connection)
            connection.commit()
            connection.close()  # The gate may take long over it.
            yield reception

    @contextlib.contextmanager
    def _opened(self) -> Iterator[tuple[psycopg.Connection[Any], SubjectKeys]]:
        with (
            psycopg.connect(self.dsn) as connection,
            SubjectKeys(lambda: psycopg.connect(self.dsn), self.keyset, self.instance) as keys,
        ):
            yield connection, keys


def _new_id() -> bytes:
    return new_id(SystemClock().now_ms())


def _seal_pieces(
    connection: psycopg.Connection[Any],
    files: SealedFiles,
    name: str,
    stream: BinaryIO,
    first_id: bytes,
) -> None:
    piece = 0
    while content := stream.read(_PIECE_BYTES):
        piece += 1
        file_id = first_id if piece == 1 else _new_id()
        files.keep(connection, file_id=file_id, name=f"{name}#{piece}", content=content)
    stream.seek(0)


def archive_of(installation: Installation) -> Archive:
    """The archive of an installation whose database runs."""
    return Archive(
        dsn=installation.dsn(Role.APP),
        keyset=installation.keyset(),
        instance=installation.instance,
    )


def kind_of(mapping: Path | None, *, schema_dir: Path | None) -> FileKind:
    """CSV by a mapping, else ISO 20022 messages."""
    if mapping is None:
        return MessageFiles(schema_dir)
    with opened(mapping) as stream:
        return CsvFiles(read_mapping(stream.read(MAPPING_BYTES_MAX + 1)))


def receive(
    file: Path,
    *,
    replies: Path,
    archive: Archive,
    gate: Gate,
    kind: FileKind,
    progress: Progress,
    tell: Tell = tell_nobody,
    file_id: bytes | None = None,
) -> Ingested:
    """Keep a file, order what it asks for, and write the answer into a folder.

    Under the same `file_id` the same bytes are kept and registered once, however often they come.
    """
    with (
        opened(file) as stream,
        _whole_answer(replies, file.name, _mode(stream)) as answer,
    ):
        result = receive_stream(
            stream,
            plain(file.name),
            archive=archive,
            gate=gate,
            kind=kind,
            report=answer.target,
            progress=progress,
            tell=tell,
            file_id=file_id,
        )
        answer.ending = result.report
        return result


def receive_stream(
    stream: BinaryIO,
    name: str,
    *,
    archive: Archive,
    gate: Gate,
    kind: FileKind,
    report: BinaryIO,
    progress: Progress = show_nobody,
    tell: Tell = tell_nobody,
    file_id: bytes | None = None,
) -> Ingested:
    """Keep what a stream holds, order what it asks for, and write the report of it."""
    now_ms = SystemClock().now_ms()
    head = ReportHead(message_id=f"CS{new_id(now_ms).hex()}", created_ms=now_ms)
    with archive.register(name, stream, file_id) as reception:  # Before anything is done with it.
        result = in_own_thread(
            lambda: ingest_file(
                stream,
                gate=gate,
                report=report,
                head=head,
                progress=progress,
                tell=tell,
                note=reception.note,
                kind=kind,
            )
        )
        reception.end(result)
        return result


def plain(name: str) -> str:
    """A file's name as text, which on Linux it need not be."""
    return name.encode("utf-8", "replace").decode("utf-8")


@contextlib.contextmanager
def opened(file: Path) -> Iterator[BinaryIO]:
    """The file to read; refuses what is none."""
    try:
        if file.exists() and not file.is_file():
            raise UnreadableFile(file=plain(str(file)), why="it is not a regular file")
        stream = file.open("rb")
    except OSError as error:
        raise UnreadableFile(file=plain(str(file)), why=str(error.strerror)) from None
    with stream:
        yield stream


@dataclass
class _Answer:
    target: BinaryIO
    ending: str | None = None  # Of its name; None where there is nothing to answer.


@contextlib.contextmanager
def _whole_answer(folder: Path, name: str, mode: int) -> Iterator[_Answer]:
    """The answer is there whole or not at all, and no more people may read it than the file.

    Its part has one name and a lock on it: what a killed process left is taken over, and two
    processes never answer one file at a time.
    """
    part = folder / f".{name}.part"
    try:
        with _locked(part) as target:
            try:
                os.fchmod(target.fileno(), mode & 0o666)
                answer = _Answer(target)
                yield answer
                target.flush()
                os.fsync(target.fileno())
                if answer.ending is not None:
                    part.replace(folder / f"{name}.{answer.ending}")
            finally:
                with contextlib.suppress(OSError):
                    part.unlink(missing_ok=True)
    except OSError as error:
        is_locked = error.errno == errno.EWOULDBLOCK
        why = "another process is answering it" if is_locked else str(error.strerror)
        raise CannotWriteReport(file=plain(name), folder=plain(str(folder)), why=why) from error


def _locked(part: Path) -> BinaryIO:
    """The part, empty and locked until it is closed."""
    while True:
        target = os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600), "wb")
        try:
            fcntl.flock(target, fcntl.LOCK_EX | fcntl.LOCK_NB)
            found = os.fstat(target.fileno())
            # Before it was locked, another process may have given it its last name or removed it;
            # with a second name it would be somebody's other file.
            if part.exists() and part.stat().st_ino == found.st_ino and found.st_nlink == 1:
                target.truncate(0)
                return target
            if found.st_nlink > 1:
                part.unlink(missing_ok=True)
        except BaseException:
            target.close()
            raise
        target.close()


def _mode(stream: BinaryIO) -> int:
    return os.fstat(stream.fileno()).st_mode
