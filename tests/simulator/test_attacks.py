"""Attackers stay under every limit that they can see, and go on with what they hear."""

import contextlib
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date
from itertools import pairwise

import pytest

from countersign.entrypoints.simulate.limits import limits_of
from countersign.rules.default import DEFAULT_POLICY
from countersign.simulator.accounts import euros
from countersign.simulator.attacks.scene import Aim, Scene
from countersign.simulator.attacks.ways import creep
from countersign.simulator.chance import Chance
from countersign.simulator.model import PlannedTransfer
from countersign.simulator.places import DAY_MS, HOUR_MS
from countersign.simulator.story import ATTACKS, Plot, Story

pytestmark = pytest.mark.fast

LIMITS = limits_of(DEFAULT_POLICY)
PLOT = Plot(
    first=date(2027, 2, 1),
    days=45,
    companies=60,
    persons=120,
    attacks=6,
    attacks_from_day=1,
    attacks_to_day=10,
)
Answer = Callable[[PlannedTransfer], str]


def told(answer: Answer, seed: int = 3) -> tuple[Story, dict[str, list[PlannedTransfer]]]:
    """A whole story, each order answered so; the orders of each attack."""
    story = Story(seed, PLOT, LIMITS)
    moves: dict[str, list[PlannedTransfer]] = defaultdict(list)
    last_ms = 0
    while (event := story.next()) is not None:
        assert event.at_ms >= last_ms
        last_ms = event.at_ms
        if isinstance(event, PlannedTransfer):
            if event.attack:
                moves[event.attack_id].append(event)
            story.hear(event, answer(event))
    return story, moves


@pytest.fixture(scope="module")
def unhindered() -> tuple[Story, dict[str, list[PlannedTransfer]]]:
    """A city in which nothing is ever stopped."""
    return told(lambda _: "released")


def a_scene(story: Story) -> Scene:
    return Scene(
        Aim("insider", "insider-1", is_bold=True),
        limits=LIMITS,
        holders=story.city.holders,
        chance=Chance.of(3, "scene"),
        start_ms=1_801_400_400_000,
        reference=story.city.reference,
    )


def test_every_attack_is_tried(
    unhindered: tuple[Story, dict[str, list[PlannedTransfer]]],
) -> None:
    story, moves = unhindered
    assert {aim.name for aim in story.aims.values()} == set(ATTACKS)
    for name in ATTACKS:
        aims = [aim for aim in story.aims.values() if aim.name == name]
        assert {aim.is_bold for aim in aims} == {True, False}
    assert all(aim.goal > 0 for aim in story.aims.values())
    assert set(moves) == set(story.aims)


def test_those_that_are_named_come_alone_and_as_among_all(
    unhindered: tuple[Story, dict[str, list[PlannedTransfer]]],
) -> None:
    story = Story(3, PLOT._replace(names=["structuring", "insider"]), LIMITS)
    begun: list[str] = []
    while len(begun) < 5 and (event := story.next()) is not None:
        if isinstance(event, PlannedTransfer):
            if event.attack and event.attack_id not in begun:
                begun.append(event.attack_id)
            story.hear(event, "released")
    named = {id_ for id_ in unhindered[1] if id_.rpartition("-")[0] in {"structuring", "insider"}}
    assert set(begun) <= named
    assert {id_.rpartition("-")[0] for id_ in begun} == {"structuring", "insider"}


def test_unhindered_they_get_what_they_went_for_and_no_more(
    unhindered: tuple[Story, dict[str, list[PlannedTransfer]]],
) -> None:
    story, moves = unhindered
    reached = 0
    for attack_id, orders in moves.items():
        aim = story.aims[attack_id]
        gained = sum(order.amount for order in orders if order.takes_value)
        # Warming accounts up comes on top, a few hundred euros each.
        assert euros(gained - aim.goal, aim.currency) <= 12_000
        reached += gained >= aim.goal // 2
    assert reached > len(moves) * 0.6


def test_no_order_is_large_none_is_a_large_first_one_and_none_are_large_together(
    unhindered: tuple[Story, dict[str, list[PlannedTransfer]]],
) -> None:
    for orders in unhindered[1].values():
        paid: dict[tuple[str, str], list[PlannedTransfer]] = defaultdict(list)
        for order in orders:
            pair = order.body["debtor_account"], order.body["creditor_account"]
            large = LIMITS.large[order.body["currency"]]
            assert order.amount < large * LIMITS.just_below_percent // 100
            if not paid[pair]:
                assert order.amount * LIMITS.new_payee_parts < large
            day = [o.amount for o in paid[pair] if o.at_ms > order.at_ms - DAY_MS]
            assert sum(day) + order.amount < large
            paid[pair].append(order)


def test_no_hour_has_more_orders_or_creditors_than_are_published() -> None:
    """However hasty a script is; and an hour leaves room for the victim's own business."""
    story = Story(3, PLOT, LIMITS)
    victim = next(holder for holder in story.city.holders if holder.is_company)
    scene = a_scene(story)
    mules = [scene.mule() for _ in range(5)]
    orders = [scene.pay(victim, mules[n // 6 % 5], 5_000, "Invoice") for n in range(90)]
    for order in orders:
        hour = [o for o in orders if order.at_ms - HOUR_MS < o.at_ms <= order.at_ms]
        assert len(hour) <= LIMITS.frequency_count * 3 // 4
        assert len({o.body["creditor_account"] for o in hour}) <= LIMITS.creditors_count - 2
        same = Counter((o.body["creditor_account"], o.amount) for o in hour)
        assert max(same.values()) <= LIMITS.repeated_count - 1


def test_who_reads_the_rules_gives_a_months_new_creditors_no_more_than_may_be() -> None:
    """An account that slept has no business of its own in which it could be hidden."""
    story = Story(3, PLOT, LIMITS)
    victim = next(holder for holder in story.city.holders if holder.is_asleep)
    victim.payees.clear()
    scene = a_scene(story)
    mules = [scene.mule() for _ in range(8)]
    script = creep(scene, victim, mules, victim.balance, hours=scene.haste_hours, days=10)
    large = LIMITS.large[victim.currency]
    gained, order = 0, next(script)
    with contextlib.suppress(StopIteration):
        while True:
            gained += order.amount
            floor = large // LIMITS.only_new_floor_parts
            assert gained * LIMITS.only_new_parts < large or order.amount < floor
            order = script.send("released")
    assert gained * LIMITS.only_new_parts > large // 2


def test_who_is_stopped_tries_less_and_gives_up() -> None:
    story, moves = told(lambda planned: "held" if planned.attack else "released")
    tried_again = 0
    for attack_id, orders in moves.items():
        gains = [order for order in orders if order.takes_value]
        assert 1 <= len(orders) <= 20, attack_id
        if story.aims[attack_id].name in {"account_takeover", "structuring"}:
            big = [o for o in gains if euros(o.amount, o.body["currency"]) > 1_000]
            assert len(big) <= 2
            assert all(later.amount < first.amount for first, later in pairwise(big))
            tried_again += len(big) == 2
    assert tried_again


def test_who_is_found_out_orders_nothing_more() -> None:
    story = Story(3, PLOT, LIMITS)
    found: set[str] = set()
    while (event := story.next()) is not None:
        if isinstance(event, PlannedTransfer):
            assert event.attack_id not in found
            story.hear(event, "released")
            if event.attack:
                found.add(event.attack_id)
                story.discovered(event.attack_id)
    assert len(found) > 30


def test_the_same_seed_plots_the_same() -> None:
    assert told(lambda _: "released", seed=4)[1] == told(lambda _: "released", seed=4)[1]
    assert told(lambda _: "released", seed=4)[1] != told(lambda _: "released", seed=5)[1]
