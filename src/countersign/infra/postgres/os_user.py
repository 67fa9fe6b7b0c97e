"""The system user that Postgres runs as, and the only way to run a program as that user.

Postgres refuses root, and superuser SQL can run programs as Postgres's own user. So, started by
root, it runs as `nobody` or a configured user, without root's groups; otherwise as who started it.
Whether that user reaches a folder is tried as that user, because modes alone do not tell.
"""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from countersign.infra.postgres.errors import UnknownUser, UnreachableFolder, UnsuitableUser


class Credentials(TypedDict, total=False):
    """What `subprocess` needs to give up root's rights."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class OsUser:
    """A system user; `is_separate` says that Postgres is kept apart from who started it."""

    name: str
    uid: int
    gid: int
    is_separate: bool

    def credentials(self) -> Credentials:
        """Arguments for `subprocess`: nothing to change when the user is the starting one."""
        if not self.is_separate:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def run(
        self, command: Sequence[str | Path], *, pass_fds: Sequence[int] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Run a program of the server to its end, as this user, in a bare environment."""
        return subprocess.run(
            [os.fspath(part) for part in command],
            check=False,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            encoding="utf-8",
            errors="replace",
            cwd="/",
            env=bare_environment(),
            umask=0o077,
            pass_fds=pass_fds,
            **self.credentials(),
        )

    def require_access(self, folder: Path) -> None:
        """Refuse, naming the outermost folder at fault, unless this user can enter `folder`."""
        if self._can_enter(folder):
            return
        for parent in [*reversed(folder.parents), folder]:
            if not self._can_enter(parent):
                raise UnreachableFolder(user=self.name, folder=str(parent))

    def _can_enter(self, folder: Path) -> bool:
        return self.run(["/usr/bin/test", "-x", folder]).returncode == 0


def choose_os_user(configured_name: str | None = None) -> OsUser:
    """Choose whom Postgres runs as; no user is ever created."""
    if os.geteuid() == 0:
        return _separate_user(configured_name or "nobody")
    try:
        own = pwd.getpwuid(os.geteuid())
    except KeyError:
        # initdb and libpq look the user up and fail with a message that helps nobody.
        raise UnknownUser(user=str(os.geteuid())) from None
    if configured_name not in (None, own.pw_name):
        raise UnsuitableUser(user=configured_name or "")
    return OsUser(name=own.pw_name, uid=own.pw_uid, gid=own.pw_gid, is_separate=False)


def bare_environment() -> dict[str, str]:
    """Keep PG* variables of the caller, and their surprises, away from the server's programs."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", **kept}


def _separate_user(name: str) -> OsUser:
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        raise UnknownUser(user=name) from None
    if found.pw_uid == 0:
        raise UnsuitableUser(user=name)
    return OsUser(name=name, uid=found.pw_uid, gid=found.pw_gid, is_separate=True)
