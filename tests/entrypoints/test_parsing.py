"""Amounts as the command line shows them."""

import pytest

from countersign.entrypoints.cli.parsing import amount_text

pytestmark = pytest.mark.fast


@pytest.mark.parametrize(
    ("units", "currency", "text"),
    [
        (0, "EUR", "0.00"),
        (5, "EUR", "0.05"),
        (-5, "EUR", "-0.05"),
        (-99, "EUR", "-0.99"),
        (123_456_789, "EUR", "1,234,567.89"),
        (-123_456, "EUR", "-1,234.56"),
        (-1_234, "JPY", "-1,234"),
    ],
)
def test_an_amount_has_its_sign_separators_and_all_decimals(
    units: int, currency: str, text: str
) -> None:
    assert amount_text(units, currency) == text
