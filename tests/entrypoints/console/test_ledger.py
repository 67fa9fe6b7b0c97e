"""What one command booked on an account is not cut in two by the end of a page."""

import pytest

from countersign.entrypoints.console.ledger import _whole
from countersign.flows.list_accounts import Entry

pytestmark = pytest.mark.fast


@pytest.mark.parametrize(
    ("numbers", "rows", "kept"),
    [
        ([9, 8, 8, 7], 2, [9]),
        ([9, 8, 8, 7], 3, [9, 8, 8]),
        ([9, 8, 8], 3, [9, 8, 8]),
        ([], 3, []),
    ],
)
def test_a_page_ends_between_two_commands(numbers: list[int], rows: int, kept: list[int]) -> None:
    found = [
        Entry(number=n, time="", kind="post", transfer=None, amount="1.00", currency="EUR")
        for n in numbers[: rows + 1]
    ]
    assert [entry.number for entry in _whole(found, rows)] == kept
