"""A small JSON file of named secrets that only the user who runs Countersign can read.

The file is 0600 in a folder of 0700, both owned by that user, and is replaced whole: written
beside, synced, renamed. A file or folder open to others is refused, not repaired, because what lay
open may have been read.
"""

import json
import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path

from countersign.kernel.refusal import Kind, Refusal


class ExposedSecrets(Refusal):
    """{path} can be read or changed by others than the user who runs Countersign.

    Find out who had access, replace the secrets in it if need be, and allow its owner alone (chmod
    go-rwx).
    """

    code = "secrets.exposed"
    kind = Kind.FORBIDDEN
    chinese = (
        "{path} 可被執行 Countersign 的使用者以外的人讀取或更改；"
        "請查明誰曾有存取權，必要時更換其中的密鑰，並只允許擁有者存取（chmod go-rwx）。"
    )


class UnreadableSecrets(Refusal):
    """{path} is not a secrets file of Countersign.

    Put back the file that belongs to this data folder from a backup.
    """

    code = "secrets.unreadable"
    kind = Kind.UNAVAILABLE
    chinese = "{path} 不是 Countersign 的密鑰檔；請從備份放回屬於此資料夾的檔案。"


class SecretsFile:
    """Named secrets in one file; a missing file holds none."""

    __slots__ = ("path",)

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> dict[str, str]:
        """Read all secrets."""
        if not os.path.lexists(self.path):
            return {}
        _require_private(self.path.parent)
        _require_private(self.path)
        try:
            values = json.loads(self.path.read_bytes())
        except ValueError:
            raise UnreadableSecrets(path=str(self.path)) from None
        if not isinstance(values, dict) or not all(isinstance(v, str) for v in values.values()):
            raise UnreadableSecrets(path=str(self.path))
        return values

    def save(self, values: Mapping[str, str]) -> None:
        """Replace all secrets, durably."""
        folder = self.path.parent
        folder.mkdir(mode=0o700, exist_ok=True)
        _require_private(folder)
        beside = folder / f".{self.path.name}.{secrets.token_hex(8)}"
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(dict(values), file, indent=2, sort_keys=True)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.path)
        _sync_folder(folder)

    def get_or_make(self, name: str) -> str:
        """Read one secret; make it of 32 random bytes and keep it when it is not there yet."""
        values = self.load()
        if name not in values:
            values[name] = secrets.token_urlsafe(32)
            self.save(values)
        return values[name]


def _require_private(path: Path) -> None:
    found = path.lstat()
    is_private = found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    if stat.S_ISLNK(found.st_mode) or not is_private:
        raise ExposedSecrets(path=str(path))


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
