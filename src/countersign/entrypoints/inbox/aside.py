"""Names for files that are put away, none of which overwrites another.

A file that is set aside has the reason beside it, under its own name and an ending. A file may have
such a name itself, and a name may be as long as any: then it is put away under another.
"""

import os
from pathlib import Path
from typing import Final

_NAME_BYTES_MAX = 255
_SUFFIX_MAX = 20
_WHY = ".why.txt"
ASIDE_BYTES_MAX: Final = _NAME_BYTES_MAX - len(_WHY)


def free_name(folder: Path, name: str) -> Path:
    """Where nothing lies yet; nobody else moves files there."""
    number = 1
    target = folder / name
    while target.exists():
        number += 1
        target = folder / _ended(target.with_name(name), f".{number}")
    return target


def free_aside(folder: Path, name: str) -> Path:
    """The same with room for a reason, which overwrites no file that was set aside before."""
    number, target = 1, folder / name
    if len(os.fsencode(name)) > ASIDE_BYTES_MAX:
        target = folder / _ended(target, ".1", bytes_max=ASIDE_BYTES_MAX)
    while target.exists() or is_set_aside(reason_of(target)):
        number += 1
        target = folder / _ended(folder / name, f".{number}", bytes_max=ASIDE_BYTES_MAX)
    return target


def is_set_aside(file: Path) -> bool:
    """A file with its reason beside it, and not the reason of another."""
    return len(os.fsencode(file.name)) <= ASIDE_BYTES_MAX and reason_of(file).exists()


def reason_of(file: Path) -> Path:
    """Where it says why a file was set aside."""
    return file.with_name(f"{file.name}{_WHY}")


def _ended(file: Path, ending: str, *, bytes_max: int = _NAME_BYTES_MAX) -> str:
    """The name with an ending before its suffix, and no longer than a name may be."""
    suffix = file.suffix if len(file.suffix) <= _SUFFIX_MAX else ""
    stem = os.fsencode(file.name.removesuffix(suffix))
    room = bytes_max - len(os.fsencode(ending + suffix))
    return f"{os.fsdecode(stem[:room])}{ending}{suffix}"


def write_reason(file: Path, text: str, *, mode: int) -> None:
    part = file.with_name(".why.part")
    part.write_text(text, encoding="utf-8")
    part.chmod(mode)
    part.replace(reason_of(file))
