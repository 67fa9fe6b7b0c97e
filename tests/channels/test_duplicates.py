"""The first id that occurs twice is found, with the positions of both."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign.channels.duplicates import SeenIds

pytestmark = pytest.mark.fast


def _first_duplicate(ids: list[str]) -> tuple[int, int] | None:
    positions: dict[str, int] = {}
    for position, text in enumerate(ids, start=1):
        if text in positions:
            return positions[text], position
        positions[text] = position
    return None


@given(st.lists(st.text(max_size=3)))
def test_it_agrees_with_a_dictionary(ids: list[str]) -> None:
    seen = SeenIds()
    for position, text in enumerate(ids, start=1):
        seen.add(text, position)
    assert seen.first_duplicate() == _first_duplicate(ids)


def test_an_id_that_occurs_often_gives_its_first_two() -> None:
    seen = SeenIds()
    for position in (3, 8, 9, 40):
        seen.add("same", position)
    assert seen.first_duplicate() == (3, 8)
