"""Each feature reads its own entity, aggregate and window."""

import pytest

from countersign.features.declared import DAY_MS, FEATURES, HOUR_MS, INT64_MAX
from countersign.features.model import FRESH_MS, Features, Sides

pytestmark = pytest.mark.fast

NOW = 1_800_000_000_000
EUR, USD = b"creditor-a-1234.EUR", b"creditor-a-1234.USD"
OTHER = b"creditor-b-1234.EUR"
OWN = b"debtor-1-as-one.EUR"


def observe(kept: Features, debtor: int, creditor: bytes, amount: int, now_ms: int) -> None:
    kept.observe(Sides(debtor, creditor, b""), amount, now_ms)


def read(kept: Features, names: list[str], *, debtor: int, creditor: bytes, amount: int) -> object:
    moment = kept.moment(Sides(debtor, creditor, OWN), amount, NOW)
    return tuple(FEATURES[name].read(moment) for name in names)


@pytest.fixture
def features() -> Features:
    """Debtor 1 pays A 100 and 300, debtor 2 pays A 50 and debtor 1 70, debtor 1 pays B 1000."""
    kept = Features()
    observe(kept, 1, EUR, 100, NOW - 8 * DAY_MS)
    observe(kept, 2, EUR, 50, NOW - 2 * DAY_MS)
    observe(kept, 1, EUR, 300, NOW - 2 * HOUR_MS)
    observe(kept, 1, OTHER, 1000, NOW - 60_000)
    observe(kept, 2, OWN, 70, NOW - 5_000)
    return kept


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("debtor_count_1h", 1),
        ("debtor_count_24h", 2),
        ("debtor_count_30d", 3),
        ("debtor_sum_24h", 1300),
        ("debtor_sum_30d", 1400),
        ("debtor_max_24h", 1000),
        ("debtor_creditors_24h", 2),
        ("debtor_creditors_1h", 1),
        ("debtor_idle_ms", 60_000),
        ("debtor_median_30d", 300),
        ("debtor_median_ratio_30d", 2_000_000),
        ("creditor_count_1h", 0),
        ("creditor_count_7d", 2),
        ("creditor_sum_7d", 350),
        ("creditor_max_1h", None),
        ("creditor_debtors_7d", 2),
        ("creditor_idle_ms", 2 * HOUR_MS),
        ("creditor_median_30d", 100),
        ("inflow_sum_1h", 70),
        ("inflow_idle_ms", 5_000),
        ("inflow_debtors_24h", 1),
        ("pair_count_7d", 1),
        ("pair_count_30d", 2),
        ("pair_sum_30d", 400),
        ("pair_max_30d", 300),
        ("pair_idle_ms", 2 * HOUR_MS),
        ("pair_age_ms", 8 * DAY_MS),
        ("debtor_age_ms", 8 * DAY_MS),
        ("creditor_age_ms", 8 * DAY_MS),
        ("inflow_age_ms", 5_000),
        ("fresh_sum_7d", 1300),
        ("fresh_count_30d", 3),
        ("fresh_creditors_24h", 2),
        ("fresh_max_24h", 1000),
        ("pair_median_30d", 100),
        ("pair_median_ratio_30d", 6_000_000),
    ],
)
def test_value(features: Features, name: str, value: int | None) -> None:
    assert read(features, [name], debtor=1, creditor=EUR, amount=600) == (value,)


@pytest.mark.parametrize("creditor", [USD, b"creditor-c-1234.EUR"])
def test_a_creditor_is_known_by_account_and_currency(features: Features, creditor: bytes) -> None:
    names = ["creditor_count_30d", "pair_count_30d", "pair_idle_ms", "debtor_count_30d"]
    assert read(features, names, debtor=1, creditor=creditor, amount=1) == (0, 0, None, 3)


def test_of_a_stranger_nothing_is_known(features: Features) -> None:
    moment = features.moment(Sides(9, USD, b"nobody"), 1, NOW)
    for name, feature in FEATURES.items():
        value = feature.read(moment)
        is_count = "_sum_" in name or not feature.is_nullable
        assert value == (0 if is_count else None), name


def test_what_does_not_fit_is_null() -> None:
    kept = Features()
    for _ in range(10):
        observe(kept, 1, EUR, INT64_MAX // 4, NOW)
    observe(kept, 2, OTHER, 1, NOW)
    sums = ["debtor_sum_24h", "pair_sum_1h"]
    assert read(kept, sums, debtor=1, creditor=EUR, amount=1) == (None, None)
    huge = INT64_MAX // 1000
    ratio = ["debtor_median_ratio_30d"]
    assert read(kept, ratio, debtor=2, creditor=OTHER, amount=huge) == (None,)


def test_a_sentence_tells_each_feature_apart() -> None:
    assert len({feature.english for feature in FEATURES.values()}) == len(FEATURES)
    assert len({feature.chinese for feature in FEATURES.values()}) == len(FEATURES)
    assert len(FEATURES) == 5 * 4 * 3 + 4 * 4 + 5 * 4


def test_a_creditor_is_fresh_for_thirty_days_whatever_it_was_paid_in_between() -> None:
    """Whether an order went to somebody fresh is said when it is given, and stays so."""
    kept, begun = Features(), NOW - 40 * DAY_MS
    observe(kept, 1, EUR, 1, begun)
    observe(kept, 1, EUR, 10, begun + FRESH_MS)
    observe(kept, 1, EUR, 100, begun + FRESH_MS + 1)
    observe(kept, 1, OTHER, 1000, NOW - 1)
    observe(kept, 2, EUR, 10_000, NOW - 1)  # New to this one alone.
    assert read(kept, ["fresh_sum_30d"], debtor=1, creditor=EUR, amount=1) == (1010,)
    assert read(kept, ["fresh_sum_30d"], debtor=2, creditor=EUR, amount=1) == (10_000,)
    names = ["pair_age_ms", "debtor_age_ms"]
    assert read(kept, names, debtor=1, creditor=EUR, amount=1) == (40 * DAY_MS, 40 * DAY_MS)
