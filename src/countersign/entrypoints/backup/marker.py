"""The file that a restore leaves in the data folder: up to where this is a restored installation.

It is for people and `doctor`: what an order below `log_size` came to since the backup, and which
orders came after, only the rail and the channels know. It stays until somebody has compared and
removes it. That the rail is asked before anything is sent does not hang on it.
"""

from pathlib import Path

import msgspec

MARKER_FILE = "restored.json"


class Marker(msgspec.Struct, frozen=True, kw_only=True):
    """One restore."""

    restored_ms: int
    made_ms: int  # When the backup was made.
    batch_seq: int
    batch_ms: int
    term: int
    log_size: int


def read_marker(data_dir: Path) -> Marker | None:
    """The marker; None where nothing was restored. One that cannot be read raises."""
    try:
        content = (data_dir / MARKER_FILE).read_bytes()
    except FileNotFoundError:
        return None
    return msgspec.json.decode(content, type=Marker)


encode_marker = msgspec.json.Encoder().encode
