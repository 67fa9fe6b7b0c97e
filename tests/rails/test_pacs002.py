"""What a rail says: read in the layouts that rails use, refused when it is not clear."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from tests.support.rails import CREATED_MS, maybe
from tests.support.shared import shared_data

from countersign.gate import commands
from countersign.kernel.refusal import Refusal
from countersign.rails.messages import RailStatusReport, Verdict, verdict_of
from countersign.rails.pacs002 import read_status, write_status
from countersign.rails.reading import REASONS_MAX, TEXT_LENGTH_MAX

pytestmark = pytest.mark.fast

UETR = "e5f6a7b8-c9d0-4234-ab12-345678901234"
REPORT = RailStatusReport(
    message_id="R-1",
    original_message_id="M-1",
    status="RJCT",
    transaction_id="T-1",
    uetr=UETR,
    end_to_end_id="E2E-1",
    reason_codes=("AC04", "MS03"),
    proprietary_reason="E433",
    text="Closed.\nAsk the creditor.",
)
VERSIONS = pytest.mark.parametrize("version", ["pacs.002.001.10", "pacs.002.001.12"])
IDS = st.from_regex(r"[!-~]{1,35}", fullmatch=True)
CODES = st.from_regex(r"[A-Z0-9]{4}", fullmatch=True)


def _raw(report: RailStatusReport = REPORT, version: str = "pacs.002.001.10") -> bytes:
    raw = write_status(report, created_ms=CREATED_MS)
    return raw.replace(b"pacs.002.001.10", version.encode())


def _changed(old: str, new: str, report: RailStatusReport = REPORT) -> bytes:
    raw = _raw(report).decode()
    assert raw.count(old) == 1, old
    return raw.replace(old, new).encode()


def _layout(group: str, transaction: str) -> bytes:
    """A report in the layout of another rail."""
    return (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.002.001.10"><FIToFIPmtStsRpt><GrpHdr>'
        "<MsgId>R-1</MsgId><CreDtTm>2027-03-30T09:00:00Z</CreDtTm></GrpHdr>"
        f"{group}{transaction}</FIToFIPmtStsRpt></Document>"
    ).encode()


def _group(inside: str = "", name: str = "pacs.008.001.08") -> str:
    return (
        f"<OrgnlGrpInfAndSts><OrgnlMsgId>M-1</OrgnlMsgId><OrgnlMsgNmId>{name}</OrgnlMsgNmId>"
        f"{inside}</OrgnlGrpInfAndSts>"
    )


@VERSIONS
def test_what_is_written_is_valid_and_read_back(version: str) -> None:
    schemas = shared_data("iso20022/xsd")
    raw = _raw(version=version)
    etree.XMLSchema(etree.parse(schemas / f"{version}.xsd")).assertValid(etree.fromstring(raw))
    assert read_status(raw, schema_dir=schemas) == REPORT
    assert read_status(raw, schema_dir=None) == REPORT  # No official schema is installed for it.


@settings(max_examples=80, deadline=None)
@given(
    st.builds(
        RailStatusReport,
        message_id=IDS,
        original_message_id=IDS,
        status=CODES,
        transaction_id=maybe(IDS),
        uetr=maybe(st.uuids(version=4).map(str)),
        end_to_end_id=maybe(IDS),
        reason_codes=st.lists(CODES, max_size=REASONS_MAX).map(tuple),
        proprietary_reason=maybe(IDS),
    )
)
def test_any_report_is_valid_and_read_back(report: RailStatusReport) -> None:
    schemas = shared_data("iso20022/xsd")
    raw = _raw(report)
    etree.XMLSchema(etree.parse(schemas / "pacs.002.001.10.xsd")).assertValid(etree.fromstring(raw))
    assert read_status(raw, schema_dir=schemas) == report
    assert _raw(report) == raw


def test_a_status_of_the_group_alone_is_that_of_its_one_transaction() -> None:
    rejected = "<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf>"
    report = read_status(_layout(_group(rejected), ""), schema_dir=None)
    assert (report.status, report.reason_code, report.transaction_id) == ("RJCT", "AC04", None)


def test_the_message_may_be_named_by_the_group_and_the_status_by_the_transaction() -> None:
    transaction = "<TxInfAndSts><OrgnlTxId>T-1</OrgnlTxId><TxSts>ACSC</TxSts></TxInfAndSts>"
    report = read_status(_layout(_group(), transaction), schema_dir=None)
    assert (report.original_message_id, report.transaction_id) == ("M-1", "T-1")
    assert verdict_of(report) is Verdict.SETTLED


def test_a_refused_status_request_is_no_rejection_of_the_transfer() -> None:
    raw = _layout(_group("<GrpSts>RJCT</GrpSts>", name="pacs.028.001.03"), "")
    with pytest.raises(Refusal) as refused:
        read_status(raw, schema_dir=None)
    assert refused.value.code == "rails.about_another_message"


def _two(name: str) -> tuple[str, str]:
    return f"<{name}>", f"<{name}>X</{name}><{name}>"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("<TxSts>RJCT</TxSts>", "", "rails.missing_element"),
        ("<TxSts>RJCT</TxSts>", "<TxSts></TxSts>", "rails.malformed_element"),
        ("<TxSts>RJCT</TxSts>", "<TxSts>RJCTX</TxSts>", "rails.malformed_element"),
        ("<TxSts>RJCT</TxSts>", "<TxSts>R T</TxSts>", "rails.malformed_element"),
        ("<TxSts>RJCT</TxSts>", "<TxSts>ACSC<x/></TxSts>", "rails.malformed_element"),
        ("<OrgnlMsgId>M-1</OrgnlMsgId>", "", "rails.missing_element"),
        ("<MsgId>R-1</MsgId>", "", "rails.missing_element"),
        ("pacs.008.001.08", "pacs.0080", "rails.about_another_message"),
        ("pacs.008.001.08", "pacs.009.001.08", "rails.about_another_message"),
        (UETR, UETR.upper(), "rails.malformed_element"),
        (UETR, "none", "rails.malformed_element"),
        ("T-1", "T" * 36, "rails.malformed_element"),
        ("T-1", "T\n1", "rails.malformed_element"),
        (*_two("TxSts"), "rails.malformed_element"),
        (*_two("OrgnlTxId"), "rails.malformed_element"),
        (*_two("OrgnlUETR"), "rails.malformed_element"),
        (*_two("OrgnlMsgId"), "rails.malformed_element"),
        ("</TxInfAndSts>", "</TxInfAndSts><TxInfAndSts/>", "rails.not_one_transaction"),
        ("<TxInfAndSts>", _group("<GrpSts>ACSC</GrpSts>") + "<TxInfAndSts>", "contradictory"),
        (
            "<TxInfAndSts>",
            _group().replace("M-1", "M-2") + "<TxInfAndSts>",
            "rails.malformed_element",
        ),
        ("<TxInfAndSts>", _group() + _group() + "<TxInfAndSts>", "rails.malformed_element"),
        ("</FIToFIPmtStsRpt>", "</FIToFIPmtStsRpt><FIToFIPmtStsRpt/>", "iso20022.invalid"),
        ("<?xml version='1.0' encoding='UTF-8'?>", "<!DOCTYPE a>", "iso20022.doctype"),
    ],
)
def test_without_a_schema_what_is_not_clear_is_refused(old: str, new: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_status(_changed(old, new), schema_dir=None)
    assert code in refused.value.code


@pytest.mark.parametrize("layout", [("", ""), (_group(), "")])
def test_a_report_about_nothing_is_refused(layout: tuple[str, str]) -> None:
    with pytest.raises(Refusal):
        read_status(_layout(*layout), schema_dir=None)


def test_more_reasons_than_are_kept_are_refused_because_a_verdict_needs_them_all() -> None:
    many = msgspec.structs.replace(REPORT, reason_codes=("AC04",) * REASONS_MAX)
    assert read_status(_raw(many), schema_dir=None).reason_codes == many.reason_codes
    reason = "<StsRsnInf><Rsn><Cd>DUPL</Cd></Rsn></StsRsnInf></TxInfAndSts>"
    with pytest.raises(Refusal) as refused:
        read_status(_changed("</TxInfAndSts>", reason, many), schema_dir=None)
    assert refused.value.code == "rails.malformed_element"


@pytest.mark.parametrize("code", ["A-01", "ac04", "é", "A B", "&amp;"])
def test_a_reason_that_can_be_no_listed_code_is_told_in_words(code: str) -> None:
    """The schema lets any four characters pass; the gate must be able to book what it is given."""
    report = read_status(_changed("AC04", code), schema_dir=None)
    assert report.reason_codes == ("NARR", "MS03")
    assert report.text is not None
    assert report.text.startswith(code.replace("&amp;", "&"))
    assert msgspec.convert(report.reason_code, commands.Code) == "NARR"


def test_text_is_bounded_and_steers_no_terminal() -> None:
    line = "<AddtlInf>" + "x" * 105 + "</AddtlInf>"
    long = read_status(_changed("<AddtlInf>Closed.", line * 50 + "<AddtlInf>."), schema_dir=None)
    assert long.text is not None
    assert len(long.text) == TEXT_LENGTH_MAX
    odd = read_status(_changed("Closed.", "a\u202eb\x85c"), schema_dir=None)
    assert odd.text == "a b c\nAsk the creditor."


def test_a_business_header_must_announce_the_message(tmp_path: Path) -> None:
    document = _raw().decode().partition("?>")[2]
    header = "<AppHdr><MsgDefIdr>{}</MsgDefIdr></AppHdr>"
    envelope = "<RequestPayload>{}{}</RequestPayload>"
    right = envelope.format(header.format("pacs.002.001.10"), document)
    assert read_status(right.encode(), schema_dir=None) == REPORT
    wrong = envelope.format(header.format("pacs.004.001.10"), document)
    with pytest.raises(Refusal) as refused:
        read_status(wrong.encode(), schema_dir=None)
    assert refused.value.code == "rails.header_mismatch"


@given(st.binary(max_size=300), st.integers(min_value=0, max_value=1200))
def test_no_bytes_do_more_than_be_refused(bytes_: bytes, at: int) -> None:
    raw = _raw()
    for broken in (bytes_, raw[:at], raw[:at] + bytes_ + raw[at:], raw[:at] + raw[at + 1 :]):
        try:
            report = read_status(broken, schema_dir=None)
        except Refusal:
            continue
        assert len(report.status) <= 4


def test_a_report_about_no_transaction_is_refused_as_such() -> None:
    with pytest.raises(Refusal) as refused:
        read_status(_layout("", ""), schema_dir=None)
    assert refused.value.code == "rails.not_one_transaction"
    assert refused.value.details == {"count": 0}


def test_group_and_transaction_may_say_the_same() -> None:
    transaction = "<TxInfAndSts><OrgnlTxId>T-1</OrgnlTxId><TxSts>ACSC</TxSts></TxInfAndSts>"
    report = read_status(_layout(_group("<GrpSts>ACSC</GrpSts>"), transaction), schema_dir=None)
    assert verdict_of(report) is Verdict.SETTLED


def test_a_transfer_may_be_named_without_its_version() -> None:
    transaction = "<TxInfAndSts><OrgnlTxId>T-1</OrgnlTxId><TxSts>ACSC</TxSts></TxInfAndSts>"
    report = read_status(_layout(_group(name="pacs.008"), transaction), schema_dir=None)
    assert report.original_message_id == "M-1"
