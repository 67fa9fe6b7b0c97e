"""Reading the register of received files."""

from countersign.channels import store
from countersign.channels.model import FileRow
from countersign.channels.store import Connection


def newest_files(connection: Connection, *, limit: int, offset: int = 0) -> list[FileRow]:
    """The newest first."""
    return store.newest_files(connection, limit=limit, offset=offset)


def find_file(connection: Connection, file_id: bytes) -> FileRow | None:
    return store.find_file(connection, file_id)


def numbers_of(connection: Connection, file_id: bytes, *, first: int, limit: int) -> list[int]:
    """The leaves of some payments, counted from 0, in their order in the file."""
    return store.numbers_of(connection, file_id, first=first, limit=limit)
