"""The message that carries a transfer: valid whatever the order says, and the same each time."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from lxml import etree
from tests.support.rails import CREATED_MS, LEI, a_transfer, credit_transfers

from countersign.infra.iso20022.errors import (
    Doctype,
    Empty,
    InvalidMessage,
    NotXml,
    TooLarge,
    UnsupportedMessage,
)
from countersign.infra.iso20022.schemas import find_schema
from countersign.kernel.account import OtherAccount
from countersign.kernel.money import Money
from countersign.kernel.refusal import Refusal
from countersign.rails import ids
from countersign.rails.errors import MalformedElement, NotOneTransaction
from countersign.rails.messages import CreditTransfer, ReceivedTransfer
from countersign.rails.pacs008 import read_credit_transfer, write_credit_transfer

pytestmark = pytest.mark.fast

SCHEMA = etree.XMLSchema(etree.parse(find_schema("pacs.008.001.08", schema_dir=None)))
FULL = a_transfer(
    instruction_id="I-1",
    end_to_end_id="E2E-1",
    uetr="e5f6a7b8-c9d0-4234-ab12-345678901234",
    service_level="SEPA own",
    local_instrument="INST",
    instruction_priority="HIGH",
    category_purpose="SALA",
    purpose_code="my purpose",
    charge_bearer="SHAR",
    initiating_party="Ines",
    debtor_name="Ada & <Co>",
    debtor_agent="DEUTDEFF",
    debtor_address="1 High Street\nLondon",
    debtor_identification=f"OrgId/LEI {LEI}\nOrgId/Othr/Id 7\nOrgId/Othr/Id 8",
    ultimate_debtor="Uda",
    creditor_agent="USABA:021000021",
    intermediary_agents="COBADEFF\nBNPAFRPP",
    creditor_account=OtherAccount(identification="123 45", scheme="X1"),
    creditor_address="2 Low Street",
    creditor_identification="PrvtId/Othr/Id 9\nPrvtId/Othr/SchmeNm/Cd CUST\nPrvtId/Othr/Issr me",
    ultimate_creditor="Ulf",
    remittance_information="Invoice 1\nInvoice 2",
)


def _written(transfer: CreditTransfer) -> bytes:
    return write_credit_transfer(transfer, attempt=1, created_ms=CREATED_MS)


def _texts(raw: bytes) -> dict[str, list[str]]:
    """Every text by its path below the document, as anybody else would read it."""
    found: dict[str, list[str]] = {}
    for leaf in etree.fromstring(raw).iter():
        if len(leaf) == 0:
            steps = [leaf, *leaf.iterancestors()]
            path = "/".join(etree.QName(step).localname for step in reversed(steps[:-2]))
            found.setdefault(path, []).append(leaf.text or "")
    return found


@settings(max_examples=150, deadline=None)
@given(credit_transfers())
def test_whatever_an_order_says_makes_a_valid_message(transfer: CreditTransfer) -> None:
    raw = _written(transfer)
    SCHEMA.assertValid(etree.fromstring(raw))
    assert _written(transfer) == raw
    received = read_credit_transfer(raw, schema_dir=None)
    assert received.message_id == ids.message_id(transfer.digest, 1)
    assert received.transaction_id == ids.transaction_id(transfer.digest)
    assert received.uetr == (transfer.uetr or ids.uetr_of(transfer.digest))
    assert received.amount == transfer.amount


def test_everything_that_an_order_says_is_in_its_element() -> None:
    raw = _written(FULL)
    SCHEMA.assertValid(etree.fromstring(raw))
    body = "CdtTrfTxInf"
    assert _texts(raw) == {
        "GrpHdr/MsgId": [ids.message_id(FULL.digest, 1)],
        "GrpHdr/CreDtTm": ["2027-03-30T09:00:00.123+00:00"],
        "GrpHdr/NbOfTxs": ["1"],
        "GrpHdr/SttlmInf/SttlmMtd": ["CLRG"],
        f"{body}/PmtId/InstrId": ["I-1"],
        f"{body}/PmtId/EndToEndId": ["E2E-1"],
        f"{body}/PmtId/TxId": [ids.transaction_id(FULL.digest)],
        f"{body}/PmtId/UETR": ["e5f6a7b8-c9d0-4234-ab12-345678901234"],
        f"{body}/PmtTpInf/InstrPrty": ["HIGH"],
        f"{body}/PmtTpInf/LclInstrm/Cd": ["INST"],
        f"{body}/PmtTpInf/SvcLvl/Cd": ["SEPA"],
        f"{body}/PmtTpInf/SvcLvl/Prtry": ["own"],
        f"{body}/PmtTpInf/CtgyPurp/Cd": ["SALA"],
        f"{body}/IntrBkSttlmAmt": ["1250.00"],
        f"{body}/IntrBkSttlmDt": ["2027-03-31"],
        f"{body}/ChrgBr": ["SHAR"],
        f"{body}/IntrmyAgt1/FinInstnId/BICFI": ["COBADEFF"],
        f"{body}/IntrmyAgt2/FinInstnId/BICFI": ["BNPAFRPP"],
        f"{body}/UltmtDbtr/Nm": ["Uda"],
        f"{body}/InitgPty/Nm": ["Ines"],
        f"{body}/Dbtr/Nm": ["Ada & <Co>"],
        f"{body}/Dbtr/PstlAdr/AdrLine": ["1 High Street", "London"],
        f"{body}/Dbtr/Id/OrgId/LEI": [LEI],
        f"{body}/Dbtr/Id/OrgId/Othr/Id": ["7", "8"],
        f"{body}/DbtrAcct/Id/IBAN": ["DE89370400440532013000"],
        f"{body}/DbtrAgt/FinInstnId/BICFI": ["DEUTDEFF"],
        f"{body}/CdtrAgt/FinInstnId/ClrSysMmbId/ClrSysId/Cd": ["USABA"],
        f"{body}/CdtrAgt/FinInstnId/ClrSysMmbId/MmbId": ["021000021"],
        f"{body}/Cdtr/Nm": ["Anna Okafor"],
        f"{body}/Cdtr/PstlAdr/AdrLine": ["2 Low Street"],
        f"{body}/Cdtr/Id/PrvtId/Othr/Id": ["9"],
        f"{body}/Cdtr/Id/PrvtId/Othr/SchmeNm/Cd": ["CUST"],
        f"{body}/Cdtr/Id/PrvtId/Othr/Issr": ["me"],
        f"{body}/CdtrAcct/Id/Othr/Id": ["123 45"],
        f"{body}/CdtrAcct/Id/Othr/SchmeNm/Prtry": ["X1"],
        f"{body}/UltmtCdtr/Nm": ["Ulf"],
        f"{body}/Purp/Prtry": ["my purpose"],
        f"{body}/RmtInf/Ustrd": ["Invoice 1", "Invoice 2"],
    }


def test_what_an_order_does_not_say_is_said_in_the_standards_words() -> None:
    found = _texts(_written(a_transfer()))
    assert found["CdtTrfTxInf/PmtId/EndToEndId"] == ["NOTPROVIDED"]
    assert found["CdtTrfTxInf/DbtrAgt/FinInstnId/Othr/Id"] == ["NOTPROVIDED"]
    assert found["CdtTrfTxInf/ChrgBr"] == ["SLEV"]
    assert found["CdtTrfTxInf/PmtId/UETR"] == [ids.uetr_of(a_transfer().digest)]
    assert "CdtTrfTxInf/PmtId/InstrId" not in found


@pytest.mark.parametrize(
    ("currency", "text"), [("EUR", "0.05"), ("JPY", "5"), ("KWD", "0.005"), ("CLF", "0.0005")]
)
def test_amounts_have_the_decimals_of_their_currency(currency: str, text: str) -> None:
    raw = _written(a_transfer(amount=Money(minor_units=5, currency=currency)))
    SCHEMA.assertValid(etree.fromstring(raw))
    assert _texts(raw)["CdtTrfTxInf/IntrBkSttlmAmt"] == [text]
    assert f'Ccy="{currency}"'.encode() in raw


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount": Money(minor_units=0, currency="EUR")}, "money.out_of_range"),
        ({"amount": Money(minor_units=-1, currency="EUR")}, "money.out_of_range"),
        ({"uetr": "E5F6A7B8-C9D0-4234-AB12-345678901234"}, "rails.malformed_uetr"),
        ({"uetr": ""}, "rails.malformed_uetr"),
        ({"settlement_date": "2027-02-30"}, "rails.malformed_settlement_date"),
        ({"settlement_date": "tomorrow"}, "rails.malformed_settlement_date"),
        ({"charge_bearer": "OURS"}, "rails.unknown_charge_bearer"),
        ({"instruction_priority": "LOW"}, "rails.unknown_priority"),
        ({"intermediary_agents": "A:1\nA:2\nA:3\nA:4"}, "rails.too_many_intermediaries"),
        ({"intermediary_agents": "Bank of Ruritania"}, "agent.malformed"),
        ({"debtor_identification": "LEI 1"}, "identification.malformed"),
        ({"creditor_name": " \n"}, "rails.blank_creditor_name"),
        ({"creditor_name": "x" * 141}, "rails.text_too_long"),
        ({"end_to_end_id": "x" * 36}, "rails.text_too_long"),
        ({"purpose_code": "x" * 36}, "rails.text_too_long"),
        ({"creditor_agent": "Bank of Ruritania"}, "agent.malformed"),
    ],
)
def test_what_no_rail_could_carry_is_refused_by_name(change: dict[str, Any], code: str) -> None:
    with pytest.raises(Refusal) as refused:
        _written(a_transfer(**change))
    assert refused.value.code == code
    assert "Ruritania" not in str(refused.value)


def _changed(old: str, new: str, transfer: CreditTransfer = FULL) -> bytes:
    raw = _written(transfer).decode()
    assert raw.count(old) == 1, old
    return raw.replace(old, new).encode()


def test_a_rail_reads_what_was_written() -> None:
    assert read_credit_transfer(_written(FULL), schema_dir=None) == ReceivedTransfer(
        message_id=ids.message_id(FULL.digest, 1),
        end_to_end_id="E2E-1",
        transaction_id=ids.transaction_id(FULL.digest),
        uetr="e5f6a7b8-c9d0-4234-ab12-345678901234",
        amount=FULL.amount,
    )


@pytest.mark.parametrize(
    ("text", "minor_units"),
    [("+1250.00", 125_000), ("01250", 125_000), (".5", 50), ("7.", 700), ("7.0000", 700)],
)
def test_a_rail_reads_every_spelling_of_an_amount(text: str, minor_units: int) -> None:
    received = read_credit_transfer(_changed("1250.00", text), schema_dir=None)
    assert received.amount.minor_units == minor_units
    assert Decimal(text) * 100 == minor_units


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("1250.00", "0.00", "money.out_of_range"),
        ("1250.00", "1.005", "money.too_many_decimals"),
        ("1250.00", "99999999999999.99", "money.out_of_range"),
        ('Ccy="EUR"', 'Ccy="XAU"', "money.unknown_currency"),
        ("<NbOfTxs>1<", "<NbOfTxs>2<", "rails.malformed_element"),
        ("1250.00", "-1250.00", "iso20022.invalid"),
        ("1250.00", "1e3", "iso20022.invalid"),
        ("E2E-1", "x" * 36, "iso20022.invalid"),
        ("E2E-1", "a\u202eb", "rails.malformed_element"),
        ("</CdtTrfTxInf>", "</CdtTrfTxInf><x/>", "iso20022.invalid"),
    ],
)
def test_a_rail_refuses_what_is_not_one_transfer(old: str, new: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_credit_transfer(_changed(old, new), schema_dir=None)
    assert refused.value.code == code


def test_two_transactions_are_refused_and_none_is_taken() -> None:
    raw = _written(FULL).decode()
    start, end = raw.index("<CdtTrfTxInf>"), raw.index("</FIToFICstmrCdtTrf>")
    twice = raw[:end] + raw[start:end] + raw[end:]
    with pytest.raises(NotOneTransaction) as refused:
        read_credit_transfer(twice.encode(), schema_dir=None)
    assert refused.value.details == {"count": 2}
    with pytest.raises(MalformedElement):
        read_credit_transfer(twice.replace("<NbOfTxs>1", "<NbOfTxs>2").encode(), schema_dir=None)


@pytest.mark.parametrize(
    ("raw", "refusal"),
    [
        (b"", Empty),
        (b"garbage", NotXml),
        (b"<a>", NotXml),
        (b"<a/>", UnsupportedMessage),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', Doctype),
        (b"<a>" + b" " * 2**20 + b"</a>", TooLarge),
        (_changed("pacs.008.001.08", "pacs.008.001.99"), UnsupportedMessage),
        (_changed("pacs.008.001.08", "pacs.002.001.10"), UnsupportedMessage),
        (_changed("urn:iso:std:iso:20022:tech:xsd:", "urn:other:"), UnsupportedMessage),
        (b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08"/>', InvalidMessage),
    ],
)
def test_what_is_no_such_message_is_refused(raw: bytes, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        read_credit_transfer(raw, schema_dir=None)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("0001-01-01", "0001-01-01"),
        ("9999-12-31", "9999-12-31"),
        ("20270331", "2027-03-31"),
        ("2027-W13-3", "2027-03-31"),
    ],
)
def test_a_settlement_date_may_be_any_day_in_any_spelling(text: str, written: str) -> None:
    raw = _written(a_transfer(settlement_date=text))
    SCHEMA.assertValid(etree.fromstring(raw))
    assert _texts(raw)["CdtTrfTxInf/IntrBkSttlmDt"] == [written]


def test_an_unusable_schema_is_told_and_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "pacs.008.001.08.xsd").write_text(
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" '
        'targetNamespace="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08"/>'
    )
    with pytest.raises(Refusal) as refused:
        read_credit_transfer(_written(FULL), schema_dir=tmp_path)
    assert refused.value.code == "iso20022.no_schema"
