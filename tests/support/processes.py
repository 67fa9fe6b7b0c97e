"""Runs a function of a test module in a process of its own, also with root's rights given up.

The function takes one folder. A process started by root imports everything first and then becomes
`nobody`, because the interpreter itself may lie where that user cannot read.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

Scenario = Callable[[Path], None]

_RUN = """
import importlib, os, pwd, sys
from pathlib import Path
module, function, folder, user = sys.argv[1:]
scenario = getattr(importlib.import_module(module), function)
if user and os.geteuid() == 0:
    found = pwd.getpwnam(user)
    os.setgroups([])
    os.setgid(found.pw_gid)
    os.setuid(found.pw_uid)
scenario(Path(folder))
"""


def open_scenario(scenario: Scenario, folder: Path, *, user: str = "") -> subprocess.Popen[str]:
    """Start it in a process group of its own, with pipes for its input and output."""
    return subprocess.Popen(
        [sys.executable, "-c", _RUN, scenario.__module__, scenario.__name__, folder, user],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def run_as_ordinary_user(scenario: Scenario, folder: Path) -> None:
    """Run it to its end as somebody who is not root; its failure is the test's."""
    if os.geteuid() == 0:
        os.chown(folder, 65534, 65534)
    process = open_scenario(scenario, folder, user="nobody")
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, output + errors
