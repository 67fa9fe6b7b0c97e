"""Somebody who is not root, for tests that root runs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

NOBODY = 65534
# The interpreter may lie where root alone can read, and `run` starts its parts with it: so nobody
# keeps one right of root, to read. It may write, own and become nothing that it could not anyway.
AS_NOBODY = (
    *("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"),
    *("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"),
)


def becoming_nobody(folder: Path) -> tuple[str, ...]:
    """The words before a command by which root becomes nobody, who gets the folder."""
    if os.geteuid() != 0:
        return ()
    command = [*AS_NOBODY, sys.executable, "-c", "import countersign"]
    if not shutil.which(AS_NOBODY[0]) or subprocess.run(command, check=False).returncode != 0:
        pytest.skip("needs an ordinary user who may read this interpreter")
    os.chown(folder, NOBODY, NOBODY)
    return AS_NOBODY
