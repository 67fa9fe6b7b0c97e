"""Where the key of an installation lies, for telling people."""

from pathlib import Path

from countersign.entrypoints.installation import default_key_file
from countersign.infra.settings import Settings


def key_path(settings: Settings) -> Path:
    """The file that opens the keyset of these settings."""
    return settings.passphrase_file or settings.key_file or default_key_file(settings.data_dir)
