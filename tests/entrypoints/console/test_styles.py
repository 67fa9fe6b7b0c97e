"""The style sheet has no class that no page uses."""

import re
from pathlib import Path

import pytest

from countersign.entrypoints import console

pytestmark = pytest.mark.fast

FOLDER = Path(str(console.__file__)).parent
PAGES = [*FOLDER.glob("templates/*.html"), *FOLDER.glob("static/*.js"), *FOLDER.glob("*.py")]


def test_every_class_of_the_style_sheet_is_used() -> None:
    sheet = (FOLDER / "static" / "console.css").read_text(encoding="utf-8")
    selectors = re.sub(r"/\*.*?\*/|\{[^{}]*\}", " ", sheet, flags=re.DOTALL)
    classes = set(re.findall(r"\.(-?[a-zA-Z_][\w-]*)", selectors))
    used = {
        word for page in PAGES for word in re.findall(r"[\w-]+", page.read_text(encoding="utf-8"))
    }
    assert len(classes) > 100
    assert classes - used == set()
