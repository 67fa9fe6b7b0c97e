"""The settlement day that the rail is told: none that is over, none before the order's own."""

from datetime import UTC, datetime

import pytest
from tests.support.pain001 import CREDITOR_IBAN, DEBTOR_IBAN

from countersign.flows.dispatch_transfers import credit_transfer
from countersign.rails.model import prepared
from countersign.transfers.order import Order

pytestmark = pytest.mark.fast


def settlement_date(asked_for: str, *, now: str) -> str:
    order = Order(
        channel="file",
        credential=100,
        instructed_amount=5_000,
        currency="EUR",
        requested_execution_date=asked_for,
        debtor_account=f"IBAN:{DEBTOR_IBAN}",
        creditor_account=f"IBAN:{CREDITOR_IBAN}",
        creditor_name="Anna Okafor",
    )
    now_ms = int(datetime.fromisoformat(now).astimezone(UTC).timestamp()) * 1000
    sending = prepared(
        number=5, digest=b"\x07" * 32, uetr=None, now_ms=now_ms, is_asked_first=False
    )
    return credit_transfer(order, sending, now_ms=now_ms).settlement_date


@pytest.mark.parametrize(
    ("asked_for", "now", "told"),
    [
        ("2027-03-30", "2027-03-31T09:00:00Z", "2027-03-31"),
        ("2026-12-31", "2027-03-31T23:59:59Z", "2027-03-31"),
        ("2027-03-31", "2027-03-31T00:00:00Z", "2027-03-31"),
        ("2027-04-01", "2027-03-31T23:59:59Z", "2027-04-01"),
    ],
)
def test_a_day_that_is_over_is_not_asked_of_the_rail(asked_for: str, now: str, told: str) -> None:
    assert settlement_date(asked_for, now=now) == told
