"""A CSV file by a mapping: each row ordered or rejected with its line, the file refused whole."""

import csv
import io
from typing import Any

import pytest
from tests.channels.test_mapping import GOOD

from countersign.channels import errors
from countersign.channels.csv_files import CsvFiles
from countersign.channels.csv_rows import LINE_LENGTH_MAX, ROW_LINES_MAX
from countersign.channels.mapping import read_mapping
from countersign.channels.model import (
    Instruction,
    PaymentResult,
    PaymentStatus,
    Rejected,
    ReportHead,
)
from countersign.kernel.account import canonical
from countersign.kernel.money import Money
from countersign.kernel.refusal import Refusal

pytestmark = pytest.mark.fast

HEADER = "Ref;From;To;Payee;Sum;Day;Note"
FROM = "DE89 3704 0044 0532 0130 00"
TO = "FR1420041010050500013M02606"
ROW = f"N1;{FROM};{TO};Ana Ñ;1.250,50;31.03.2027;private"
PLAIN = GOOD.partition("\n[trailer]")[0]
HEAD = ReportHead(message_id="REPORT-1", created_ms=0)


def kind(text: str = PLAIN) -> CsvFiles:
    return CsvFiles(read_mapping(text.encode()))


def read(*rows: str, mapping: str = PLAIN, header: str = HEADER) -> list[Instruction | Rejected]:
    raw = "\r\n".join([header, *rows, ""]).encode("cp1252")
    files, stream = kind(mapping), io.BytesIO(raw)
    return list(files.payments(stream, files.check(stream)))


def refused(raw: bytes, refusal: type[Refusal], mapping: str = PLAIN) -> dict[str, str | int]:
    with pytest.raises(refusal) as found:
        kind(mapping).check(io.BytesIO(raw))
    return found.value.details


def test_every_field_comes_from_its_column_or_constant() -> None:
    (found,) = read(ROW)
    assert isinstance(found, Instruction)
    assert (found.position, found.instruction_id, found.message_id) == (2, "N1", None)
    assert found.amount == Money(minor_units=125_050, currency="EUR")
    assert found.requested_execution_date == "2027-03-31"
    assert canonical(found.debtor_account) == "IBAN:DE89370400440532013000"
    assert canonical(found.creditor_account) == f"IBAN:{TO}"
    assert (found.creditor_name, found.remittance_information) == ("Ana Ñ", None)


def test_any_field_may_be_mapped() -> None:
    mapping = PLAIN.replace('ignore = ["Note"]', "").replace(
        'amount = "Sum"', 'amount = "Sum"\nremittance_information = "Note"'
    )
    mapping += 'charge_bearer = "SHAR"\ndebtor_name = "Ada"\n'
    (found,) = read(
        f'N1;{FROM};BBAN:123;"Ana\r\nB";1,5;31.03.2027;" one\r\n\r\ntwo "', mapping=mapping
    )
    assert isinstance(found, Instruction)
    assert found.remittance_information == "one\ntwo"
    assert (found.creditor_name, found.charge_bearer, found.debtor_name) == ("Ana B", "SHAR", "Ada")
    assert canonical(found.creditor_account) == "OTHR:BBAN:123"


@pytest.mark.parametrize(
    ("text", "minor_units"),
    [("1", 100), ("1,5", 150), ("1.000", 100_000), ("12.345.678,90", 1_234_567_890), ("007", 700)],
)
def test_an_amount_is_read_as_the_mapping_says(text: str, minor_units: int) -> None:
    (found,) = read(ROW.replace("1.250,50", text))
    assert isinstance(found, Instruction)
    assert found.amount.minor_units == minor_units


def test_a_space_between_thousands_may_be_one_that_does_not_break() -> None:
    mapping = PLAIN.replace('thousands = "."', 'thousands = " "')
    for text in ("1 250,50", "1\u00a0250,50"):
        (found,) = read(ROW.replace("1.250,50", text), mapping=mapping)
        assert isinstance(found, Instruction)
        assert found.amount.minor_units == 125_050


BAD_ROWS = [
    (ROW.replace("1.250,50", "1250.50"), "money.malformed_amount AM12 amount"),
    (ROW.replace("1.250,50", "1.25,50"), "money.malformed_amount AM12 amount"),
    (ROW.replace("1.250,50", "-5"), "money.malformed_amount AM12 amount"),
    (ROW.replace("1.250,50", "1e3"), "money.malformed_amount AM12 amount"),
    (ROW.replace("1.250,50", "１"), "money.malformed_amount AM12 amount"),
    (ROW.replace("1.250,50", "9" * 5000), "money.malformed_amount AM12 amount"),
    (ROW.replace("1.250,50", ""), "money.malformed_amount AM12 amount"),
    (ROW.replace("1.250,50", "0"), "money.out_of_range AM02 amount"),
    (ROW.replace("1.250,50", "1,234"), "money.too_many_decimals CH20 amount"),
    (ROW.replace("31.03.2027", "2027-03-31"), "channels.malformed_execution_date DT01"),
    (ROW.replace("31.03.2027", "31.02.2027"), "channels.malformed_execution_date DT01"),
    (ROW.replace(TO, TO[:-1] + "7"), "account.malformed_iban AC03 creditor_account"),
    (ROW.replace(FROM, "DE00"), "account.malformed_iban AC02 debtor_account"),
    (ROW.replace(FROM, ""), "channels.missing_debtor_account AC02 debtor_account"),
    (ROW.replace(TO, ""), "channels.missing_creditor_account AC03 creditor_account"),
    (ROW.replace("Ana Ñ", " "), "channels.missing_creditor_name BE22 creditor_name"),
    (ROW.replace("N1", ""), "channels.missing_instruction_id CH16 instruction_id"),
    (ROW + ";more", "channels.wrong_number_of_cells FF02 row"),
    (ROW.rpartition(";")[0], "channels.wrong_number_of_cells FF02 row"),
]


@pytest.mark.parametrize(("row", "expected"), BAD_ROWS)
def test_a_bad_row_is_rejected_with_its_line_and_the_others_go_on(row: str, expected: str) -> None:
    good = ROW.replace("N1", "N2")
    if "１" in row:
        raw = f"{HEADER}\n{row}\n\n{good}".encode()
        files = kind(PLAIN.replace("cp1252", "utf-8"))
        found, other = files.payments(io.BytesIO(raw), files.check(io.BytesIO(raw)))
    else:
        found, other = read(row, "", good)
    assert isinstance(found, Rejected)
    code, reason, *field = expected.split()
    assert (found.refusal.code, found.reason_code) == (code, reason)
    assert found.element == f"line 2, {field[0] if field else 'requested_execution_date'}"
    assert isinstance(other, Instruction)
    assert other.position == 4


def test_a_row_of_several_lines_is_known_by_its_first() -> None:
    found = read(ROW.replace("private", '"a\r\nb"'), ROW.replace("N1", "N2"), ";;;;;;")
    assert [each.position for each in found] == [2, 4]


def rows(*lines: str) -> bytes:
    return "\n".join([HEADER, *lines]).encode("cp1252")


def test_what_is_wrong_with_all_of_it_refuses_the_file() -> None:
    assert refused(b"", errors.NoPayments) == {}
    assert refused(rows(), errors.NoPayments) == {}
    missing = HEADER.replace("Payee", "Note").replace(";Note", "", 1)
    assert refused(f"{missing}\n".encode(), errors.MissingColumn) == {"column": "Payee", "line": 14}
    twice = HEADER.replace("Note", "Sum")
    assert refused(f"{twice}\n".encode(), errors.RepeatedColumn) == {"first": 5, "second": 7}
    unknown = HEADER.replace("Note", "Fee")
    assert refused(f"{unknown}\n".encode(), errors.UnmappedColumn) == {"number": 7}
    assert refused(rows(ROW, ROW), errors.DuplicateInstructionId) == {"first": 2, "second": 3}
    details = refused(rows(ROW, f'"{ROW}'), errors.MalformedCsv)
    assert details == {"line": 3, "reason": "quotes or line ends"}
    details = refused(rows(ROW, 'N2;"a"b;'), errors.MalformedCsv)
    assert details["line"] == 3
    raw = rows(ROW) + b"\n\x81"
    assert refused(raw, errors.WrongCsvEncoding) == {"encoding": "cp1252", "line": 0}


@pytest.mark.parametrize(
    "tail", [b"x" * (LINE_LENGTH_MAX + 1), b"x" * 10_000_000, b'"' + b"\n" * 2 * ROW_LINES_MAX]
)
def test_what_never_ends_is_refused_before_it_fills_memory(tail: bytes) -> None:
    stream = io.BytesIO(rows(ROW, "") + tail)
    with pytest.raises(errors.MalformedCsv) as found:
        kind().check(stream)
    details = found.value.details
    assert stream.tell() < 3 * LINE_LENGTH_MAX
    assert str(details["reason"]).endswith("without end")
    assert details["line"] == 3


TRAILED = [ROW, ROW.replace("N1", "N2").replace("1.250,50", "0,50")]


@pytest.mark.parametrize(
    ("trailer", "refusal"),
    [
        ("TOTAL;2;;;1.251,00;", None),
        ("TOTAL;3;;;1.251,00;", errors.WrongNumberOfTransactions),
        ("TOTAL;two;;;1.251,00;", errors.WrongNumberOfTransactions),
        ("TOTAL;2;;;1.251,01;", errors.WrongControlSum),
        ("TOTAL;2;;;;", errors.WrongControlSum),
        ("TOTAL;2", errors.MissingTrailer),
        ("", errors.MissingTrailer),
        (f"TOTAL;2;;;1.251,00;\n{ROW}", errors.MissingTrailer),
    ],
)
def test_count_and_sum_of_the_last_row_are_held_against_the_others(
    trailer: str, refusal: type[Refusal] | None
) -> None:
    raw = rows(*TRAILED, trailer)
    if refusal is not None:
        refused(raw, refusal, GOOD)
    else:
        files, stream = kind(GOOD), io.BytesIO(raw)
        assert len(list(files.payments(stream, files.check(stream)))) == 2


def test_a_payment_is_known_by_its_reference_or_by_its_place_in_these_bytes() -> None:
    by_reference, by_content = kind(), kind(PLAIN.replace('"instruction_id"\n', '"content"\n', 1))
    keys: dict[str, list[tuple[str, str | None]]] = {"reference": [], "content": []}
    for name, files in (("reference", by_reference), ("content", by_content)):
        for raw in (rows(ROW), rows(ROW), rows(ROW) + b"\n\n"):
            stream = io.BytesIO(raw)
            checked = files.check(stream)
            (payment,) = files.payments(stream, checked)
            keys[name].append((files.key_text(checked.header, payment), payment.message_id))
    assert len(set(keys["reference"])) == 1
    assert keys["reference"][0][1] is None
    assert keys["content"][0] == keys["content"][1] != keys["content"][2]


def test_a_rejected_row_may_come_again_corrected_under_its_reference() -> None:
    files = kind()
    wrong, right = rows(ROW.replace(TO, "")), rows(ROW)
    first, second = (
        files.key_text(checked.header, next(files.payments(io.BytesIO(raw), checked)))
        for raw in (wrong, right)
        for checked in [files.check(io.BytesIO(raw))]
    )
    assert first != second


def test_a_file_that_changes_after_its_check_is_refused() -> None:
    files = kind()
    checked = files.check(io.BytesIO(rows(ROW)))
    with pytest.raises(errors.MessageChanged):
        list(files.payments(io.BytesIO(rows(ROW) + b"\n"), checked))


def result(**fields: Any) -> PaymentResult:
    plain: dict[str, Any] = {
        "position": 2,
        "payment_information_id": None,
        "instruction_id": "N1",
        "end_to_end_id": None,
        "uetr": None,
        "status": PaymentStatus.IN_PROCESS,
        "reason_code": None,
        "text": None,
    }
    return PaymentResult(**(plain | fields))


def test_the_answer_is_a_csv_in_which_nothing_is_a_formula() -> None:
    files, target = kind(), io.BytesIO()
    checked = files.check(io.BytesIO(rows(ROW)))
    ids = ['=HYPERLINK("x")', "+1", "-1", "@a", "\t=1", "  =1", "plain", "＝1"]
    results = [result(instruction_id=each) for each in ids]
    rejected = result(
        position=9, status=PaymentStatus.REJECTED, reason_code="AM12", text='a;"b"\nc'
    )
    counts = {PaymentStatus.IN_PROCESS: len(ids), PaymentStatus.REJECTED: 1}
    files.write_report(
        target, head=HEAD, header=checked.header, counts=counts, results=[*results, rejected]
    )
    table = list(csv.reader(io.StringIO(target.getvalue().decode(), newline=""), delimiter=";"))
    names = ["line", "instruction_id", "end_to_end_id", "status", "reason_code", "reason"]
    assert table[0] == names
    assert table[1] == ["file", "", "", "PART", "", "8 ACSP, 1 RJCT"]
    assert [row[1] for row in table[2:-1]] == [
        each if each == "plain" else f"'{each}" for each in ids
    ]
    assert table[-1] == ["9", "N1", "", "RJCT", "AM12", 'a;"b"\nc']
    assert all(row[3] == "ACSP" for row in table[2:-1])


def test_a_file_refused_whole_is_answered_too() -> None:
    files, target, stream = kind(), io.BytesIO(), io.BytesIO(rows())
    header = files.header_of_refused(stream)
    assert header is not None
    files.write_rejection(target, head=HEAD, header=header, refusal=errors.NoPayments())
    (row,) = list(csv.reader(io.StringIO(target.getvalue().decode()), delimiter=";"))[1:]
    assert row[:5] == ["file", "", "", "RJCT", "TD03"]
    assert (files.report_name(header), row[5][:8]) == ("report.csv", "The file")
