"""Watches what is made durable: each sync is still made, and noted with what stood there then."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest


class Sync(NamedTuple):
    """`name` was synced, a file or a folder, when its folder held these names."""

    name: str
    names: list[str]


def watch_syncs(monkeypatch: pytest.MonkeyPatch) -> list[Sync]:
    """From here on every sync is in the list."""
    syncs: list[Sync] = []
    for call in ("fsync", "fdatasync"):
        monkeypatch.setattr(os, call, _watched(getattr(os, call), syncs))
    return syncs


def _watched(sync: Callable[[int], None], syncs: list[Sync]) -> Callable[[int], None]:
    def watched(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        folder = path if path.is_dir() else path.parent
        syncs.append(Sync(path.name, sorted(each.name for each in folder.iterdir())))
        sync(descriptor)

    return watched
