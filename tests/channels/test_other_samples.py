"""Every sample that is no pain.001: a pacs.008 is read, whatever else there is refused by name."""

import re
from pathlib import Path

import pytest
from tests.channels.test_samples import EXPECTED as CUSTOMER_SAMPLES
from tests.support.shared import shared_data

from countersign.channels.credit_transfers import check_message, read_instructions
from countersign.channels.model import Instruction
from countersign.kernel.refusal import Refusal

pytestmark = pytest.mark.fast

FEDWIRE = "fedwire/CustomerCreditTransfer/swiftSample"
CBPR = "cbpr/test_files"
FIXTURES = "cbpr/tests/fixtures"
# These settle over accounts that two banks have with each other.
OVER_ACCOUNTS = "channels.unsupported_settlement INDA"
MISMATCH = "channels.envelope_mismatch pacs.008.001.08"
# The text is the outcome and what its sentence names; "1" is one payment that can be ordered.
EXPECTED = {
    f"{FEDWIRE}/CustomerCreditTransfer_Scenario1_Step1_pacs.008": "1",
    f"{FEDWIRE}/CustomerCreditTransfer_Scenario1_Step2_pacs.008": "1",
    f"{FEDWIRE}/CustomerCreditTransfer_Scenario2_Step1_pacs.008": "channels.not_carried InstdAgt",
    f"{FEDWIRE}/CustomerCreditTransfer_Scenario4_Step1_pacs.008": (
        "channels.missing_creditor_account"
    ),
    f"{FEDWIRE}/CustomerCreditTransfer_Scenario5_Step1_pacs.008": "channels.not_carried InstgAgt",
    f"{FEDWIRE}/CustomerCreditTransfer_Variation1_pacs.008": "1",
    f"{FEDWIRE}/CustomerCreditTransfer_Variation2_pacs.008": "channels.not_carried RltdRmtInf",
    f"{FEDWIRE}/CustomerCreditTransfer_Variation3_pacs.008": "1",
    f"{FEDWIRE}/CustomerCreditTransfer_Variation4_pacs.008": "1",
    f"{FEDWIRE}/CustomerCreditTransfer_Variation5_pacs.008": "channels.not_carried XchgRate",
    f"{FEDWIRE}/CustomerCreditTransfer_Variation6_pacs.008": "channels.not_carried InstgAgt",
    f"{FEDWIRE}/Drawdowns_Scenario1_Step3_pacs.008": "1",
    f"{FEDWIRE}/Drawdowns_Scenario5_Step5_pacs.008": "1",
    f"{FEDWIRE}/FedwireFundsAcknowledgement_Scenario2_Step1_pacs.008": "1",
    f"{FEDWIRE}/Investigations_Scenario2_Step1_pacs.008": "1",
    f"{FEDWIRE}/MessageReject_Scenario1_Step1_pacs.008": "1",
    f"{FEDWIRE}/MessageRetrieval_Scenario1_Step2_pacs.008": "1",
    f"{FEDWIRE}/MessageRetrieval_Scenario2_Step2_pacs.008_2": "1",
    f"{FEDWIRE}/PaymentReturn_Scenario2_Step1_pacs.008": "1",
    f"{FEDWIRE}/PaymentReturn_Scenario5_Step1_pacs.008": "channels.not_carried InstgAgt",
    f"{CBPR}/2025/CBPR+ p.8.1.1.a pacs.008 AtoB.xml": OVER_ACCOUNTS,
    f"{CBPR}/2025/cbprplus_pacs008_2025.xml": OVER_ACCOUNTS,
    f"{CBPR}/2025/cbprplus_pacs008_sample_tag_mismatch_issue.xml": OVER_ACCOUNTS,
    f"{CBPR}/2025/cbprplus_pacs008_sequence_addr.xml": (
        "iso20022.invalid FIToFICstmrCdtTrf/CdtTrfTxInf[1]/Dbtr/PstlAdr/TwnNm"
    ),
    f"{CBPR}/2025/pacs008_credit_transfer_sample.xml": OVER_ACCOUNTS,
    f"{CBPR}/2025/violators/cbprplus_pacs008_sample_tag_mismatch_issue__violates_pacs.008-R41_"
    "commodity_currency_XAU.xml": OVER_ACCOUNTS,
    f"{CBPR}/2025/violators/cbprplus_pacs008_sample_xsd_issue__violates_pacs.008-R41_"
    "commodity_currency_XAU.xml": "iso20022.invalid FIToFICstmrCdtTrf/CdtTrfTxInf[1]/CdtrAgt",
    f"{CBPR}/2026/cbprplus_pacs008_2026.xml": OVER_ACCOUNTS,
    f"{CBPR}/2026/violators/cbprplus_pacs008_2026__violates_pacs.008-R31_commodity_currency_XAU"
    ".xml": OVER_ACCOUNTS,
    f"{FIXTURES}/pacs008_invalid.xml": (
        "iso20022.invalid FIToFICstmrCdtTrf/CdtTrfTxInf[1]/InstrForCdtrAgt"
    ),
    f"{FIXTURES}/pacs008_valid.xml": OVER_ACCOUNTS,
    f"{FIXTURES}/pacs_008_2025_invalid.xml": MISMATCH,
    f"{FIXTURES}/pacs_008_2026_invalid.xml": MISMATCH,
    f"{FIXTURES}/pacs_008_stp_2025_valid.xml": OVER_ACCOUNTS,
    f"{FIXTURES}/pacs_008_stp_2026_invalid.xml": MISMATCH,
    f"{FIXTURES}/pacs_008_stp_2026_valid.xml": OVER_ACCOUNTS,
}
UNKNOWN_ENVELOPE = "iso20022.unknown_envelope"
UNKNOWN_ENVELOPES = 21  # A root of somebody's own, around messages of every kind.
_NAMED = re.compile(r"tech:xsd:((?!head)[a-z]{4}\.\d{3}\.\d{3}\.\d{2})")


def _samples() -> dict[str, Path]:
    root = shared_data("iso20022/samples")
    files = {file.relative_to(root).as_posix(): file for file in root.rglob("*") if file.is_file()}
    return {name: file for name, file in files.items() if name not in CUSTOMER_SAMPLES}


def _outcome(file: Path) -> str:
    with file.open("rb") as stream:
        try:
            checked = check_message(stream, schema_dir=None)
        except Refusal as refusal:
            shown = [str(refusal.details.get(n)) for n in ("element", "method", "message")]
            return " ".join([refusal.code, *(each for each in shown if each != "None")])
        (found,) = read_instructions(stream, checked, schema_dir=None)
    if isinstance(found, Instruction):
        return "1"
    return " ".join([found.refusal.code, *map(str, found.refusal.details.values())])


def test_every_sample_is_read_or_refused_by_name() -> None:
    outcomes = {name: _outcome(file) for name, file in _samples().items()}
    wrapped = [n for n, outcome in outcomes.items() if outcome.startswith(UNKNOWN_ENVELOPE)]
    assert len(wrapped) == UNKNOWN_ENVELOPES
    assert {name: outcomes[name] for name in EXPECTED} == EXPECTED
    rest = set(outcomes) - set(EXPECTED)
    assert len(rest) > 110
    for name in rest:
        named = _NAMED.search(_samples()[name].read_text("utf-8", "replace"))
        assert named is not None, name
        code = UNKNOWN_ENVELOPE if name in wrapped else "channels.not_a_transfer_message"
        assert outcomes[name] == f"{code} {named[1]}", name
