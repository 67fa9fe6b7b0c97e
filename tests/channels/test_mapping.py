"""The mapping of a CSV file: taken, or refused with the place of what is wrong."""

import pytest

from countersign.channels.errors import BadMapping, MalformedMapping, UnmappedField
from countersign.channels.mapping import MAPPING_BYTES_MAX, KnownBy, read_mapping

pytestmark = pytest.mark.fast

GOOD = """\
[file]
delimiter = ";"
decimal = ","
thousands = "."
date = "DD.MM.YYYY"
encoding = "cp1252"
known_by = "instruction_id"
ignore = ["Note"]

[columns]
instruction_id = "Ref"
debtor_account = "From"
creditor_account = "To"
creditor_name = "Payee"
amount = "Sum"
requested_execution_date = "Day"

[constants]
currency = "EUR"

[trailer]
marker = "TOTAL"
count = 2
sum = 5
"""


def test_a_good_mapping_says_what_it_says() -> None:
    mapping = read_mapping(GOOD.encode())
    assert mapping.delimiter + mapping.decimal + (mapping.thousands or "") == ";,."
    assert mapping.known_by is KnownBy.INSTRUCTION_ID
    assert mapping.columns["creditor_account"] == "To"
    assert mapping.constants == {"currency": "EUR"}
    assert mapping.lines["creditor_account"] == 13
    assert mapping.trailer is not None
    assert (mapping.trailer.count, mapping.trailer.sum) == (2, 5)
    found = mapping.date.fullmatch("31.03.2027")
    assert found is not None
    assert found.group("year", "month", "day") == ("2027", "03", "31")


@pytest.mark.parametrize(
    ("old", "new", "line", "key"),
    [
        ('delimiter = ";"', 'delimiter = ";;"', 2, "delimiter"),
        ('delimiter = ";"', "delimiter = 7", 2, "delimiter"),
        ('decimal = ","', 'decimal = "x"', 3, "decimal"),
        ('thousands = "."', 'thousands = ","', 4, "thousands"),
        ("DD.MM.YYYY", "DD.MM.YY", 5, "date"),
        ("DD.MM.YYYY", "DD.DD.YYYY", 5, "date"),
        ("DD.MM.YYYY", "DD.MM.YYYYx", 5, "date"),
        ("cp1252", "utf-7", 6, "encoding"),
        ("cp1252", "zip", 6, "encoding"),
        ('known_by = "instruction_id"', 'known_by = "hope"', 7, "known_by"),
        ('known_by = "instruction_id"\n', "", 1, "known_by"),
        ('ignore = ["Note"]', "ignore = [1]", 8, "ignore"),
        ('ignore = ["Note"]', 'colour = "red"', 8, "colour"),
        ('amount = "Sum"', "amount = 7", 15, "amount"),
        ('amount = "Sum"', 'amount = "To"', 15, "amount"),
        ('amount = "Sum"', 'amonut = "Sum"', 15, "amonut"),
        ('currency = "EUR"', 'currency = "EUR"\namount = "1"', 20, "amount"),
        ("[trailer]", "[tailer]", 21, "tailer"),
        ('marker = "TOTAL"', 'marker = ""', 22, "marker"),
        ("count = 2\nsum = 5", "", 21, "count"),
        ("sum = 5", "sum = 1", 24, "sum"),
        ("sum = 5", "sum = true", 24, "sum"),
    ],
)
def test_a_wrong_mapping_is_refused_with_its_line(old: str, new: str, line: int, key: str) -> None:
    assert old in GOOD
    with pytest.raises(BadMapping) as refused:
        read_mapping(GOOD.replace(old, new).encode())
    assert (refused.value.details["line"], refused.value.details["key"]) == (line, key)


@pytest.mark.parametrize(
    "field",
    ["instruction_id", "debtor_account", "creditor_account", "creditor_name", "amount", "currency"],
)
def test_what_an_order_needs_is_not_guessed(field: str) -> None:
    lines = [line for line in GOOD.splitlines() if not line.startswith(f"{field} =")]
    with pytest.raises(UnmappedField) as refused:
        read_mapping("\n".join(lines).encode())
    assert refused.value.details == {"field": field}


def test_a_reference_is_no_constant() -> None:
    text = GOOD.replace('instruction_id = "Ref"\n', "") + "\n[x]\n"
    text = text.replace("[x]\n", "").replace("[constants]", '[constants]\ninstruction_id = "A"')
    with pytest.raises(UnmappedField):
        read_mapping(text.encode())


@pytest.mark.parametrize(
    ("raw", "where"),
    [
        (b"[file]\ndelimiter = x", "line 2, column 13"),
        (b"[file]\ndelimiter =", "its end"),
        (b"[file]\n\xff", "byte 8"),
        (b"#" * (MAPPING_BYTES_MAX + 1), f"byte {MAPPING_BYTES_MAX + 1}"),
        (b"a = " + b"[" * 20_000, "its nesting"),
        (b"a = " + b"9" * 5_000, "one of its values"),
    ],
)
def test_what_is_no_toml_is_refused_with_its_place(raw: bytes, where: str) -> None:
    with pytest.raises(MalformedMapping) as refused:
        read_mapping(raw)
    assert refused.value.details["where"] == where
