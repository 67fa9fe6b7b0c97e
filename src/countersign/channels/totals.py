"""Exact sums and counts of a message, held against what it says of itself.

A control sum adds the amounts of all payments as bare numbers, whatever their currencies
(ISO 20022), so it is no money: it is kept as whole units of 10^-17, the finest it can have.
"""

from typing import Final

SCALE: Final = 17


class Tally:
    """What was counted in one block or one message."""

    __slots__ = ("count", "units")

    def __init__(self) -> None:
        self.count = 0
        self.units = 0

    def add(self, units: int) -> None:
        self.count += 1
        self.units += units

    def has_sum(self, control_sum: str | None) -> bool:
        """Whether a stated control sum is this one; none stated is none to check."""
        return control_sum is None or units_of(control_sum) == self.units


def units_of(text: str) -> int:
    """A decimal that the schema let through, such as "12.50", exactly."""
    text = text.strip(" \t\r\n")
    sign = -1 if text.startswith("-") else 1
    whole, _, decimals = text.lstrip("+-").partition(".")
    # Zeros in front or behind are legal in any number, digits that count are not.
    digits = whole.lstrip("0") + decimals.rstrip("0").ljust(SCALE, "0")
    return sign * int(digits)
