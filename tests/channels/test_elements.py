"""Values out of one element, by path."""

import pytest
from lxml import etree

from countersign.channels.elements import Elements, plain

pytestmark = pytest.mark.fast

XML = """<a xmlns="urn:a"><b><c>first</c><c>second</c></b><b><c>third</c><d>late</d></b>
<f xmlns="urn:b"><c>foreign</c></f><skipped><c>not asked</c></skipped></a>"""


def _elements() -> Elements:
    return Elements(etree.fromstring(XML), without="skipped")


def test_of_repeated_elements_the_first_counts_with_what_is_in_it() -> None:
    assert _elements().text("b/c") == "first"
    assert not _elements().has("b/d")


def test_what_is_skipped_or_of_another_namespace_is_not_there() -> None:
    for path in ("skipped", "skipped/c", "f", "f/c"):
        assert not _elements().has(path)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (None, None),
        ("", None),
        (" \n\t", None),
        (" A  B ", "A  B"),
        ("A \n  B", "A B"),
        ("A\r\nB\tC", "A B C"),
        ("\u00a0", "\u00a0"),
    ],
)
def test_plain_text_is_one_line(text: str | None, shown: str | None) -> None:
    assert plain(text) == shown
