"""The question what became of a transaction: valid, of its own id each time, and read by a rail."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from tests.support.rails import CREATED_MS, a_request
from tests.support.shared import shared_data

from countersign.kernel.refusal import Refusal
from countersign.rails.pacs028 import read_status_request, write_status_request

pytestmark = pytest.mark.fast

DIGEST = bytes(range(32))
REQUEST = a_request(DIGEST)
NUMBERS = st.integers(min_value=1, max_value=10**6)


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=32, max_size=32), NUMBERS, NUMBERS)
def test_any_question_is_valid_and_read_back(digest: bytes, attempt: int, number: int) -> None:
    schemas = shared_data("iso20022/xsd")
    request = a_request(digest, attempt=attempt, question=number)
    raw = write_status_request(request, created_ms=CREATED_MS)
    etree.XMLSchema(etree.parse(schemas / "pacs.028.001.03.xsd")).assertValid(etree.fromstring(raw))
    assert read_status_request(raw, schema_dir=schemas) == request
    assert write_status_request(request, created_ms=CREATED_MS) == raw


@pytest.mark.parametrize("version", ["pacs.028.001.03", "pacs.028.001.05"])
def test_each_version_is_read_with_and_without_its_schema(version: str) -> None:
    raw = write_status_request(REQUEST, created_ms=CREATED_MS)
    raw = raw.replace(b"pacs.028.001.03", version.encode())
    assert read_status_request(raw, schema_dir=None) == REQUEST
    assert read_status_request(raw, schema_dir=shared_data("iso20022/xsd")) == REQUEST


def test_a_question_names_the_message_and_both_ids() -> None:
    raw = write_status_request(REQUEST, created_ms=CREATED_MS).decode()
    for text in (
        f"<OrgnlMsgId>{REQUEST.original_message_id}</OrgnlMsgId>",
        "<OrgnlMsgNmId>pacs.008.001.08</OrgnlMsgNmId>",
        f"<OrgnlTxId>{REQUEST.transaction_id}</OrgnlTxId>",
        f"<OrgnlUETR>{REQUEST.uetr}</OrgnlUETR>",
    ):
        assert text in raw


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("</TxInf>", "</TxInf><TxInf/>", "rails.not_one_transaction"),
        ("pacs.008.001.08", "pacs.004.001.09", "rails.about_another_message"),
        (f"<OrgnlUETR>{REQUEST.uetr}</OrgnlUETR>", "<OrgnlUETR>1</OrgnlUETR>", "malformed"),
        ("OrgnlGrpInf>", "Other>", "rails.missing_element"),
    ],
)
def test_a_question_that_is_not_clear_is_refused(old: str, new: str, code: str) -> None:
    raw = write_status_request(REQUEST, created_ms=CREATED_MS).decode()
    assert old in raw
    with pytest.raises(Refusal) as refused:
        read_status_request(raw.replace(old, new).encode(), schema_dir=None)
    assert code in refused.value.code


def test_a_question_without_an_id_is_refused() -> None:
    raw = write_status_request(REQUEST, created_ms=CREATED_MS).decode()
    start, end = raw.index("<OrgnlTxId>"), raw.index("</TxInf>")
    with pytest.raises(Refusal) as refused:
        read_status_request((raw[:start] + raw[end:]).encode(), schema_dir=None)
    assert refused.value.code == "rails.missing_element"


@pytest.mark.parametrize("name", ["OrgnlTxId", "OrgnlUETR"])
def test_one_id_is_enough_to_ask_by(name: str) -> None:
    raw = write_status_request(REQUEST, created_ms=CREATED_MS).decode()
    start, end = raw.index(f"<{name}>"), raw.index(f"</{name}>") + len(f"</{name}>")
    request = read_status_request((raw[:start] + raw[end:]).encode(), schema_dir=None)
    assert [request.transaction_id, request.uetr].count(None) == 1
