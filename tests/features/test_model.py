"""The windows: exact at their edges, bounded, and equal to a plain recount of all that was seen."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countersign.features.model import DAY_MS, EVENTS_MAX, HOUR_MS, Facts, Features

pytestmark = pytest.mark.fast

NOW = 1_800_000_000_000
ADA, BO = 1, 2
SHOP, FARM = b"shop", b"farm"


def seen_at(*times: int, debtor: int = ADA, is_near: bool = False) -> Features:
    features = Features()
    for time in times:
        features.observe(debtor, SHOP, time, is_near=is_near)
    return features


def facts_at(features: Features, now_ms: int, *, debtor: int = ADA) -> Facts:
    return features.facts(debtor, SHOP, 5, now_ms)


def test_of_an_unknown_debtor_nothing_is_known() -> None:
    assert facts_at(Features(), NOW) == Facts(5, 0, 0, -1, is_new_creditor=True)


@pytest.mark.parametrize(
    ("age_ms", "counted"), [(0, 1), (1, 1), (HOUR_MS - 1, 1), (HOUR_MS, 0), (HOUR_MS + 1, 0)]
)
def test_an_hour_leaves_out_its_start_and_takes_in_its_end(age_ms: int, counted: int) -> None:
    assert facts_at(seen_at(NOW - age_ms), NOW).count_1h == counted


@pytest.mark.parametrize(
    ("age_ms", "counted"), [(0, 1), (HOUR_MS, 1), (DAY_MS - 1, 1), (DAY_MS, 0), (DAY_MS + 1, 0)]
)
def test_a_day_leaves_out_its_start_and_takes_in_its_end(age_ms: int, counted: int) -> None:
    assert facts_at(seen_at(NOW - age_ms, is_near=True), NOW).near_count_24h == counted


def test_a_window_that_is_partly_over_counts_what_is_left() -> None:
    features = seen_at(NOW - HOUR_MS - 1, NOW - HOUR_MS, NOW - HOUR_MS + 1, NOW)
    assert facts_at(features, NOW).count_1h == 2


def test_orders_of_one_batch_see_each_other() -> None:
    assert facts_at(seen_at(NOW, NOW, NOW), NOW).count_1h == 3


def test_only_near_orders_count_as_near() -> None:
    features = seen_at(NOW)
    assert facts_at(features, NOW).near_count_24h == 0
    features.observe(ADA, SHOP, NOW, is_near=True)
    assert (facts_at(features, NOW).near_count_24h, facts_at(features, NOW).count_1h) == (1, 2)


def test_idle_is_since_the_last_order_and_counts_to_the_millisecond() -> None:
    assert facts_at(seen_at(NOW - 9, NOW - 7), NOW).idle_ms == 7
    assert facts_at(seen_at(NOW), NOW).idle_ms == 0


def test_a_creditor_is_new_to_each_debtor_by_itself_and_never_again() -> None:
    features = seen_at(NOW)
    assert not features.facts(ADA, SHOP, 5, NOW + 4_000 * DAY_MS).is_new_creditor
    assert features.facts(ADA, FARM, 5, NOW).is_new_creditor
    assert features.facts(BO, SHOP, 5, NOW).is_new_creditor


def test_debtors_do_not_see_each_other() -> None:
    assert facts_at(seen_at(NOW, NOW, debtor=BO, is_near=True), NOW) == Facts(
        5, 0, 0, -1, is_new_creditor=True
    )


def test_asking_changes_nothing() -> None:
    features = seen_at(NOW - 1, is_near=True)
    first = facts_at(features, NOW)
    assert facts_at(features, NOW) == first
    features.facts(BO, FARM, 5, NOW)
    assert BO not in features.recent
    assert (BO, FARM) not in features.pairs


def test_a_window_keeps_the_newest_events_and_no_more() -> None:
    features = seen_at(*range(NOW, NOW + 3 * EVENTS_MAX), is_near=True)
    newest = list(range(NOW + 2 * EVENTS_MAX, NOW + 3 * EVENTS_MAX))
    assert features.recent[ADA] == features.near[ADA] == newest
    full = facts_at(features, NOW + 3 * EVENTS_MAX)
    assert (full.count_1h, full.near_count_24h) == (EVENTS_MAX, EVENTS_MAX)


steps = st.lists(
    st.tuples(
        st.sampled_from((0, 1, 59_999, HOUR_MS - 1, HOUR_MS, HOUR_MS + 1, DAY_MS - 1, DAY_MS)),
        st.sampled_from((ADA, BO)),
        st.sampled_from((SHOP, FARM)),
        st.booleans(),
    ),
    max_size=3 * EVENTS_MAX,
)
bursts = st.integers(min_value=1, max_value=EVENTS_MAX)


@given(steps=steps, burst=bursts)
@settings(max_examples=80, deadline=None)
def test_the_windows_give_what_a_recount_of_everything_gives(
    steps: list[tuple[int, int, bytes, bool]], burst: int
) -> None:
    features, now = Features(), NOW
    told: list[tuple[int, int, bytes, bool]] = []
    for step, debtor, creditor, is_near in steps:
        now += step
        assert features.facts(debtor, creditor, 5, now) == recount(told, debtor, creditor, now)
        for _ in range(burst if is_near else 1):
            features.observe(debtor, creditor, now, is_near=is_near)
            told.append((now, debtor, creditor, is_near))


def recount(
    told: list[tuple[int, int, bytes, bool]], debtor: int, creditor: bytes, now: int
) -> Facts:
    own = [(at, to, near) for at, who, to, near in told if who == debtor]
    in_hour = sum(1 for at, _, _ in own if now - at < HOUR_MS)
    near_in_day = sum(1 for at, _, near in own if near and now - at < DAY_MS)
    return Facts(
        5,
        min(in_hour, EVENTS_MAX),
        min(near_in_day, EVENTS_MAX),
        now - own[-1][0] if own else -1,
        creditor not in {to for _, to, _ in own},
    )
