"""The data beside the repository that is never part of it: samples and schemas made by others."""

import os
from pathlib import Path

import pytest

_REPOSITORY = Path(__file__).parents[2]


def shared_data(name: str) -> Path:
    """A folder of the shared data; without it the test is skipped, but fails where CI runs."""
    folder = _REPOSITORY.parent / "shared" / "data" / name
    if not folder.is_dir():
        if os.environ.get("CI"):
            pytest.fail("shared data absent")
        pytest.skip("shared data absent")
    return folder
