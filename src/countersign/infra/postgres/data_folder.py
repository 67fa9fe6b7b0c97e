"""Makes the server's data folder, whole or not at all, and checks which version made it.

The superuser's password goes to initdb through memory, never through a file, and is asked for from
the first start on: there is no moment of trust authentication.
"""

import os
import shutil

from countersign.infra.postgres.binaries import Binaries
from countersign.infra.postgres.errors import InitFailed, OtherMajor
from countersign.infra.postgres.folders import Folders
from countersign.infra.postgres.os_user import OsUser
from countersign.infra.postgres.postmaster import read_untrusted


def make_data_folder(
    folders: Folders, binaries: Binaries, os_user: OsUser, *, password: str
) -> None:
    """Make the data folder unless it is there; a crash on the way leaves only a part to discard."""
    if folders.data.exists():
        return
    if folders.partial_data.exists():
        shutil.rmtree(folders.partial_data)
    descriptor = _password_in_memory(password, os_user)
    try:
        answer = os_user.run(
            [
                binaries.program("initdb"),
                *("-D", folders.partial_data),
                "--username=postgres",
                f"--pwfile=/proc/self/fd/{descriptor}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--data-checksums",
                "--no-instructions",
            ],
            pass_fds=[descriptor],
        )
    finally:
        os.close(descriptor)
    if answer.returncode != 0:
        raise InitFailed(folder=str(folders.data), reason=last_line(answer.stderr))
    folders.partial_data.rename(folders.data)


def require_same_major(folders: Folders, binaries: Binaries) -> None:
    """Refuse programs of another major version than the one that made the data folder."""
    data_version = read_untrusted(folders.data / "PG_VERSION").strip()
    if data_version != str(binaries.major_version):
        raise OtherMajor(
            data_version=data_version or "?", binaries_version=str(binaries.major_version)
        )


def last_line(text: str) -> str:
    """Take the line of a program's complaint that tells most: the last one that is not advice."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if "HINT:" not in line and "DETAIL:" not in line]
    return (telling or lines or ["no message"])[-1]


def _password_in_memory(password: str, os_user: OsUser) -> int:
    descriptor = os.memfd_create("password")
    os.write(descriptor, password.encode() + b"\n")
    os.lseek(descriptor, 0, os.SEEK_SET)
    # Opened again by its name in /proc, so its owner must be who opens it.
    os.fchown(descriptor, os_user.uid, os_user.gid)
    return descriptor
