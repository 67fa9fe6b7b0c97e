"""Money: a whole number of minor units and an ISO 4217 currency; no float comes near it.

An exponent comes from the ISO 4217 table of the locked dependency; codes without minor units
(metals, funds, XXX, XTS) are no money here. Text is digits with at most one dot and at most the
currency's decimals: nothing is rounded. No value lies beyond MINOR_UNITS_MAX on either side; sums
of many may, and are written by `decimal_text`.
"""

import re
from dataclasses import dataclass
from typing import Final

from iso4217 import Currency

from countersign.kernel.invariant import invariant
from countersign.kernel.refusal import Kind, Refusal

MINOR_UNITS_MAX: Final = 10**15


class UnknownCurrency(Refusal):
    """The currency is no ISO 4217 code with minor units; use three capital letters such as EUR."""

    code = "money.unknown_currency"
    kind = Kind.INVALID
    chinese = "幣別不是具有輔幣單位的 ISO 4217 代碼；請使用三個大寫字母，例如 EUR。"


class MalformedAmount(Refusal):
    """The amount is not plain decimal text; write digits and at most one dot, such as 1250.00."""

    code = "money.malformed_amount"
    kind = Kind.INVALID
    chinese = "金額不是單純的十進位文字；請只寫數字與至多一個小數點，例如 1250.00。"


class TooManyDecimals(Refusal):
    """{currency} has {decimals_max} decimals; write the amount with no more of them."""

    code = "money.too_many_decimals"
    kind = Kind.INVALID
    chinese = "{currency} 有 {decimals_max} 位小數；金額的小數位數請勿超過。"


class AmountOutOfRange(Refusal):
    """The amount is zero or beyond what one transfer may carry; check it, or split it in parts."""

    code = "money.out_of_range"
    kind = Kind.INVALID
    chinese = "金額為零，或超出單筆轉帳的上限；請檢查金額，或分成數筆。"


class CurrencyMismatch(Refusal):
    """{currency} and {other_currency} cannot be added or compared; convert one of them first."""

    code = "money.currency_mismatch"
    kind = Kind.INVALID
    chinese = "{currency} 與 {other_currency} 不能直接加減或比較；請先換算其中一種。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    minor_units: int
    currency: str

    def __post_init__(self) -> None:
        invariant(type(self.minor_units) is int, "minor units are an int, never a bool or a float")
        exponent(self.currency)
        if abs(self.minor_units) > MINOR_UNITS_MAX:
            raise AmountOutOfRange

    @classmethod
    def parse(cls, text: str, *, currency: str, can_be_zero: bool = False) -> "Money":
        """Read an amount from outside; it is exact or refused."""
        decimals_max = exponent(currency)
        # A bound on the text comes first, so that no one makes us read a million digits.
        if len(text) > _TEXT_LENGTH_MAX or _DECIMAL.fullmatch(text) is None:
            raise MalformedAmount
        whole, _, decimals = text.partition(".")
        if len(decimals) > decimals_max:
            raise TooManyDecimals(currency=currency, decimals_max=decimals_max)
        minor_units = int(whole + decimals.ljust(decimals_max, "0"))
        if minor_units == 0 and not can_be_zero:
            raise AmountOutOfRange
        return cls(minor_units=minor_units, currency=currency)

    def text(self) -> str:
        """Write the amount with all decimals of its currency, as `parse` reads it."""
        return decimal_text(self.minor_units, self.currency)

    def __add__(self, other: "Money") -> "Money":
        self._require_currency_of(other)
        return Money(minor_units=self.minor_units + other.minor_units, currency=self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._require_currency_of(other)
        return Money(minor_units=self.minor_units - other.minor_units, currency=self.currency)

    def __lt__(self, other: "Money") -> bool:
        self._require_currency_of(other)
        return self.minor_units < other.minor_units

    def __le__(self, other: "Money") -> bool:
        self._require_currency_of(other)
        return self.minor_units <= other.minor_units

    def _require_currency_of(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(currency=self.currency, other_currency=other.currency)


def exponent(currency: str) -> int:
    """Say how many decimals the currency has."""
    decimals = _EXPONENTS.get(currency)
    if decimals is None:
        raise UnknownCurrency
    return decimals


def decimal_text(minor_units: int, currency: str) -> str:
    """Write a sum or a balance with all decimals of its currency: neither is one transfer's."""
    decimals = exponent(currency)
    sign = "-" if minor_units < 0 else ""
    digits = str(abs(minor_units)).rjust(decimals + 1, "0")
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}" if decimals else sign + digits


def numeric_codes() -> dict[str, int]:
    """The ISO 4217 numbers of all currencies, by code."""
    return {each.code: each.number for each in Currency if each.exponent is not None}


_EXPONENTS: Final[dict[str, int]] = {
    each.code: each.exponent for each in Currency if each.exponent is not None
}
_DECIMAL = re.compile(r"[0-9]+(\.[0-9]+)?")
_TEXT_LENGTH_MAX = 40
