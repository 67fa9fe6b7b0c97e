"""A forked child: it gives bytes back, holds no socket open, and is not waited for without end."""

import os
import socket
import threading
from pathlib import Path

from tests.support.processes import open_scenario

from countersign.entrypoints.gate.forked import Forked

PATIENCE_SECONDS = 30.0


def hands_back_what_it_made(folder: Path) -> None:
    del folder
    assert Forked(lambda: b"x" * 1_000_000).result(timeout_seconds=60) == b"x" * 1_000_000
    assert Forked(lambda: bytes(-1)).result(timeout_seconds=60) is None


def holds_no_socket_open(folder: Path) -> None:
    """As a gate that dies while its snapshot is being encoded."""
    del folder
    # The child's pipe takes the first descriptor, so the socket must not be that one.
    first = os.open("/dev/null", os.O_RDONLY)
    ours, theirs = socket.socketpair()
    never = threading.Event()
    child = Forked(lambda: b"" if never.wait() else b"late")
    ours.close()
    theirs.settimeout(PATIENCE_SECONDS)
    assert theirs.recv(1) == b""
    assert child.result(timeout_seconds=0.1) is None
    os.close(first)
    assert len(list(Path("/proc/self/fd").iterdir())) < 10


def test_a_child_hands_back_what_it_made(tmp_path: Path) -> None:
    _, errors = (process := open_scenario(hands_back_what_it_made, tmp_path)).communicate()
    assert process.returncode == 0, errors


def test_a_child_holds_no_socket_open_and_is_killed_when_late(tmp_path: Path) -> None:
    _, errors = (process := open_scenario(holds_no_socket_open, tmp_path)).communicate()
    assert process.returncode == 0, errors
