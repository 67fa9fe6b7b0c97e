"""Finds the living server process of a data folder by its pid file, trusting none of the file.

The file belongs to Postgres's user, so the number in it is only believed when that process belongs
to the same user and was started with exactly this data folder. /proc shows both without rights.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from countersign.infra.postgres.os_user import OsUser


@dataclass(frozen=True, slots=True, kw_only=True)
class Postmaster:
    """A living server process; `is_ready` once it takes connections."""

    pid: int
    is_ready: bool


def find_postmaster(data_folder: Path, os_user: OsUser) -> Postmaster | None:
    """Find the server process of this data folder."""
    lines = _pid_file_lines(data_folder)
    process = _read_process(lines[0]) if lines else None
    if process is None or not _is_server_of(process, data_folder, os_user):
        return None
    is_ready = len(lines) > _STATUS and lines[_STATUS].strip() == "ready"
    return Postmaster(pid=process.pid, is_ready=is_ready)


def discard_foreign_pid_file(data_folder: Path, os_user: OsUser) -> bool:
    """Remove a pid file whose number went to a program that is no server; tell whether it did.

    Postgres itself dares not do this. It is safe only while no child of the dead server is left,
    for which the file's shared memory key would be the last guard; in doubt the file stays.
    """
    lines = _pid_file_lines(data_folder)
    holder = _read_process(lines[0]) if lines else None
    if holder is None or holder.name == _SERVER_NAME:
        return False
    servers = [
        process
        for process in (_read_process(folder.name) for folder in Path("/proc").iterdir())
        if process is not None and process.owner == os_user.uid and process.name == _SERVER_NAME
    ]
    if any(_may_use(data_folder, process) for process in servers):
        return False
    return os_user.run(["/bin/rm", "-f", data_folder / "postmaster.pid"]).returncode == 0


def read_untrusted(path: Path) -> str:
    """Read the start of a small file in a folder where its owner may have put anything."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return ""
    try:
        return os.read(descriptor, 4096).decode(errors="replace")
    except OSError:
        return ""
    finally:
        os.close(descriptor)


_STATUS = 7  # The eighth line: "starting", "stopping", "ready" or "standby", padded with spaces.


_SERVER_NAME = "postgres"
_PARENT = re.compile(r".*\) . (\d+) ", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Process:
    pid: int
    owner: int
    name: str
    parent_pid: str
    arguments: list[bytes]


def _pid_file_lines(data_folder: Path) -> list[str]:
    return read_untrusted(data_folder / "postmaster.pid").splitlines()


def _read_process(pid: str) -> _Process | None:
    if not pid.isascii() or not pid.isdecimal():
        return None
    folder = Path("/proc") / pid
    try:
        parent = _PARENT.match((folder / "stat").read_text(errors="replace"))
        return _Process(
            pid=int(pid),
            owner=folder.stat().st_uid,
            name=(folder / "comm").read_text(errors="replace").strip(),
            parent_pid=parent[1] if parent else "",
            # A dead process that nobody waited for has no arguments any more.
            arguments=(folder / "cmdline").read_bytes().split(b"\0"),
        )
    except OSError:
        return None


def _is_server_of(process: _Process, data_folder: Path, os_user: OsUser) -> bool:
    started_with = process.arguments[1:3] == [b"-D", os.fsencode(data_folder)]
    return process.owner == os_user.uid and started_with


def _may_use(data_folder: Path, process: _Process) -> bool:
    if process.arguments[0].startswith(b"postgres: "):
        # A child works for its parent's folder; one whose parent is gone may work for this one.
        parent = _read_process(process.parent_pid)
        return parent is None or parent.name != _SERVER_NAME
    if process.arguments == [b""]:
        return False  # Dead, and only not waited for yet.
    if process.arguments[1:2] != [b"-D"]:
        return True
    served = Path(os.fsdecode(process.arguments[2]))
    return served == data_folder or not served.is_absolute()
