"""Money: exact, bounded, one currency at a time, strict on text from outside."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign.kernel.invariant import InvariantBroken
from countersign.kernel.money import (
    MINOR_UNITS_MAX,
    AmountOutOfRange,
    CurrencyMismatch,
    MalformedAmount,
    Money,
    TooManyDecimals,
    UnknownCurrency,
    decimal_text,
    exponent,
)

pytestmark = pytest.mark.fast

units = st.integers(min_value=-MINOR_UNITS_MAX, max_value=MINOR_UNITS_MAX)
currencies = st.sampled_from(["EUR", "JPY", "KWD", "CLF", "TWD", "CLP", "IQD"])


def eur(minor_units: int) -> Money:
    return Money(minor_units=minor_units, currency="EUR")


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [
        ("EUR", 2),
        ("USD", 2),
        ("TWD", 2),
        ("JPY", 0),
        ("KRW", 0),
        ("KWD", 3),
        ("BHD", 3),
        ("CLF", 4),
    ],
)
def test_the_exponent_is_that_of_iso_4217(currency: str, decimals: int) -> None:
    assert exponent(currency) == decimals


@pytest.mark.parametrize(
    "currency", ["XAU", "XAG", "XDR", "XXX", "XTS", "XBA", "DEM", "eur", "EU", "EURO", "", "EUR "]
)
def test_what_is_no_money_is_refused(currency: str) -> None:
    with pytest.raises(UnknownCurrency):
        exponent(currency)
    with pytest.raises(UnknownCurrency):
        Money(minor_units=1, currency=currency)
    with pytest.raises(UnknownCurrency):
        Money.parse("1", currency=currency)


@pytest.mark.parametrize(
    ("text", "currency", "minor_units"),
    [
        ("1250.00", "EUR", 125_000),
        ("1250", "EUR", 125_000),
        ("1250.5", "EUR", 125_050),
        ("0.01", "EUR", 1),
        ("007.10", "EUR", 710),
        ("1250", "JPY", 1_250),
        ("1.234", "KWD", 1_234),
        ("0.0001", "CLF", 1),
        ("10000000000000.00", "EUR", MINOR_UNITS_MAX),
    ],
)
def test_decimal_text_is_read_exactly(text: str, currency: str, minor_units: int) -> None:
    assert Money.parse(text, currency=currency).minor_units == minor_units


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 1",
        "1 ",
        "1\n",
        "+1",
        "-1",
        ".5",
        "5.",
        "1.2.3",
        "1,000",
        "1,5",
        "1e3",
        "1E3",
        "0x1",
        "1_000",
        "NaN",
        "inf",
        "１２",
        "١",
        "1\x00",
        "0" * 41,
        "9" * 5_000,
    ],
)
def test_anything_but_plain_decimal_text_is_refused(text: str) -> None:
    with pytest.raises(MalformedAmount):
        Money.parse(text, currency="EUR")


@pytest.mark.parametrize(
    ("text", "currency"), [("1.000", "EUR"), ("1.234", "EUR"), ("1.0", "JPY"), ("1.2345", "KWD")]
)
def test_more_decimals_than_the_currency_has_are_refused(text: str, currency: str) -> None:
    with pytest.raises(TooManyDecimals) as refused:
        Money.parse(text, currency=currency)
    assert refused.value.details == {"currency": currency, "decimals_max": exponent(currency)}


@pytest.mark.parametrize("text", ["10000000000000.01", "9" * 40])
def test_an_amount_beyond_the_bound_is_refused(text: str) -> None:
    with pytest.raises(AmountOutOfRange):
        Money.parse(text, currency="EUR")


def test_zero_is_refused_unless_it_was_asked_for() -> None:
    with pytest.raises(AmountOutOfRange):
        Money.parse("0.00", currency="EUR")
    assert Money.parse("0.00", currency="EUR", can_be_zero=True) == eur(0)


@pytest.mark.parametrize("minor_units", [True, False, 1.0, "1", Decimal(1), None])
def test_minor_units_are_an_int_only(minor_units: object) -> None:
    with pytest.raises(InvariantBroken):
        Money(minor_units=minor_units, currency="EUR")  # type: ignore[arg-type]


@given(units, currencies)
def test_text_agrees_with_decimal_arithmetic(minor_units: int, currency: str) -> None:
    money = Money(minor_units=minor_units, currency=currency)
    assert Decimal(money.text()).scaleb(exponent(currency)) == minor_units


@given(units.map(abs), currencies)
def test_text_is_read_back(minor_units: int, currency: str) -> None:
    money = Money(minor_units=minor_units, currency=currency)
    assert Money.parse(money.text(), currency=currency, can_be_zero=True) == money


@pytest.mark.parametrize(
    ("minor_units", "text"), [(5, "0.05"), (-5, "-0.05"), (-125_000, "-1250.00"), (0, "0.00")]
)
def test_text_has_all_decimals(minor_units: int, text: str) -> None:
    assert eur(minor_units).text() == text


def test_sums_and_differences_of_one_currency() -> None:
    assert eur(100) + eur(25) == eur(125)
    assert eur(100) - eur(125) == eur(-25)
    assert eur(1) < eur(2) <= eur(2)
    assert not eur(2) < eur(2)
    assert not eur(3) <= eur(2)


@given(units, units)
def test_a_sum_is_exact_or_refused(one: int, other: int) -> None:
    if abs(one + other) <= MINOR_UNITS_MAX:
        assert (eur(one) + eur(other)).minor_units == one + other
        assert (eur(one) + eur(other)) - eur(other) == eur(one)
    else:
        with pytest.raises(AmountOutOfRange):
            eur(one) + eur(other)


def test_currencies_never_mix() -> None:
    yen = Money(minor_units=1, currency="JPY")
    with pytest.raises(CurrencyMismatch):
        eur(1) + yen
    with pytest.raises(CurrencyMismatch):
        eur(1) - yen
    with pytest.raises(CurrencyMismatch):
        assert eur(1) < yen
    with pytest.raises(CurrencyMismatch):
        assert eur(1) <= yen
    assert eur(1) != yen


@pytest.mark.parametrize(
    ("currency", "text"), [("EUR", "-20000000000000.05"), ("JPY", "-2000000000000005")]
)
def test_a_sum_beyond_what_one_transfer_carries_is_written(currency: str, text: str) -> None:
    assert decimal_text(-2 * MINOR_UNITS_MAX - 5, currency) == text
