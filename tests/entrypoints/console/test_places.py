"""Every page can be reached from every other, at a desk and on a phone, by who may open it."""

import pytest

from countersign.access.model import READING, Permission
from countersign.entrypoints.console.places import (
    HELD,
    OPERATOR_MAY,
    TABS_MAX,
    in_bar,
    in_menu,
    is_at,
    places_for,
)

pytestmark = pytest.mark.fast


def test_a_phone_reaches_every_place_that_a_desk_reaches() -> None:
    groups = places_for(OPERATOR_MAY)
    everything = [place.target for group in groups for place in group.places]
    bar = [place.target for place in in_bar(groups)]
    menu = [place.target for group in in_menu(groups) for place in group.places]
    assert sorted(bar + menu) == sorted(everything)
    assert menu == ["/accounts", "/files", "/log", "/health"]
    assert (len(bar), bar[-1]) == (TABS_MAX, "/freezes")


@pytest.mark.parametrize(
    ("missing", "absent"),
    [
        (Permission.HEALTH_READ, {"/health"}),
        (Permission.ACCOUNTS_READ, {"/accounts"}),
        (Permission.ALERTS_READ, {"/alerts"}),
        (Permission.ACCOUNTS_FREEZE, {"/freezes"}),
        (Permission.TRANSFERS_READ, {"/", HELD, "/transfers", "/files", "/log"}),
    ],
)
def test_a_place_that_one_may_not_open_is_absent(missing: Permission, absent: set[str]) -> None:
    everything = {p.target for group in places_for(OPERATOR_MAY) for p in group.places}
    groups = places_for(OPERATOR_MAY - {missing})
    assert {p.target for group in groups for p in group.places} == everything - absent
    assert all(group.places for group in (*groups, *in_menu(groups)))


def test_a_group_without_a_place_is_absent() -> None:
    assert "Control" not in [group.name for group in places_for(READING)]
    assert places_for(frozenset()) == []


@pytest.mark.parametrize(
    ("path", "is_held", "target"),
    [
        ("/", False, "/"),
        ("/board/decisions", False, "/"),
        ("/alerts/7", False, "/alerts"),
        ("/transfers", False, "/transfers"),
        ("/transfers/7", True, HELD),
        ("/accounts/5", False, "/accounts"),
        ("/health", False, "/health"),
    ],
)
def test_a_page_belongs_to_one_place(path: str, target: str, *, is_held: bool) -> None:
    places = [place for group in places_for(OPERATOR_MAY) for place in group.places]
    assert [p.target for p in places if is_at(p, path, is_held=is_held)] == [target]
