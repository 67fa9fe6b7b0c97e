"""Status reports: valid against the official schema, and saying what they were given."""

import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree
from tests.support.pain001 import PAIN_VERSIONS, Block, Message, Payment, a_message
from tests.support.shared import shared_data

from countersign.channels.credit_transfers import check_message, read_header, read_instructions
from countersign.channels.model import (
    Header,
    Instruction,
    PaymentResult,
    PaymentStatus,
    Rejected,
    ReportHead,
)
from countersign.channels.status_reports import (
    group_status,
    result_of,
    write_rejection,
    write_status_report,
)
from countersign.infra.iso20022.schemas import find_schema
from countersign.kernel.invariant import InvariantBroken
from countersign.kernel.refusal import Refusal

pytestmark = pytest.mark.fast

EACH = pytest.mark.parametrize("version", PAIN_VERSIONS)
REPORTS = {
    version: "pain.002.001.03"
    if version < "pain.001.001.09"
    else "pain.002.001.10"
    if version < "pain.001.001.12"
    else "pain.002.001.14"
    for version in PAIN_VERSIONS
}
HEAD = ReportHead(message_id="REPORT-1", created_ms=1_806_397_200_123)
UETR = "e5f6a7b8-c9d0-4234-ab12-345678901234"
S = PaymentStatus


def _header(version: str = "pain.001.001.09", count: int = 2) -> Header:
    return Header(
        message_id="MSG-1",
        created="2027-03-30T09:00:00Z",
        number_of_transactions=count,
        control_sum="25.00",
        initiating_party="Ada",
        version=version,
    )


def _result(status: PaymentStatus = S.PENDING, block: str = "BLOCK-1") -> PaymentResult:
    return PaymentResult(
        payment_information_id=block,
        instruction_id="I-1",
        end_to_end_id="E2E-1",
        uetr=UETR,
        status=status,
        reason_code="AC03" if status is S.REJECTED else None,
        text="Told in words." if status is S.REJECTED else None,
    )


def _report(
    results: Iterable[PaymentResult],
    *,
    header: Header | None = None,
    counts: dict[PaymentStatus, int] | None = None,
) -> bytes:
    results = list(results)
    target = io.BytesIO()
    counts = Counter(result.status for result in results) if counts is None else counts
    header = _header(count=sum(counts.values())) if header is None else header
    write_status_report(target, head=HEAD, header=header, counts=counts, results=results)
    return target.getvalue()


def _schema_file(report: str) -> Path:
    if report == "pain.002.001.03":
        return find_schema(report, schema_dir=None)
    return shared_data("iso20022/xsd") / f"{report}.xsd"


def _valid(raw: bytes, version: str) -> "_Report":
    report = REPORTS[version]
    etree.XMLSchema(etree.parse(_schema_file(report))).assertValid(etree.fromstring(raw))
    return _Report(raw)


class _Report:
    """A report, read by local names."""

    def __init__(self, raw: bytes) -> None:
        self.root = etree.fromstring(raw)

    def texts(self, name: str) -> list[str]:
        return [found.text or "" for found in self.root.iterfind(f".//{{*}}{name}")]

    def names(self, name: str) -> list[list[str]]:
        return [
            [etree.QName(child).localname for child in found]
            for found in self.root.iterfind(f".//{{*}}{name}")
        ]


@EACH
def test_a_report_is_valid_and_says_what_it_was_given(version: str) -> None:
    results = [_result(S.IN_PROCESS), _result(S.REJECTED), _result(S.PENDING, "BLOCK-2")]
    raw = _report(results, header=_header(version, count=3))
    report = _valid(raw, version)
    assert (
        etree.QName(report.root).namespace == f"urn:iso:std:iso:20022:tech:xsd:{REPORTS[version]}"
    )
    assert report.texts("MsgId") == ["REPORT-1"]
    assert report.texts("CreDtTm") == ["2027-03-30T09:00:00.123+00:00"]
    assert report.texts("OrgnlMsgId") == ["MSG-1"]
    assert report.texts("OrgnlMsgNmId") == [version]
    assert report.texts("OrgnlCreDtTm") == ["2027-03-30T09:00:00Z"]
    assert report.texts("OrgnlNbOfTxs") == ["3"]
    assert report.texts("OrgnlCtrlSum") == ["25.00"]
    assert report.texts("GrpSts") == ["PART"]
    assert report.texts("DtldSts") == ["ACSP", "RJCT", "PDNG"]
    assert report.texts("DtldNbOfTxs") == ["1", "1", "1"]
    assert report.texts("OrgnlPmtInfId") == ["BLOCK-1", "BLOCK-2"]
    assert report.texts("TxSts") == ["ACSP", "RJCT", "PDNG"]
    assert report.texts("Cd") == ["AC03"]
    assert report.texts("AddtlInf") == ["Told in words."]
    assert report.texts("OrgnlUETR") == ([UETR] * 3 if version >= "pain.001.001.09" else [])


@EACH
@pytest.mark.parametrize("status", list(S))
def test_every_status_is_one_of_the_version(version: str, status: PaymentStatus) -> None:
    report = _valid(_report([_result(status)], header=_header(version, count=1)), version)
    assert report.texts("GrpSts") == [status]


@EACH
def test_a_file_refused_whole_is_reported_as_such(version: str) -> None:
    message = replace(a_message(version=version), count=9)
    with pytest.raises(Refusal) as refused:
        check_message(message.stream(), schema_dir=None)
    header = read_header(message.stream(), schema_dir=None)
    assert header is not None
    target = io.BytesIO()
    write_rejection(target, head=HEAD, header=header, refusal=refused.value)
    report = _valid(target.getvalue(), version)
    assert report.texts("GrpSts") == ["RJCT"]
    assert report.texts("Cd") == ["AM19"]
    assert " ".join(report.texts("AddtlInf")) == refused.value.sentence()
    assert report.names("CstmrPmtStsRpt") == [["GrpHdr", "OrgnlGrpInfAndSts"]]


@EACH
def test_from_a_file_to_its_report(version: str) -> None:
    payments = (Payment(instruction_id="I-1"), Payment(amount="0"), Payment(currency="XAU"))
    message = Message(blocks=(Block(payments=payments), Block(method="CHK")), version=version)
    stream = message.stream()
    checked = check_message(stream, schema_dir=None)
    results = [
        result_of(each) if isinstance(each, Rejected) else _of(each)
        for each in read_instructions(stream, checked, schema_dir=None)
    ]
    report = _valid(_report(results, header=checked.header), version)
    assert report.texts("TxSts") == ["ACTC", "RJCT", "RJCT", "RJCT"]
    assert report.texts("Cd") == ["AM01", "AM11", "AG03"]
    assert any("PmtInf[2]/PmtMtd" in text for text in report.texts("AddtlInf"))
    assert report.texts("OrgnlInstrId") == ["I-1"]
    assert report.texts("OrgnlCtrlSum") == []


def _of(instruction: Instruction) -> PaymentResult:
    return PaymentResult(
        payment_information_id=instruction.payment_information_id,
        instruction_id=instruction.instruction_id,
        end_to_end_id=instruction.end_to_end_id,
        uetr=instruction.uetr,
        status=S.ACCEPTED_TECHNICALLY,
        reason_code=None,
        text=None,
    )


@pytest.mark.parametrize(
    ("counts", "status"),
    [
        ({S.REJECTED: 3}, "RJCT"),
        ({S.PENDING: 3}, "PDNG"),
        ({S.SETTLED: 3, S.REJECTED: 0}, "ACSC"),
        ({S.SETTLED: 1, S.IN_PROCESS: 1}, "ACSP"),
        ({S.IN_PROCESS: 1, S.ACCEPTED_TECHNICALLY: 1}, "ACTC"),
        ({S.SETTLED: 1, S.REJECTED: 1}, "PART"),
        ({S.IN_PROCESS: 1, S.PENDING: 1}, "PART"),
        ({S.REJECTED: 1, S.PENDING: 1}, "PDNG"),
    ],
)
def test_the_group_status_is_true_of_every_payment(
    counts: dict[PaymentStatus, int], status: str
) -> None:
    assert group_status(counts) == status


@EACH
def test_news_of_some_payments_keeps_the_status_of_all(version: str) -> None:
    header = _header(version, count=5)
    report = _valid(
        _report([_result(S.SETTLED)], header=header, counts={S.SETTLED: 1, S.PENDING: 4}), version
    )
    assert report.texts("GrpSts") == ["PART"]
    assert report.texts("DtldNbOfTxs") == ["1", "4"]
    assert report.texts("TxSts") == ["ACSC"]


def test_counts_that_do_not_cover_the_message_are_a_bug() -> None:
    with pytest.raises(InvariantBroken):
        _report([_result()], header=_header(count=2))


def test_results_that_the_counts_do_not_hold_are_a_bug() -> None:
    with pytest.raises(InvariantBroken):
        _report([_result(S.SETTLED)], counts={S.PENDING: 1})
    with pytest.raises(InvariantBroken):
        _report([_result()] * 2, counts={S.PENDING: 1})


@pytest.mark.parametrize(
    "result",
    [
        PaymentResult(
            payment_information_id="B",
            instruction_id=None,
            end_to_end_id=None,
            uetr=None,
            status=S.REJECTED,
            reason_code=reason_code,
            text=None,
        )
        for reason_code in (None, "NARR")
    ],
)
def test_a_rejection_without_a_reason_is_a_bug(result: PaymentResult) -> None:
    with pytest.raises(InvariantBroken):
        _report([result])


@EACH
def test_a_pending_payment_may_have_a_text_alone(version: str) -> None:
    result = PaymentResult(
        payment_information_id="B",
        instruction_id=None,
        end_to_end_id="E",
        uetr=None,
        status=S.PENDING,
        reason_code=None,
        text="Held for a look.",
    )
    report = _valid(_report([result], header=_header(version, count=1)), version)
    assert report.names("StsRsnInf") == [["AddtlInf"]]


@EACH
@pytest.mark.parametrize(
    "text",
    [
        "word " * 80,
        "x" * 400,
        "王" * 200,
        "a\x00b\x0bc\ud800 <&> \ufffe",
        "tab\tand\nline",
    ],
)
def test_any_text_becomes_valid_lines(version: str, text: str) -> None:
    result = PaymentResult(
        payment_information_id="B",
        instruction_id="I",
        end_to_end_id="E",
        uetr=None,
        status=S.REJECTED,
        reason_code="NARR",
        text=text,
    )
    report = _valid(_report([result], header=_header(version, count=1)), version)
    lines = report.texts("AddtlInf")
    assert all(0 < len(line) <= 105 for line in lines)
    assert sum(len(line.replace(" ", "")) for line in lines) == len("".join(text.split()))


def test_blocks_come_as_they_are_given() -> None:
    results = [_result(block=block) for block in ("A", "A", "B", "A")]
    report = _valid(_report(results), "pain.001.001.09")
    assert report.texts("OrgnlPmtInfId") == ["A", "B", "A"]


def test_results_are_written_as_they_come() -> None:
    target = io.BytesIO()
    lengths: list[int] = []

    def results() -> Iterable[PaymentResult]:
        for _ in range(20_000):
            lengths.append(len(target.getvalue()) if len(lengths) % 5_000 == 0 else 0)
            yield _result()

    write_status_report(
        target,
        head=HEAD,
        header=_header(count=20_000),
        counts={S.PENDING: 20_000},
        results=results(),
    )
    seen = [length for length in lengths if length]
    assert seen == sorted(set(seen))
    assert len(seen) >= 3
