"""Refusals: stable unique codes, two languages, details that carry no surprises."""

import pickle

import pytest

from countersign.kernel.invariant import InvariantBroken
from countersign.kernel.refusal import Kind, Refusal, all_refusals, refusal_class

pytestmark = pytest.mark.fast


class DrawerStuck(Refusal):
    """Drawer {drawer} is stuck
    at {height}; pull harder.
    """

    code = "testing.drawer_stuck"
    kind = Kind.CONFLICT
    chinese = "抽屜 {drawer} 卡在 {height}；請用力拉。"


class DrawerGroup(Refusal):
    """Anything about drawers; a group to catch."""


class DrawerLocked(DrawerGroup):
    """The drawer is locked; ask for the key."""

    code = "testing.drawer_locked"
    kind = Kind.FORBIDDEN
    chinese = "抽屜已上鎖；請索取鑰匙。"


def test_a_sentence_is_one_line_with_its_details_in_both_languages() -> None:
    stuck = DrawerStuck(drawer="left", height=3)
    assert stuck.sentence() == "Drawer left is stuck at 3; pull harder."
    assert stuck.sentence("zh") == "抽屜 left 卡在 3；請用力拉。"
    assert str(stuck) == "testing.drawer_stuck: Drawer left is stuck at 3; pull harder."
    assert stuck.details == {"drawer": "left", "height": 3}


def test_a_missing_detail_is_said_to_be_missing_and_a_value_is_never_a_placeholder() -> None:
    stuck = DrawerStuck(drawer="{height}")
    assert stuck.sentence() == "Drawer {height} is stuck at …; pull harder."
    assert stuck.sentence("zh") == "抽屜 {height} 卡在 …；請用力拉。"
    assert DrawerStuck(drawer="{0.__class__}", height=1).sentence().startswith("Drawer {0.__class")


def test_details_are_text_or_whole_numbers() -> None:
    with pytest.raises(InvariantBroken):
        DrawerStuck(drawer=b"left")  # type: ignore[arg-type]
    with pytest.raises(InvariantBroken):
        DrawerStuck(height=1.5)  # type: ignore[arg-type]


def test_a_refusal_survives_pickling() -> None:
    again = pickle.loads(pickle.dumps(DrawerStuck(drawer="left", height=3)))  # noqa: S301
    assert type(again) is DrawerStuck
    assert again.details == {"drawer": "left", "height": 3}


def test_a_code_finds_its_class_and_all_are_listed_by_code() -> None:
    assert refusal_class("testing.drawer_stuck") is DrawerStuck
    codes = [each.code for each in all_refusals()]
    assert codes == sorted(set(codes))
    assert {"testing.drawer_stuck", "testing.drawer_locked"} <= set(codes)
    with pytest.raises(InvariantBroken):
        refusal_class("testing.never_defined")


def test_a_group_catches_its_refusals_but_is_never_raised_itself() -> None:
    with pytest.raises(DrawerGroup):
        raise DrawerLocked
    with pytest.raises(InvariantBroken):
        DrawerGroup()
    with pytest.raises(InvariantBroken):
        Refusal()


def test_a_second_class_with_the_same_code_is_refused_at_import() -> None:
    with pytest.raises(InvariantBroken, match="unique"):
        type("Twin", (Refusal,), {**_SOUND, "code": "testing.drawer_stuck"})
    assert refusal_class("testing.drawer_stuck") is DrawerStuck


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "nodot"},
        {"code": "Area.name"},
        {"code": "area.name.more"},
        {"kind": "conflict"},
        {"chinese": ""},
        {"chinese": "有 {height}。"},
        {"__doc__": None},
        {"__doc__": "It has {height}; go."},
    ],
)
def test_an_incomplete_class_is_refused_at_import(wrong: dict[str, object]) -> None:
    before = all_refusals()
    with pytest.raises(InvariantBroken):
        type("Incomplete", (Refusal,), {**_SOUND, **wrong})
    assert all_refusals() == before


_SOUND: dict[str, object] = {
    "__doc__": "It is wrong; do this.",
    "code": "testing.never_registered",
    "kind": Kind.INVALID,
    "chinese": "有誤；請更正。",
}
