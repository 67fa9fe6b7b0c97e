"""A watched folder: WATCHED/NAME/ holds the files of the sender whose saved credential is NAME.

1. A file is taken when it is whole: no longer `.part` or hidden, and as it was one look before.
   Taking it is one rename into `taken/`, so nobody else takes it, and nobody writes on.
2. What is in `taken/` is received again until it is over: after a crash at any point nothing is
   ordered twice and the answer in `replies/` is written once more, whole.
3. Then the file goes to `done/`, or to `refused/` if it was refused whole, under a name of its own.
   It is not removed: a sender who asks is shown what came, and the house decides how long.
4. One file at a time. What stands in the way is told, once an hour for each folder, and the file
   stays where it is.
"""

import contextlib
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final
from urllib.parse import quote

import psycopg

from countersign.entrypoints.receiving import Archive, kind_of, receive
from countersign.flows.ingest_file import Gate
from countersign.gate.client import FrameRefused
from countersign.infra.clock import Clock
from countersign.kernel.refusal import Kind, Refusal

MAPPING_NAME: Final = "mapping.toml"
_NAMES = ("taken", "replies", "done", "refused")
_UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload")
_TOLD_AGAIN_MS = 3_600_000
_Seen = tuple[int, int, int]


class FolderOutOfReach(Refusal):
    """The folder {folder} cannot be used: {why}; its files stay where they are.

    Give the user that runs Countersign the right to read, write and rename there.
    """

    code = "inbox.folder_out_of_reach"
    kind = Kind.UNAVAILABLE
    chinese = (
        "無法使用資料夾 {folder}：{why}；其中的檔案維持原狀。"
        "請給予執行 Countersign 的使用者在該處讀取、寫入與更名的權限。"
    )


class NoCredentialForFolder(Refusal):
    """No token is saved for the folder {folder}; its files stay where they are.

    `credential create {folder} --save` makes a credential of that name and saves its token.
    """

    code = "inbox.no_credential"
    kind = Kind.FORBIDDEN
    chinese = (
        "沒有為資料夾 {folder} 保存令牌；其中的檔案維持原狀。"
        "`credential create {folder} --save` 會建立該名稱的憑證並保存令牌。"
    )


class NotTakenNow(Refusal):
    """No files of {folder} are taken now: {why}; they stay where they are."""

    code = "inbox.not_taken_now"
    kind = Kind.UNAVAILABLE
    chinese = "目前不收取 {folder} 的檔案：{why}；檔案維持原狀。"


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
        self._seen: dict[Path, _Seen] = {}
        self._told: dict[tuple[str, str], int] = {}  # Folder and code: when.

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
        file = next(iter(_files(folder / "taken")), None) or self._claimed(folder, seen)
        if file is None:
            return 0
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
            )
        _move(file, folder / ("refused" if result.refusal else "done"))
        if result.refusal:
            self.refused += 1
        else:
            self.decided += 1
        return 1

    def _claimed(self, folder: Path, seen: dict[Path, _Seen]) -> Path | None:
        """The first whole file, taken."""
        claimed: Path | None = None
        for file in _files(folder):
            if file.name == MAPPING_NAME or file.name.lower().endswith(_UNFINISHED):
                continue
            found = file.lstat()
            seen[file] = (found.st_size, found.st_mtime_ns, found.st_ino)
            if claimed is None and self._seen.get(file) == seen[file]:
                claimed = folder / "taken" / file.name
                file.rename(claimed)
        return claimed

    def _token(self, name: str) -> str:
        try:
            return (self._tokens / f"{quote(name, safe='')}.token").read_text(encoding="utf-8")
        except FileNotFoundError:
            raise NoCredentialForFolder(folder=name) from None

    @contextlib.contextmanager
    def _telling(self, name: str) -> Iterator[None]:
        try:
            yield
        except Refusal as refusal:
            self._say(name, refusal)
        except FrameRefused as error:
            self._say(name, NotTakenNow(folder=name, why=f"its credential: {error.code}"))
        except psycopg.Error:
            self._say(name, NotTakenNow(folder=name, why="the database does not answer"))
        except OSError as error:
            self._say(name, _out_of_reach(self._watched / name, error))

    def _say(self, name: str, refusal: Refusal) -> None:
        now_ms = self._clock.now_ms()
        if now_ms - self._told.get((name, refusal.code), -_TOLD_AGAIN_MS) >= _TOLD_AGAIN_MS:
            self._told[name, refusal.code] = now_ms
            self._tell(name, refusal)


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


def _make_own(folder: Path) -> None:
    """A folder of this user's: what a sender made instead might lead anywhere."""
    folder.mkdir(mode=0o755, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise FolderOutOfReach(folder=str(folder), why="it is not this user's own folder")


def _move(file: Path, folder: Path) -> None:
    number = 1
    target = folder / file.name
    while target.exists():  # Nobody else moves files there.
        number += 1
        target = folder / f"{file.stem}.{number}{file.suffix}"
    file.rename(target)


def _out_of_reach(folder: Path, error: OSError) -> FolderOutOfReach:
    return FolderOutOfReach(folder=str(error.filename or folder), why=str(error.strerror))
