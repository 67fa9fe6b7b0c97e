"""`countersign run` by somebody who is not root, whose Postgres runs as that same user."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from tests.entrypoints.test_run_external import live_through
from tests.support.postgres import reachable_folder
from tests.support.shell import Shell

from countersign.entrypoints.installation import default_key_file

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(180)]

NOBODY = 65534
# The interpreter may lie where root alone can read, and `run` starts its parts with it: so nobody
# keeps one right of root, to read. It may write, own and become nothing that it could not anyway.
AS_NOBODY = (
    *("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"),
    *("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"),
)
LIVE = f"""
import sys
from pathlib import Path
from {__name__} import a_house_of_ones_own
a_house_of_ones_own(Path(sys.argv[1]))
"""


def a_house_of_ones_own(folder: Path) -> None:
    assert os.geteuid() != 0
    shell = Shell(folder / "own" / "data")
    shell.data.parent.mkdir()
    live_through(shell)
    key_file = default_key_file(shell.data)
    for path in (shell.data, key_file, shell.data / "postgres" / "data"):
        assert path.stat().st_uid == os.geteuid()
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600


def test_an_ordinary_user_runs_a_house() -> None:
    with reachable_folder() as folder:
        done = subprocess.run(
            [*becoming_nobody(folder), sys.executable, "-c", LIVE, str(folder)],
            capture_output=True,
            text=True,
            check=False,
            timeout=150,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def becoming_nobody(folder: Path) -> tuple[str, ...]:
    """The words before a command by which root becomes nobody, who gets the folder."""
    if os.geteuid() != 0:
        return ()
    command = [*AS_NOBODY, sys.executable, "-c", "import countersign"]
    if not shutil.which(AS_NOBODY[0]) or subprocess.run(command, check=False).returncode != 0:
        pytest.skip("needs an ordinary user who may read this interpreter")
    os.chown(folder, NOBODY, NOBODY)
    return AS_NOBODY
