"""Whose life is sent to an instance: a city large enough that its days do not pass too fast.

Rules look at real time, and the city's days pass quickly. So each customer must order seldom, as in
life: many orders of one within minutes are out of the usual, and held.
"""

from collections.abc import Collection
from datetime import date

from countersign.entrypoints.simulate.limits import limits_of
from countersign.rules.default import DEFAULT_POLICY
from countersign.simulator.story import Plot, Story

COMPANIES = 300
PERSONS = 1_200
_DAYS = 3_650  # Far more than anybody sends.
_ATTACK_DAYS = 100  # About half a day at two transfers a second.
_ATTACKS = 30  # Of each name, within these days.
# A week without taxes, rents and wages, all of which would be new to the rules at first.
_FIRST = date(2027, 1, 18)


def story_of(seed: int, *, companies: int, persons: int, attacks: Collection[str]) -> Story:
    """The life of one seed; with attacks of these names by who knows an instance's first policy."""
    plot = Plot(
        first=_FIRST,
        days=_DAYS,
        companies=companies,
        persons=persons,
        attacks=_ATTACKS if attacks else 0,
        names=attacks,
        attacks_from_day=0,
        attacks_to_day=_ATTACK_DAYS,
        has_past=False,  # It would be told of today.
    )
    return Story(seed, plot, limits_of(DEFAULT_POLICY))
