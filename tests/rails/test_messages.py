"""What a status means for a transfer: a table, and never a settlement by mistake."""

import pytest
from tests.support.rails import a_transfer

from countersign.rails.messages import RailStatusReport, Verdict, verdict_of

pytestmark = pytest.mark.fast

V = Verdict


def _report(status: str, *reasons: str) -> RailStatusReport:
    return RailStatusReport(
        message_id="R-1", original_message_id="M-1", status=status, reason_codes=reasons
    )


@pytest.mark.parametrize(
    ("status", "reasons", "verdict"),
    [
        ("ACSC", (), V.SETTLED),
        ("ACCC", ("G000",), V.SETTLED),
        ("RJCT", (), V.REJECTED),
        ("RJCT", ("AC04",), V.REJECTED),
        ("RJCT", ("NOOR",), V.NOT_RECEIVED),
        ("RJCT", ("AG09",), V.NOT_RECEIVED),
        ("RJCT", ("NOOR", "AG09"), V.NOT_RECEIVED),
        ("RJCT", ("NOOR", "AC04"), V.REJECTED),
        ("RJCT", ("NOOR", "DUPL"), V.IN_PROGRESS),
        ("ACSP", ("NOOR",), V.IN_PROGRESS),
        *(("RJCT", (code,), V.IN_PROGRESS) for code in ("DUPL", "AM05", "DU01", "DU03", "DU04")),
        *(
            (code, (), V.IN_PROGRESS)
            for code in ("ACSP", "ACTC", "ACCP", "ACWC", "ACWP", "ACFC", "PDNG", "RCVD")
        ),
        *((code, (), V.IN_PROGRESS) for code in ("CANC", "BLCK", "PART", "acsc", "XXXX", "")),
    ],
)
def test_a_status_has_one_meaning(status: str, reasons: tuple[str, ...], verdict: V) -> None:
    assert verdict_of(_report(status, *reasons)) is verdict


def test_a_rails_own_code_is_no_iso_reason() -> None:
    report = RailStatusReport(
        message_id="R-1", original_message_id="M-1", status="RJCT", proprietary_reason="NOOR"
    )
    assert verdict_of(report) is V.REJECTED


def test_no_repr_shows_what_an_order_says() -> None:
    transfer = a_transfer(creditor_name="Anna Okafor", remittance_information="Rent")
    assert "Anna" not in repr(transfer)
    assert "Rent" not in repr(transfer)
    report = RailStatusReport(
        message_id="R-1",
        original_message_id="M-1",
        status="RJCT",
        text="Anna",
        end_to_end_id="Rent",
    )
    assert "Anna" not in repr(report)
    assert "Rent" not in repr(report)
