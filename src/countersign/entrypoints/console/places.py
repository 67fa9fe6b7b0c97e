"""Where one can go from every page, in four groups by question.

Rules: 1. A place that one may not open is absent, and so is a group without a place; nothing is
greyed. 2. The bottom bar of a phone has five; all others stand in the menu of its top bar.
"""

from collections.abc import Set as AbstractSet
from typing import NamedTuple

from countersign.access.model import BUILT_IN, CONSOLE, READING, Permission

TABS_MAX = 5
HELD = "/transfers?status=held"


class Place(NamedTuple):
    """One page of the navigation; `name` and `tab` are texts of the catalogue."""

    target: str
    icon: str
    name: str
    needs: Permission
    key: str  # After G it leads here.
    tab: str = ""  # What the bottom bar calls it; empty where it stands in the menu instead.
    tab_icon: str = ""
    counts: str = ""  # Which count of what waits stands beside it.
    is_due: bool = False  # Somebody must act on what is counted.


class Group(NamedTuple):
    name: str
    places: tuple[Place, ...]


_GROUPS = (
    Group(
        "Watch",
        (
            Place("/", "board", "Live board", Permission.TRANSFERS_READ, "b", "Board"),
            Place("/alerts", "bell", "Alerts", Permission.ALERTS_READ, "a", "Alerts",
                  counts="alerts", is_due=True),
            Place(HELD, "pause", "Held transfers", Permission.TRANSFERS_READ, "h", "Held",
                  counts="held", is_due=True),
        ),
    ),
    Group(
        "Look up",
        (
            Place("/transfers", "flow", "Transfers", Permission.TRANSFERS_READ, "t", "Look up",
                  "find"),
            Place("/accounts", "acct", "Accounts", Permission.ACCOUNTS_READ, "c"),
            Place("/files", "book", "Files", Permission.TRANSFERS_READ, "p"),
        ),
    ),
    Group(
        "Control",
        (
            Place("/freezes", "frost", "Freezes", Permission.ACCOUNTS_FREEZE, "f", "Freezes",
                  counts="freezes"),
        ),
    ),
    Group(
        "Prove",
        (
            Place("/log", "log", "Audit log", Permission.TRANSFERS_READ, "l"),
            Place("/health", "pulse", "System health", Permission.HEALTH_READ, "e"),
        ),
    ),
)  # fmt: skip
# Whoever is signed in acts by the console's credential, and may look at everything.
OPERATOR_MAY = frozenset(
    {*READING, *(one for each in BUILT_IN if each.number == CONSOLE for one in each.permissions)}
)


def places_for(permissions: AbstractSet[str]) -> list[Group]:
    """The navigation of who has these permissions."""
    groups = [
        Group(name, tuple(place for place in places if place.needs in permissions))
        for name, places in _GROUPS
    ]
    return [group for group in groups if group.places]


def in_bar(groups: list[Group]) -> list[Place]:
    """What stands in the bottom bar of a phone."""
    return [place for group in groups for place in group.places if place.tab]


def in_menu(groups: list[Group]) -> list[Group]:
    """What a phone has in its menu: every other place."""
    rest = [
        Group(group.name, tuple(place for place in group.places if not place.tab))
        for group in groups
    ]
    return [group for group in rest if group.places]


def is_at(place: Place, path: str, *, is_held: bool) -> bool:
    """Whether a page belongs to this place; `is_held` where it is about held transfers."""
    if place.target == "/":
        return path == "/" or path.startswith("/board")
    if place.target == HELD:
        return is_held
    return path.startswith(place.target) and not (place.target == "/transfers" and is_held)
