"""What came back: read in the layouts that rails use, refused when it is not clear."""

from collections import Counter

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from tests.rails.test_samples import _samples
from tests.support.rails import CREATED_MS, amounts, maybe
from tests.support.shared import shared_data

from countersign.infra.iso20022.schemas import NAMESPACE_PREFIX
from countersign.kernel.money import Money
from countersign.kernel.refusal import Refusal
from countersign.rails.messages import PaymentReturn
from countersign.rails.model import meaning_of
from countersign.rails.pacs004 import read_receipt, read_return, write_receipt, write_return
from countersign.rails.versions import PAYMENT_RETURNS

pytestmark = pytest.mark.fast

UETR = "e5f6a7b8-c9d0-4234-ab12-345678901234"
RETURN = PaymentReturn(
    message_id="M-2",
    return_id="RTR-1",
    original_message_id="M-1",
    transaction_id="T-1",
    uetr=UETR,
    end_to_end_id="E2E-1",
    amount=Money(minor_units=4_990, currency="EUR"),
    original_amount=Money(minor_units=5_000, currency="EUR"),
    reason_code="AC04",
)
WRITTEN = "pacs.004.001.09"
IDS = st.from_regex(r"[!-~]{1,35}", fullmatch=True)


def _raw(returned: PaymentReturn = RETURN, version: str = WRITTEN) -> bytes:
    raw = write_return(returned, created_ms=CREATED_MS)
    return raw.replace(WRITTEN.encode(), version.encode())


def _changed(old: str, new: str) -> bytes:
    raw = _raw().decode()
    assert raw.count(old) == 1, old
    return raw.replace(old, new).encode()


@pytest.mark.parametrize("version", sorted(PAYMENT_RETURNS))
def test_what_is_written_is_valid_and_read_back(version: str) -> None:
    schemas = shared_data("iso20022/xsd")
    raw = _raw(version=version)
    wanted = msgspec.structs.replace(RETURN, version=version)
    assert read_return(raw, schema_dir=None) == wanted
    file = schemas / f"{version}.xsd"
    if version == "pacs.004.001.12":
        assert not file.exists()  # Read without the schema, which is not at hand.
        return
    etree.XMLSchema(etree.parse(file)).assertValid(etree.fromstring(raw))
    assert read_return(raw, schema_dir=schemas) == wanted


@settings(max_examples=60, deadline=None)
@given(
    st.builds(
        PaymentReturn,
        message_id=IDS,
        return_id=IDS,
        original_message_id=maybe(IDS),
        transaction_id=maybe(IDS),
        uetr=maybe(st.uuids(version=4).map(str)),
        end_to_end_id=maybe(IDS),
        amount=amounts(),
        original_amount=maybe(amounts()),
        reason_code=st.from_regex(r"[A-Z0-9]{4}", fullmatch=True),
    )
)
def test_any_return_and_its_receipt_are_valid_and_read_back(returned: PaymentReturn) -> None:
    schemas = shared_data("iso20022/xsd")
    raw = _raw(returned)
    etree.XMLSchema(etree.parse(schemas / f"{WRITTEN}.xsd")).assertValid(etree.fromstring(raw))
    assert read_return(raw, schema_dir=schemas) == returned
    receipt = write_receipt(returned, content_hash=b"\x05" * 32, created_ms=CREATED_MS)
    schema = etree.XMLSchema(etree.parse(schemas / "pacs.002.001.10.xsd"))
    schema.assertValid(etree.fromstring(receipt))
    assert read_receipt(receipt, schema_dir=schemas) == returned.return_id


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("<NbOfTxs>1</NbOfTxs>", "<NbOfTxs>2</NbOfTxs>", "rails.malformed_element"),
        ("<NbOfTxs>1</NbOfTxs>", "", "rails.missing_element"),
        ("</TxInf>", "</TxInf><TxInf/>", "rails.not_one_transaction"),
        ("pacs.008.001.08", "pacs.009.001.08", "rails.about_another_message"),
        ("<OrgnlTxId>", "<OrgnlTxId>T-2</OrgnlTxId><OrgnlTxId>", "rails.malformed_element"),
        (
            '<RtrdIntrBkSttlmAmt Ccy="EUR">49.90',
            '<RtrdIntrBkSttlmAmt Ccy="EUR">-49.90',
            "rails.malformed_element",
        ),
        (
            '<RtrdIntrBkSttlmAmt Ccy="EUR">49.90',
            '<RtrdIntrBkSttlmAmt Ccy="EUR">49.901',
            "money.too_many_decimals",
        ),
        ("RTR-1", "RTR\u200b1", "rails.malformed_element"),
        (UETR, UETR.upper(), "rails.malformed_element"),
        ("<?xml version='1.0' encoding='UTF-8'?>", "<!DOCTYPE a>", "iso20022.doctype"),
    ],
)
def test_what_is_not_clear_is_refused(old: str, new: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_return(_changed(old, new), schema_dir=None)
    assert refused.value.code == code


def test_a_return_without_an_id_goes_by_its_message_and_without_a_code_is_narrative() -> None:
    raw = _changed("<RtrId>RTR-1</RtrId>", "")
    assert read_return(raw, schema_dir=None).return_id == "M-2"
    raw = _changed("<Cd>AC04</Cd>", "<Prtry>own</Prtry>")
    assert read_return(raw, schema_dir=None).reason_code == "NARR"


def test_a_receipt_is_of_a_return_and_of_nothing_else() -> None:
    receipt = write_receipt(RETURN, content_hash=b"\x05" * 32, created_ms=CREATED_MS)
    for old, new in ((b"pacs.004.001.09", b"pacs.008.001.08"), (b"RCVD", b"RJCT")):
        with pytest.raises(Refusal) as refused:
            read_receipt(receipt.replace(old, new), schema_dir=None)
        assert refused.value.code == "rails.about_another_message"


def test_two_messages_that_say_the_same_mean_the_same() -> None:
    same = msgspec.structs.replace(RETURN, message_id="M-9", version="pacs.004.001.13")
    assert meaning_of(same) == meaning_of(RETURN)
    others = [
        msgspec.structs.replace(RETURN, **changes)
        for changes in (
            {"return_id": "RTR-2"},
            {"transaction_id": "T-2"},
            {"uetr": None},
            {"amount": Money(minor_units=4_991, currency="EUR")},
            {"amount": Money(minor_units=4_990, currency="USD")},
            {"reason_code": "AC06"},
        )
    ]
    assert len({meaning_of(one) for one in (RETURN, *others)}) == len(others) + 1


def test_returns_of_other_rails_are_read_with_their_schema_and_without() -> None:
    schemas = shared_data("iso20022/xsd")
    # Two have remittance information before the account of the creditor; the standard does not.
    for schema_dir, invalid in ((None, {}), (schemas, {"iso20022.invalid": 2})):
        found: Counter[str] = Counter()
        for file in _samples("pacs.004"):
            try:
                returned = read_return(file.read_bytes(), schema_dir=schema_dir)
                assert returned.amount.minor_units > 0
                assert returned.uetr or returned.transaction_id
                found["read"] += 1
            except Refusal as refusal:
                found[refusal.code] += 1
        assert found == {
            "read": 8 - sum(invalid.values()),
            # Of a pacs.009, which is no transfer of a customer's.
            "rails.about_another_message": 2,
            # In envelopes of somebody's own.
            "iso20022.unknown_envelope": 2,
            **invalid,
        }, schema_dir


def test_only_documents_of_its_namespace_are_returns() -> None:
    raw = _raw(version="pacs.004.001.08")
    assert NAMESPACE_PREFIX.encode() in raw
    with pytest.raises(Refusal) as refused:
        read_return(raw, schema_dir=None)
    assert refused.value.code == "iso20022.unsupported_message"
