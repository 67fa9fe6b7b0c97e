"""A watched folder: WATCHED/NAME/ holds the files of the sender whose saved credential is NAME.

1. A file is taken when it is whole: no longer `.part` or hidden, and as it was one look before.
   Taking it is one rename into `taken/`, so nobody else takes it, and nobody writes on.
2. What is in `taken/` is received again until it is over: after a crash at any point nothing is
   ordered twice and the answer in `replies/` is written once more, whole.
   What is received is a copy, so that whoever still writes to the file changes nothing.
3. Then the file goes to `done/`, or to `refused/` if it was refused whole, under a name of its own.
   It is not removed: a sender who asks is shown what came, and the house decides how long.
4. One file at a time. What stands in the way is told, once an hour for each folder, and the file
   waits (`tries`); one that fails by itself again and again goes to `set_aside/`, with the reason.
"""

import contextlib
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final
from urllib.parse import quote

import msgspec
import psycopg

from countersign.entrypoints.figures import InboxFigures, WaitingFile
from countersign.entrypoints.inbox.aside import free_aside, free_name, write_reason
from countersign.entrypoints.inbox.errors import (
    BrokenOff,
    FileNotKept,
    FileRefusedByGate,
    FileSetAside,
    FolderOutOfReach,
    NoCredentialForFolder,
    NotTakenNow,
)
from countersign.entrypoints.inbox.tries import (
    Pauses,
    Tries,
    digest_of,
    forget_tries,
    is_of_file,
    read_tries,
    write_tries,
)
from countersign.entrypoints.receiving import Archive, kind_of, opened, plain, receive
from countersign.flows.ingest_file import Gate
from countersign.gate.client import FrameRefused
from countersign.infra.clock import Clock, moment
from countersign.kernel.ids import new_id
from countersign.kernel.refusal import Language, Refusal

MAPPING_NAME: Final = "mapping.toml"
_NAMES = ("taken", "replies", "done", "refused", "set_aside")
_UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload")
_TOLD_AGAIN_MS = 3_600_000
_PIECE_BYTES = 1 << 20
_FAILURES = (Refusal, FrameRefused, psycopg.Error, OSError)
_Seen = tuple[int, int, int]


class Inbox:
    """The files of all senders; `turn` is called every now and then, about a second apart."""

    def __init__(
        self,
        watched: Path,
        *,
        tokens: Path,
        archive: Archive,
        gate_of: Callable[[str], AbstractContextManager[Gate]],
        schema_dir: Path | None,
        clock: Clock,
        tell: Callable[[str, Refusal], None],
    ) -> None:
        self._watched = watched
        self._tokens = tokens
        self._archive = archive
        self._gate_of = gate_of  # By a token.
        self._schema_dir = schema_dir
        self._clock = clock
        self._tell = tell
        self.decided = 0  # Files, since it was made.
        self.refused = 0
        self.set_aside = 0
        self._waiting: dict[Path, WaitingFile] = {}
        self._pauses = Pauses(clock)
        self._open: tuple[Path, Tries] | None = None
        self._seen: dict[Path, _Seen] = {}
        self._told: dict[tuple[str, str], int] = {}  # Folder and code: when.

    def figures(self) -> InboxFigures:
        return InboxFigures(
            self.decided, self.refused, self.set_aside, tuple(self._waiting.values())
        )

    def excuse(self) -> None:
        """What is being tried ends by no fault of its own; called by another thread."""
        if self._open is not None and self._open[0].exists():
            with contextlib.suppress(OSError):
                write_tries(*self._open)

    def turn(self) -> int:
        """Receive at most one file of each sender; how many it were."""
        done = 0
        seen: dict[Path, _Seen] = {}
        try:
            for folder in _folders(self._watched):
                with self._telling(folder.name):
                    done += self._receive_next(folder, seen)
        except OSError as error:
            self._say(str(self._watched), _out_of_reach(self._watched, error))
        self._seen = seen
        return done

    def _receive_next(self, folder: Path, seen: dict[Path, _Seen]) -> int:
        token = self._token(folder.name)
        for name in _NAMES:
            _make_own(folder / name)
        if self._pauses.is_on(folder):
            return 0
        file = self._due(folder) or self._claimed(folder, seen)
        if file is None:
            return 0
        now_ms = self._clock.now_ms()
        tries = read_tries(file) or Tries(file_id=new_id(now_ms), since_ms=now_ms)
        if tries.is_open:  # By a process that is no more.
            tries = tries.failed(BrokenOff.code, is_of_file=True)
            if tries.is_over:
                self._put_aside(folder, file, tries, BrokenOff(file=plain(file.name)))
                return 1
        try:
            tries = self._of_these_bytes(file, tries)
            self._open = file, tries
            write_tries(file, tries.begun())
            self._receive(folder, file, tries.file_id, token)
        except _FAILURES as error:
            return self._failed(folder, file, tries, error)
        self._open = None
        self._pauses.end(folder)
        return 1

    def _of_these_bytes(self, file: Path, tries: Tries) -> Tries:
        """With an id of its own where its sender still had it open and wrote: another file."""
        if not tries.digest:
            _make_own_copy(file)
        digest = digest_of(file)
        is_same = tries.digest in {b"", digest}
        file_id = tries.file_id if is_same else new_id(self._clock.now_ms())
        return msgspec.structs.replace(tries, file_id=file_id, digest=digest)

    def _receive(self, folder: Path, file: Path, file_id: bytes, token: str) -> None:
        mapping = folder / MAPPING_NAME
        is_csv = file.suffix.lower() == ".csv"
        kind = kind_of(mapping if is_csv else None, schema_dir=self._schema_dir)
        with self._gate_of(token) as gate:
            result = receive(
                file,
                replies=folder / "replies",
                archive=self._archive,
                gate=gate,
                kind=kind,
                progress=lambda *_: None,
                file_id=file_id,
            )
        file.rename(free_name(folder / ("refused" if result.refusal else "done"), file.name))
        self._forget(file)
        if result.refusal:
            self.refused += 1
        else:
            self.decided += 1

    def _failed(self, folder: Path, file: Path, tries: Tries, error: Exception) -> int:
        """Have it wait, or its sender if the file is not to blame; how many files are over now."""
        self._open = None
        refusal = self._refusal_of(folder, file, error)
        is_its_own = is_of_file(error)
        tries = tries.failed(refusal.code, is_of_file=is_its_own)
        self._pauses.begin(file if is_its_own else folder)
        self._waiting[file] = WaitingFile(
            sender=plain(folder.name),
            file=plain(file.name),
            since_ms=tries.since_ms,
            failures=tries.failures,
            code=refusal.code,
            why=refusal.sentence("en"),
            chinese=refusal.sentence("zh"),
        )
        self._say(folder.name, refusal)
        write_tries(file, tries)
        if tries.is_over:
            self._put_aside(folder, file, tries, refusal)
        return int(tries.is_over)

    def _put_aside(self, folder: Path, file: Path, tries: Tries, why: Refusal) -> None:
        """Out of the way, its reason beside it first; a crash in between begins this again."""
        target = free_aside(folder / "set_aside", file.name)

        def said(language: Language) -> FileSetAside:
            return FileSetAside(
                file=plain(file.name),
                since=moment(tries.since_ms),
                times=tries.failures,
                folder=plain(str(target.parent)),
                inbox=plain(str(folder)),
                why=why.sentence(language),
            )

        text = f"{said('en').sentence('en')}\n{said('zh').sentence('zh')}\n{why.code}\n"
        write_reason(target, text, mode=file.stat().st_mode & 0o666)
        file.rename(target)
        self._forget(file)
        self.set_aside += 1
        self._tell(plain(folder.name), said("en"))

    def _forget(self, file: Path) -> None:
        forget_tries(file)
        self._waiting.pop(file, None)
        self._pauses.end(file)

    def _due(self, folder: Path) -> Path | None:
        """The first taken file that does not wait."""
        files = [*_files(folder / "taken")]
        for gone in [each for each in self._waiting if each.parent.parent == folder]:
            if gone not in files:
                self._forget(gone)
        return next((file for file in files if not self._pauses.is_on(file)), None)

    def _claimed(self, folder: Path, seen: dict[Path, _Seen]) -> Path | None:
        """The first whole file, taken."""
        claimed: Path | None = None
        for file in _files(folder):
            if file.name == MAPPING_NAME or file.name.lower().endswith(_UNFINISHED):
                continue
            found = file.lstat()
            seen[file] = (found.st_size, found.st_mtime_ns, found.st_ino)
            target = folder / "taken" / file.name
            # One of the same name may wait there, and would be lost.
            if claimed is None and self._seen.get(file) == seen[file] and not target.exists():
                forget_tries(target)
                file.rename(target)
                claimed = target
        return claimed

    def _token(self, name: str) -> str:
        try:
            file = self._tokens / f"{quote(os.fsencode(name), safe='')}.token"
            return file.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise NoCredentialForFolder(folder=plain(name)) from None

    @contextlib.contextmanager
    def _telling(self, name: str) -> Iterator[None]:
        try:
            yield
        except Refusal as refusal:
            self._say(name, refusal)
        except OSError as error:
            self._say(name, _out_of_reach(self._watched / name, error))

    def _refusal_of(self, folder: Path, file: Path, error: Exception) -> Refusal:
        """A failure as people are told it."""
        if isinstance(error, Refusal):
            return error.unraised()
        if isinstance(error, OSError):
            return _out_of_reach(folder, error)
        if isinstance(error, FrameRefused):
            if is_of_file(error):
                return FileRefusedByGate(file=plain(file.name), why=error.code)
            why = f"its credential: {error.code}"
            return NotTakenNow(folder=plain(folder.name), why=why)
        if is_of_file(error):
            return FileNotKept(file=plain(file.name))
        return NotTakenNow(folder=plain(folder.name), why="the database does not answer")

    def _say(self, name: str, refusal: Refusal) -> None:
        now_ms = self._clock.now_ms()
        if now_ms - self._told.get((name, refusal.code), -_TOLD_AGAIN_MS) >= _TOLD_AGAIN_MS:
            self._told[name, refusal.code] = now_ms
            self._tell(plain(name), refusal)


def _folders(watched: Path) -> Iterator[Path]:
    for folder in sorted(watched.iterdir()):
        if not folder.name.startswith(".") and stat.S_ISDIR(folder.lstat().st_mode):
            yield folder


def _files(folder: Path) -> Iterator[Path]:
    """Regular files, never what a link points to, in the order of their names."""
    for file in sorted(folder.iterdir()):
        with contextlib.suppress(FileNotFoundError):  # The sender took it back.
            if not file.name.startswith(".") and stat.S_ISREG(file.lstat().st_mode):
                yield file


def _make_own_copy(file: Path) -> None:
    """Put a copy in its place: whoever still has the file open writes to what nobody reads."""
    part = file.with_name(".copy.part")
    found = file.lstat()
    try:
        with opened(file) as stream, part.open("wb") as copy:
            os.fchmod(copy.fileno(), stat.S_IMODE(found.st_mode))
            with contextlib.suppress(PermissionError):  # Only root gives files away.
                os.fchown(copy.fileno(), found.st_uid, found.st_gid)
            shutil.copyfileobj(stream, copy, _PIECE_BYTES)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def _make_own(folder: Path) -> None:
    """A folder of this user's: what a sender made instead might lead anywhere."""
    folder.mkdir(mode=0o755, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise FolderOutOfReach(folder=str(folder), why="it is not this user's own folder")


def _out_of_reach(folder: Path, error: OSError) -> FolderOutOfReach:
    where = plain(os.fsdecode(error.filename or folder))
    return FolderOutOfReach(folder=where, why=str(error.strerror))
