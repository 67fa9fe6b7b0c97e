"""Each class of the style sheet is one that a page carries, and each carried one has a rule.

A class is what stands in a class attribute of a template or of markup made in Python, or what a
script sets: a word elsewhere is none.
"""

import re
from pathlib import Path

import pytest

from countersign.entrypoints import console
from countersign.entrypoints.console.showing import MARKS

pytestmark = pytest.mark.fast

FOLDER = Path(str(console.__file__)).parent
SHEET = FOLDER / "static" / "console.css"
# Carried without a rule: what a test or a script finds it by.
HOOKS = {"clear"}
CLASS = r"-?[a-zA-Z_][\w-]*"
VALUE = r'class="((?:\{\{.*?\}\}|\{%.*?%\}|[^"{])*)"'
TEXT = r'"([^"]*)"'
# Those whose first argument becomes a class.
MADE = r'\b(?:chip|fig|mark|st)\(\s*"([\w-]+)"'
# What an expression in a class attribute gives, beside texts of its own.
GIVEN = {*MARKS.values(), "idle"}


def names(text: str) -> set[str]:
    return set(re.findall(CLASS, text))


def ruled(sheet: str) -> set[str]:
    selectors = re.sub(r"/\*.*?\*/|\{[^{}]*\}", " ", sheet, flags=re.DOTALL)
    return set(re.findall(rf"\.({CLASS})", selectors))


def in_template(text: str) -> set[str]:
    found = names(" ".join(re.findall(MADE, text)))
    for value in re.findall(VALUE, text):
        expressions = " ".join(re.findall(r"\{\{(.*?)\}\}", value))
        # Of a comparison only what is chosen is a class, not what is compared.
        chosen = re.sub(r'[!=]= "[^"]*"|\bin \([^)]*\)', " ", expressions)
        plain = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", " ", value)
        found |= names(plain) | names(" ".join(re.findall(TEXT, chosen)))
    return found


def in_script(text: str) -> set[str]:
    set_names = re.findall(
        r'\bclassList\.(?:add|toggle)\(([^)]*)\)|\bclassName \+?= ("[^"]*")', text
    )
    return names(" ".join(word for pair in set_names for word in re.findall(TEXT, "".join(pair))))


def in_python(text: str) -> set[str]:
    # The parts of a chart's bars are named by the fill that they have.
    fills = re.findall(r'"(f-[a-z]+)"', text)
    return names(" ".join([*re.findall(r'class="([^"{}]*)"', text), *fills]))


def used() -> set[str]:
    found = set(GIVEN)
    for pattern, read in (
        ("templates/*.html", in_template),
        ("static/*.js", in_script),
        ("*.py", in_python),
    ):
        for path in FOLDER.glob(pattern):
            found |= read(path.read_text(encoding="utf-8"))
    return found


def test_every_class_of_the_style_sheet_is_carried_by_a_page() -> None:
    classes = ruled(SHEET.read_text(encoding="utf-8"))
    assert len(classes) > 80
    assert classes - used() == set()


def test_every_class_that_a_page_carries_has_a_rule_or_is_a_hook() -> None:
    classes = ruled(SHEET.read_text(encoding="utf-8"))
    assert used() - classes == HOOKS


@pytest.mark.parametrize(
    ("text", "classes"),
    [
        ('<p class="sm dim">aside</p> {{ _("tick: median") }}', {"sm", "dim"}),
        ('<b class="st {{ "axis" if loop.first else "grid" }}{% if x %} due{% endif %}">',
         {"st", "axis", "grid", "due"}),
        ('<b class="{{ a if a in ("hold", "ask") else "quiet" }} {{ b if b != "ok" else "" }}">',
         {"quiet"}),
        ('{{ chip("block", _("Frozen")) }}{{ icon("frost") }}', {"block"}),
    ],
)  # fmt: skip
def test_a_word_is_a_class_where_it_is_carried_as_one(text: str, classes: set[str]) -> None:
    assert in_template(text) == classes


def test_a_script_carries_what_it_sets() -> None:
    text = 'one.classList.toggle("on", "off"); two.className = "a b"; three.id = "c"'
    assert in_script(text) == {"on", "off", "a", "b"}
