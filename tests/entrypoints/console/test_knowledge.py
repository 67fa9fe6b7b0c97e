"""Every fact that a policy may ask for has a label in words and units that people read."""

import pytest

from countersign.entrypoints.console.knowledge import (
    SCALE,
    _known,
    is_outside,
    label_of,
    place_of,
)
from countersign.gate.facts import FACTS
from countersign.kernel.refusal import Language

pytestmark = pytest.mark.fast
LANGUAGES: list[Language] = ["en", "zh"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fact_has_a_label_of_its_own_without_units_of_machines(language: Language) -> None:
    labels = [label_of(name, language) for name in FACTS]
    assert len(set(labels)) == len(FACTS)
    text = " ".join(labels).lower()
    assert not any(unit in text for unit in ("millisecond", "millionth", "毫秒", "百萬分之一"))


@pytest.mark.parametrize(
    ("ratio", "is_out"),
    [(0.0, True), (0.499, True), (0.5, False), (1.0, False), (2.0, False), (2.001, True),
     (4.9, True), (260.0, True)],
)  # fmt: skip
def test_outside_is_what_the_band_does_not_cover(ratio: float, *, is_out: bool) -> None:
    """Mark, band, value and words come from one pair of numbers."""
    first, width = float(SCALE.band), float(SCALE.band_width)
    assert is_outside(ratio) == is_out
    assert (first - 0.1 <= place_of(ratio) <= first + width + 0.1) == (not is_out) or (
        ratio in {0.499, 2.001}  # Too near to the edge to see.
    )
    known = _known("debtor_median_ratio_30d", int(ratio * 1_000_000), "EUR", "en")
    assert known.is_outside == is_out


def test_every_mark_stays_inside_the_picture() -> None:
    for ratio in (0.0, 0.1, 1.0, 100.0, 10**9):
        assert 5 <= place_of(ratio) <= float(SCALE.width) - 5
    assert float(SCALE.tick) == pytest.approx(place_of(1.0), abs=0.05)


@pytest.mark.parametrize(
    ("name", "value", "english", "chinese"),
    [
        ("debtor_idle_ms", 12_000_000, "3 h 20 min", "3 小時 20 分"),
        ("pair_age_ms", 187_200_000, "2 d 4 h", "2 天 4 小時"),
        ("creditor_is_here", 1, "yes", "是"),
        ("currency", 978, "EUR", "EUR"),
        ("hour", 9, "09:00", "09:00"),
        ("weekday", 6, "Saturday", "星期六"),
        ("debtor_sum_24h", 123_456_00, "EUR 123,456.00", "EUR 123,456.00"),
        ("debtor_count_1h", 1_234, "1,234", "1,234"),
        ("pair_median_ratio_30d", 2_040_000, "2.04×", "2.04×"),
    ],
)
def test_a_fact_is_shown_as_people_say_it(
    name: str, value: int, english: str, chinese: str
) -> None:
    assert _known(name, value, "EUR", "en").value == english
    assert _known(name, value, "EUR", "zh").value == chinese
