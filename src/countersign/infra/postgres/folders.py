"""Where the embedded server's files lie below Countersign's data folder, and who owns each.

    postgres/               owned by Postgres's user, 0700: data/, log/ and, if short, socket/
    secrets/postgres.json   the superuser's password, owned by who starts the server
    postgres.lock           held by the process that runs the server
    postgres-socket         names the short socket folder, where the usual path is too long

Permissions of folders that were there before are never changed. Below postgres/ nothing is written
or followed with the starting user's rights, since Postgres's user could have put a link there.
"""

import json
import os
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from countersign.infra.postgres.os_user import OsUser

# A socket's path has 107 bytes on Linux; the rest of the 100 is left for ".s.PGSQL.5432".
SOCKET_PATH_BYTES_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """The paths below one data folder."""

    root: Path

    @property
    def server(self) -> Path:
        return self.root / "postgres"

    @property
    def data(self) -> Path:
        return self.server / "data"

    @property
    def partial_data(self) -> Path:
        return self.server / "data.partial"

    @property
    def log(self) -> Path:
        return self.server / "log"

    @property
    def secrets(self) -> Path:
        return self.root / "secrets"

    @property
    def lock(self) -> Path:
        return self.root / "postgres.lock"

    @property
    def socket_record(self) -> Path:
        return self.root / "postgres-socket"


def make_root(folders: Folders, os_user: OsUser) -> None:
    """Make the data folder, if it is not there, so that Postgres's user can pass through it."""
    if folders.root.exists():
        return
    folders.root.parent.mkdir(parents=True, exist_ok=True)
    folders.root.mkdir()
    folders.root.chmod(0o711 if os_user.is_separate else 0o700)


def make_server_folder(folders: Folders, os_user: OsUser) -> None:
    """Make the folder that belongs to Postgres's user, and check that this user reaches it."""
    os_user.require_access(folders.root)
    if not folders.server.exists():
        folders.server.mkdir(mode=0o700)
        os.chown(folders.server, os_user.uid, os_user.gid)
    os_user.require_access(folders.server)


def socket_folder(folders: Folders, os_user: OsUser) -> Path:
    """Choose the folder of the server's socket; a short one elsewhere is made and recorded."""
    usual = folders.server / "socket"
    path_bytes = os.fsencode(usual / ".s.PGSQL.5432")
    # libpq reads a comma in its host parameter as a list of hosts.
    if len(path_bytes) <= SOCKET_PATH_BYTES_MAX and b"," not in path_bytes:
        os_user.run(["/bin/mkdir", "-p", "-m", "0700", usual])
        return usual
    recorded = _recorded_folder(folders, os_user)
    return recorded or _new_short_folder(folders, os_user)


def remove_short_socket_folder(folders: Folders, os_user: OsUser) -> None:
    """Remove the socket folder outside of the data folder, once the server has stopped."""
    recorded = _recorded_folder(folders, os_user)
    if recorded is not None:
        shutil.rmtree(recorded, ignore_errors=True)
    folders.socket_record.unlink(missing_ok=True)


def _recorded_folder(folders: Folders, os_user: OsUser) -> Path | None:
    try:
        record = json.loads(folders.socket_record.read_bytes())
        recorded = Path(record["folder"])
        found = recorded.lstat()
    except (OSError, ValueError, LookupError, TypeError):
        return None
    if record.get("root") != str(folders.root):  # A copy of a data folder keeps off the original.
        return None
    # A cleaner of /tmp may have removed it and someone else may have made another of its name.
    is_ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os_user.uid
    is_private = not found.st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    return recorded if is_ours and is_private else None


def _new_short_folder(folders: Folders, os_user: OsUser) -> Path:
    # XDG_RUNTIME_DIR belongs to one user and is closed to a separate one.
    runtime = "" if os_user.is_separate else os.environ.get("XDG_RUNTIME_DIR", "")
    is_usable = runtime.startswith("/") and len(os.fsencode(runtime)) < SOCKET_PATH_BYTES_MAX // 2
    parent = runtime if is_usable else "/tmp"  # noqa: S108 -- mkdtemp makes a private folder there
    made = Path(tempfile.mkdtemp(prefix="countersign-", dir=parent))
    if os_user.is_separate:
        os.chown(made, os_user.uid, os_user.gid)
    beside = folders.socket_record.with_suffix(".new")
    record = {"root": str(folders.root), "folder": str(made)}
    beside.write_text(json.dumps(record), encoding="utf-8")
    beside.replace(folders.socket_record)
    return made
