"""Sums are exact, whatever the decimals."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countersign.channels.totals import SCALE, Tally, units_of

pytestmark = pytest.mark.fast

DECIMALS = st.from_regex(r"[+-]?([0-9]{1,12}(\.[0-9]{0,17})?|\.[0-9]{1,17})", fullmatch=True)


@given(DECIMALS)
def test_a_decimal_is_read_exactly(text: str) -> None:
    assert Fraction(units_of(text), 10**SCALE) == Fraction(text.removesuffix("."))


@settings(max_examples=30)
@given(st.lists(DECIMALS, max_size=5))
def test_a_sum_is_exact(texts: list[str]) -> None:
    tally = Tally()
    for text in texts:
        tally.add(units_of(text))
    assert tally.count == len(texts)
    assert Fraction(tally.units, 10**SCALE) == sum(Fraction(t.removesuffix(".")) for t in texts)


def test_no_control_sum_is_none_to_check() -> None:
    tally = Tally()
    tally.add(units_of("0.1"))
    tally.add(units_of("0.2"))
    assert tally.has_sum(None)
    assert tally.has_sum("0.3")
    assert not tally.has_sum("0.30000000000000001")


def test_zeros_without_end_are_still_a_number() -> None:
    assert units_of("0" * 10_000 + "1." + "0" * 10_000) == 10**SCALE
