"""Opens a keyset that is held as bytes: that of an archive's header, or one just read."""

import tempfile
from pathlib import Path

from countersign.vault.keyset import Keyset, load_keyset
from countersign.vault.protectors import Protector


def open_keyset(content: bytes, protector: Protector) -> Keyset:
    """The keyset of these bytes, and of no file that may have been replaced meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "keyset.sealed"
        file.write_bytes(content)
        return load_keyset(file, protector)
