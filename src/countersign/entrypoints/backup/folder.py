"""The data folder that a restore makes: worked on in a folder inside it, put in place at the end.

Rules: 1. A folder that holds anything, or that anyone may write into, is refused. 2. One restore at
a time, by a lock that dies with it. 3. What fails leaves nothing behind, and what a killed restore
left is cleared by the next. 4. instance.json comes last: before it, nothing takes the folder for an
installation.
"""

import contextlib
import errno
import fcntl
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from countersign.entrypoints.backup.backing_up import INSTANCE_FILE
from countersign.entrypoints.installation import require_own
from countersign.flows.backup.errors import (
    FolderNotEmpty,
    NotAFolder,
    RestoreBusy,
)
from countersign.vault.protectors import sync_folder

WORK_NAME = ".restoring"
_PASSABLE = 0o711  # Postgres may run as another user and has to get through.


@contextlib.contextmanager
def restored_folder(data_dir: Path, *, before_clearing: Callable[[Path], None]) -> Iterator[Path]:
    """A working folder whose content becomes the data folder's when the context ends well.

    `before_clearing` ends what may still run in the working folder of a restore that was killed.
    """
    is_new = not os.path.lexists(data_dir)
    if is_new:
        _make(data_dir)
    _require_own_folder(data_dir)
    _require_empty(data_dir)
    work = data_dir / WORK_NAME
    with _only_one(data_dir):
        try:
            if work.exists():
                before_clearing(work)
                shutil.rmtree(work)
            work.mkdir()
            work.chmod(_PASSABLE)
            yield work
            _put_in_place(work, data_dir)
        except BaseException:
            shutil.rmtree(work, ignore_errors=True)
            if is_new:
                with contextlib.suppress(OSError):
                    data_dir.rmdir()
            raise


def write_small(path: Path, content: bytes) -> None:
    """Write a new file that only its owner can read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _make(data_dir: Path) -> None:
    try:
        data_dir.mkdir(parents=True)
        data_dir.chmod(_PASSABLE)
    except OSError as error:
        raise NotAFolder(folder=str(data_dir), why=str(error.strerror)) from None


def _require_own_folder(data_dir: Path) -> None:
    """Refuse what is no folder: a file, a pipe, a link to nothing; and one that is everybody's."""
    try:
        found = data_dir.stat()
    except OSError as error:
        is_dangling = data_dir.is_symlink()
        why = "it is a link to nothing" if is_dangling else str(error.strerror)
        raise NotAFolder(folder=str(data_dir), why=why) from None
    if not stat.S_ISDIR(found.st_mode):
        raise NotAFolder(folder=str(data_dir), why="it is something else than a folder")
    require_own(data_dir)
    if not os.access(data_dir, os.R_OK | os.W_OK | os.X_OK):
        raise NotAFolder(folder=str(data_dir), why=os.strerror(errno.EACCES))


def _require_empty(data_dir: Path) -> None:
    if {path.name for path in data_dir.iterdir()} - {WORK_NAME}:
        raise FolderNotEmpty(folder=str(data_dir))


@contextlib.contextmanager
def _only_one(data_dir: Path) -> Iterator[None]:
    descriptor = os.open(data_dir, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RestoreBusy(folder=str(data_dir)) from None
        yield
    finally:
        os.close(descriptor)


def _put_in_place(work: Path, data_dir: Path) -> None:
    # Somebody may have set up an installation here meanwhile.
    _require_empty(data_dir)
    for path in sorted(work.iterdir()):
        if path.name != INSTANCE_FILE:
            path.rename(data_dir / path.name)
    sync_folder(data_dir)
    try:
        os.link(work / INSTANCE_FILE, data_dir / INSTANCE_FILE)
    except FileExistsError:
        raise FolderNotEmpty(folder=str(data_dir)) from None
    shutil.rmtree(work)
    sync_folder(data_dir)
