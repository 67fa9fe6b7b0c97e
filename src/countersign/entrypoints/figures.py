"""What a process tells of itself to whoever watches (metrics, `doctor`): a small file each.

Whole or not there, written when something changed, and never relied on: a reader takes a file that
is missing or not whole for nothing told.
"""

import contextlib
from pathlib import Path
from typing import TypeVar

import msgspec

_FOLDER = "figures"


class ProcessFigures(msgspec.Struct, frozen=True):
    """One part that `run` keeps alive."""

    is_up: bool
    starts: int  # The first one counts.


class RunFigures(msgspec.Struct, frozen=True):
    """What `run` keeps alive, by name."""

    processes: dict[str, ProcessFigures]
    addresses: dict[str, str] = {}  # Where API and console answer.


class WaitingFile(msgspec.Struct, frozen=True):
    """A taken file of the watched folder that could not be answered yet."""

    sender: str
    file: str
    since_ms: int
    failures: int
    code: str  # Of the last failure.
    why: str
    chinese: str


class InboxFigures(msgspec.Struct, frozen=True):
    """Files of the watched folder since its process started, and those that wait now."""

    decided: int
    refused: int
    set_aside: int = 0
    waiting: tuple[WaitingFile, ...] = ()


_Figures = TypeVar("_Figures", RunFigures, InboxFigures)
_NAMES: dict[type[object], str] = {RunFigures: "run.json", InboxFigures: "inbox.json"}


def write_figures(data_dir: Path, figures: RunFigures | InboxFigures) -> bool:
    """Replace what was told before, and tell whether that could be done: a disk may be full."""
    folder = data_dir / _FOLDER
    file = folder / _NAMES[type(figures)]
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        beside = file.with_suffix(".new")
        beside.write_bytes(msgspec.json.encode(figures))
        beside.replace(file)
    except OSError:
        return False
    return True


def read_figures(data_dir: Path, kind: type[_Figures]) -> _Figures | None:
    """What was told last, if anything was."""
    try:
        content = (data_dir / _FOLDER / _NAMES[kind]).read_bytes()
        return msgspec.json.decode(content, type=kind)
    except (OSError, msgspec.MsgspecError):
        return None


def clear_figures(data_dir: Path) -> None:
    """Nobody has told anything yet."""
    for name in _NAMES.values():
        with contextlib.suppress(OSError):
            (data_dir / _FOLDER / name).unlink()
