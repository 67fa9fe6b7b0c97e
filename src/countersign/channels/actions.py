"""Writing the register of received files."""

from collections.abc import Sequence

from countersign.channels import store
from countersign.channels.model import FileEnd
from countersign.channels.store import Connection


def begin_file(connection: Connection, file_id: bytes, received_ms: int, named: bytes) -> None:
    """Write down that a file came; `named` is sealed."""
    store.begin_file(connection, file_id, received_ms, named)


def end_file(connection: Connection, file_id: bytes, end: FileEnd, numbers: Sequence[int]) -> None:
    """Say what a file came to, once, with the leaf of each of its payments."""
    store.end_file(connection, file_id, end, numbers)
