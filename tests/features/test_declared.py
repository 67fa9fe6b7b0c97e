"""Each feature reads its own entity, aggregate and window."""

import pytest

from countersign.features.declared import DAY_MS, FEATURES, HOUR_MS, INT64_MAX, plan
from countersign.features.model import Features

pytestmark = pytest.mark.fast

NOW = 1_800_000_000_000
EUR, USD = b"creditor-a-1234.EUR", b"creditor-a-1234.USD"
OTHER = b"creditor-b-1234.EUR"


@pytest.fixture
def features() -> Features:
    """Debtor 1 pays A 100 and 300, debtor 2 pays A 50, debtor 1 pays B 1000."""
    kept = Features()
    kept.observe(debtor=1, creditor=EUR, amount=100, now_ms=NOW - 8 * DAY_MS)
    kept.observe(debtor=2, creditor=EUR, amount=50, now_ms=NOW - 2 * DAY_MS)
    kept.observe(debtor=1, creditor=EUR, amount=300, now_ms=NOW - 2 * HOUR_MS)
    kept.observe(debtor=1, creditor=OTHER, amount=1000, now_ms=NOW - 60_000)
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
        ("pair_count_7d", 1),
        ("pair_count_30d", 2),
        ("pair_sum_30d", 400),
        ("pair_max_30d", 300),
        ("pair_idle_ms", 2 * HOUR_MS),
        ("pair_median_30d", 100),
        ("pair_median_ratio_30d", 6_000_000),
    ],
)
def test_value(features: Features, name: str, value: int | None) -> None:
    read = features.read(plan([name]), debtor=1, creditor=EUR, amount=600, now_ms=NOW)
    assert read == (value,)


@pytest.mark.parametrize("creditor", [USD, b"creditor-c-1234.EUR"])
def test_a_creditor_is_known_by_account_and_currency(features: Features, creditor: bytes) -> None:
    readings = plan(["creditor_count_30d", "pair_count_30d", "pair_idle_ms", "debtor_count_30d"])
    read = features.read(readings, debtor=1, creditor=creditor, amount=1, now_ms=NOW)
    assert read == (0, 0, None, 3)


def test_of_a_stranger_nothing_is_known(features: Features) -> None:
    for name, feature in FEATURES.items():
        (value,) = features.read([feature.read], debtor=9, creditor=USD, amount=1, now_ms=NOW)
        is_count = "_sum_" in name or not feature.is_nullable
        assert value == (0 if is_count else None), name


def test_what_does_not_fit_is_null() -> None:
    kept = Features()
    for _ in range(10):
        kept.observe(debtor=1, creditor=EUR, amount=INT64_MAX // 4, now_ms=NOW)
    kept.observe(debtor=2, creditor=OTHER, amount=1, now_ms=NOW)
    readings = plan(["debtor_sum_24h", "pair_sum_1h"])
    assert kept.read(readings, debtor=1, creditor=EUR, amount=1, now_ms=NOW) == (None, None)
    readings = plan(["debtor_median_ratio_30d"])
    huge = INT64_MAX // 1000
    assert kept.read(readings, debtor=2, creditor=OTHER, amount=huge, now_ms=NOW) == (None,)


def test_a_sentence_tells_each_feature_apart() -> None:
    assert len({feature.english for feature in FEATURES.values()}) == len(FEATURES)
    assert len({feature.chinese for feature in FEATURES.values()}) == len(FEATURES)
    assert len(FEATURES) == 3 * 4 * 3 + 2 * 4 + 3 * 3
