"""A file that is there whole or not at all, and never in the place of another.

It is written beside its name, 0600, synced, and gets its name at the end.
"""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from countersign.flows.backup.errors import CannotWrite, FileExists
from countersign.vault.protectors import sync_folder


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A stream to write to; what goes wrong before its end leaves nothing."""
    if os.path.lexists(path):
        raise FileExists(file=str(path))
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        _name(beside, path)
        sync_folder(path.parent)
    except FileExistsError:
        raise FileExists(file=str(path)) from None
    except OSError as error:
        raise CannotWrite(file=str(path), why=str(error.strerror)) from None
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


def _name(beside: Path, path: Path) -> None:
    try:
        os.link(beside, path)  # Unlike a rename, refused where the name is taken.
    except FileExistsError:
        raise
    except OSError:
        # A memory stick or a network share may know no links.
        if os.path.lexists(path):
            raise FileExistsError from None
        beside.rename(path)
