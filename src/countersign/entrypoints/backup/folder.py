"""The data folder that a restore makes: worked on in a folder inside it, put in place at the end.

Rules: 1. A folder that holds anything is refused. 2. One restore at a time, by a lock that dies
with it. 3. What fails leaves nothing behind, and what a killed restore left is cleared by the next.
4. instance.json comes last: before it, nothing takes the folder for an installation.
"""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from countersign.entrypoints.backup.backing_up import INSTANCE_FILE
from countersign.flows.backup.errors import FolderNotEmpty, RestoreBusy
from countersign.vault.protectors import sync_folder

WORK_NAME = ".restoring"
_PASSABLE = 0o711  # Postgres may run as another user and has to get through.


@contextlib.contextmanager
def restored_folder(data_dir: Path, *, before_clearing: Callable[[Path], None]) -> Iterator[Path]:
    """A working folder whose content becomes the data folder's when the context ends well.

    `before_clearing` ends what may still run in the working folder of a restore that was killed.
    """
    is_new = not data_dir.exists()
    _require_empty(data_dir)
    if is_new:
        data_dir.mkdir(parents=True)
        data_dir.chmod(_PASSABLE)
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


def _require_empty(data_dir: Path) -> None:
    try:
        names = {path.name for path in data_dir.iterdir()}
    except FileNotFoundError:
        return
    except OSError:  # A file, or closed to this user.
        raise FolderNotEmpty(folder=str(data_dir)) from None
    if names - {WORK_NAME}:
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
