"""What an order says: its field table, its bounds, and each refusal by field."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from countersign.kernel.agent import MalformedAgent
from countersign.kernel.digest import Value
from countersign.kernel.identification import MalformedIdentification
from countersign.kernel.money import MINOR_UNITS_MAX, AmountOutOfRange, UnknownCurrency
from countersign.kernel.refusal import Refusal
from countersign.transfers.errors import (
    ControlCharacter,
    MalformedDate,
    MalformedUetr,
    TextLength,
    TooManyAgents,
    UnknownCode,
)
from countersign.transfers.model import TransferRow
from countersign.transfers.order import (
    ORDER_TABLE,
    Order,
    account_of,
    check_order,
    execution_day,
    order_of,
    values_of,
)
from countersign.transfers.store import read_transfers, transfer_columns

pytestmark = pytest.mark.fast

DIGEST_FORMAT = Path(__file__).parents[2] / "docs" / "digest.md"
HIDDEN = [
    *("\x00", "\t", "\r", "\x1b", "\x7f", "\x85", "\xad", "\u061c", "\u200b", "\u200e", "\u200f"),
    *("\u2028", "\u2029", "\u202a", "\u202e", "\u2060", "\u2066", "\u2069", "\ufeff", "\ufffe"),
    *("\uffff", "\U000e0001", "\U000e0041", "\U000e007f"),
]
TEXTS = ["two\nlines", "Größe 國際 ñ", "\U0001f600", "a\u00a0b"]
LENGTHS = {
    "channel": 16,
    "creditor_name": 140,
    "debtor_name": 140,
    "ultimate_debtor": 140,
    "ultimate_creditor": 140,
    "initiating_party": 140,
    "debtor_address": 600,
    "creditor_address": 600,
    "debtor_agent": 35,
    "creditor_agent": 35,
    "intermediary_agents": 107,
    "debtor_identification": 2000,
    "creditor_identification": 2000,
    "message_id": 35,
    "payment_information_id": 35,
    "instruction_id": 35,
    "end_to_end_id": 35,
    "uetr": 36,
    "service_level": 35,
    "local_instrument": 35,
    "instruction_priority": 4,
    "category_purpose": 35,
    "purpose_code": 35,
    "charge_bearer": 4,
    "remittance_information": 4000,
}
IDENTIFICATIONS = {"debtor_identification", "creditor_identification"}
# What a rail reads by itself, and one of each that it can read.
ROUTING = {
    "charge_bearer": "SLEV",
    "creditor_agent": "BNPAFRPP",
    "debtor_agent": "USABA:021000021",
    "instruction_priority": "HIGH",
    "intermediary_agents": "DEUTDEFF\n:021000021\nCHBCC:7",
    "uetr": "8a562c67-ca16-48ba-b074-65581be6f001",
}


def an_order(**changed: Any) -> Order:
    plain: dict[str, Any] = {
        "channel": "file",
        "credential": 100,
        "instructed_amount": 5_000,
        "currency": "EUR",
        "requested_execution_date": "2027-01-15",
        "debtor_account": "IBAN:DE89370400440532013000",
        "creditor_account": "IBAN:FR1420041010050500013M02606",
        "creditor_name": "Orsolya",
    }
    return Order(**(plain | changed))


def test_the_field_table_is_the_published_one() -> None:
    published = re.findall(
        r"^\| (\d+) \| `(\w+)` \| (\w+) \| (\w+) \|", DIGEST_FORMAT.read_text("utf-8"), re.MULTILINE
    )
    table = [
        (str(number), field.name, ORDER_TABLE.sides[field.side])
        for number, field in enumerate(ORDER_TABLE.fields)
    ]
    assert table == [(number, name, side) for number, name, _, side in published]
    assert [name for _, name, kind, _ in published if kind == "integer"] == [
        "credential",
        "instructed_amount",
    ]
    assert (ORDER_TABLE.name, ORDER_TABLE.version) == ("order", 1)


def test_every_field_of_an_order_is_under_the_digest() -> None:
    names = [field.name for field in ORDER_TABLE.fields]
    assert sorted(names) == sorted(Order.__struct_fields__)
    assert len(names) == len(set(names))


def test_the_creditors_side_holds_what_is_the_creditors_and_nothing_else() -> None:
    assert {field.name for field in ORDER_TABLE.fields if field.side == 1} == {
        "creditor_name",
        "creditor_account",
        "creditor_agent",
        "intermediary_agents",
        "creditor_address",
        "creditor_identification",
        "ultimate_creditor",
    }


def test_values_stand_in_the_order_of_the_table_and_give_the_order_back() -> None:
    numbers: dict[str, Value] = {name: name for name in Order.__struct_fields__}
    numbers |= {"credential": 7, "instructed_amount": 8}
    order = Order(**numbers)  # type: ignore[arg-type]
    assert values_of(order) == tuple(numbers[field.name] for field in ORDER_TABLE.fields)
    assert order_of(values_of(order)) == order
    assert order_of(values_of(an_order())) == an_order()


def test_a_plain_order_passes() -> None:
    check_order(an_order())


@pytest.mark.parametrize("amount", [1, MINOR_UNITS_MAX])
def test_an_amount_within_bounds_passes(amount: int) -> None:
    check_order(an_order(instructed_amount=amount))


@pytest.mark.parametrize("amount", [0, -1, MINOR_UNITS_MAX + 1, 2**63 - 1, -(2**63)])
def test_an_amount_beyond_is_refused(amount: int) -> None:
    with pytest.raises(AmountOutOfRange):
        check_order(an_order(instructed_amount=amount))


@pytest.mark.parametrize("currency", ["", "eur", "EURO", "XXX", "XAU", "ZZZ"])
def test_a_currency_that_is_none_is_refused(currency: str) -> None:
    with pytest.raises(UnknownCurrency):
        check_order(an_order(currency=currency))


def test_every_text_has_a_bound() -> None:
    """But those that have a form of their own."""
    own_form = {"currency", "requested_execution_date", "debtor_account", "creditor_account"}
    numbers = {"credential", "instructed_amount"}
    assert set(LENGTHS) == set(Order.__struct_fields__) - own_form - numbers


@pytest.mark.parametrize(("name", "length_max"), LENGTHS.items())
def test_a_text_is_as_long_as_it_may_be_and_no_longer(name: str, length_max: int) -> None:
    if name not in IDENTIFICATIONS | set(ROUTING):
        check_order(an_order(**{name: "x"}))
        check_order(an_order(**{name: "國" * length_max}))
    for text in ("", "x" * (length_max + 1)):
        with pytest.raises(TextLength) as refusal:
            check_order(an_order(**{name: text}))
        assert refusal.value.details == {"field": name, "length_max": length_max}


@pytest.mark.parametrize("name", sorted(LENGTHS))
@pytest.mark.parametrize("hidden", HIDDEN)
def test_what_cannot_be_seen_is_refused_by_field(name: str, hidden: str) -> None:
    with pytest.raises(ControlCharacter) as refusal:
        check_order(an_order(**{name: f"a{hidden}"}))
    assert refusal.value.details == {"field": name}


@pytest.mark.parametrize("name", sorted(IDENTIFICATIONS))
def test_an_identification_is_in_its_form(name: str) -> None:
    check_order(an_order(**{name: "OrgId/LEI 7LTWFZYICNSX8D621K86"}))
    with pytest.raises(MalformedIdentification) as refusal:
        check_order(an_order(**{name: "LEI 7LTWFZYICNSX8D621K86"}))
    assert refusal.value.details == {"field": name}


@pytest.mark.parametrize(("name", "text"), ROUTING.items())
def test_what_a_rail_reads_itself_passes_in_its_form(name: str, text: str) -> None:
    check_order(an_order(**{name: text}))


@pytest.mark.parametrize(
    ("name", "text", "refused"),
    [
        *(("uetr", text, MalformedUetr) for text in ("x" * 36, ROUTING["uetr"].upper())),
        ("uetr", "8a562c67-ca16-18ba-b074-65581be6f001", MalformedUetr),
        ("uetr", "8a562c67ca1648bab07465581be6f001", MalformedUetr),
        *(("charge_bearer", text, UnknownCode) for text in ("ABCD", "slev", "SHA")),
        *(("instruction_priority", text, UnknownCode) for text in ("A", "high", "URGP")),
        *(
            (name, text, MalformedAgent)
            for name in ("debtor_agent", "creditor_agent", "intermediary_agents")
            for text in (":", "USABA: ", "deutdeff", "Bank of Ruritania", "BNPAFRPP\n")
        ),
        ("creditor_agent", "USABA:1\n2", MalformedAgent),
        ("intermediary_agents", ":1\n\n:2", MalformedAgent),
        ("intermediary_agents", ":1\n:2\n:3\n:4", TooManyAgents),
        ("intermediary_agents", ":" + "1" * 35, TextLength),
        ("creditor_name", " ", TextLength),
        ("creditor_name", "\u00a0\n", TextLength),
    ],
)
def test_what_no_rail_could_carry_is_refused_by_field(
    name: str, text: str, refused: type[Refusal]
) -> None:
    with pytest.raises(refused) as refusal:
        check_order(an_order(**{name: text}))
    assert refusal.value.details["field"] == name


@pytest.mark.parametrize("text", [*TEXTS, "می\u200cخواهم", "\U0001f468\u200d\U0001f469"])
def test_what_can_be_seen_passes(text: str) -> None:
    check_order(an_order(remittance_information=text))


@pytest.mark.parametrize(
    ("day", "number"), [("1970-01-01", 0), ("1970-01-02", 1), ("2024-02-29", 19782)]
)
def test_an_execution_day_counts_from_1970(day: str, number: int) -> None:
    assert execution_day(an_order(requested_execution_date=day)) == number


@pytest.mark.parametrize(
    "day",
    [
        *("", "2027-02-29", "15.01.2027", "2027-1-15", "2027-01-15T00:00"),
        *("20270115", "2027-W03-1", "2027W031", " 2027-01-15", "2027-01-15" + " " * 40_000),
    ],
)
def test_what_is_no_date_is_refused(day: str) -> None:
    with pytest.raises(MalformedDate) as refusal:
        execution_day(an_order(requested_execution_date=day))
    assert refusal.value.details == {"field": "requested_execution_date"}


@pytest.mark.parametrize(
    "reference", ["IBAN:DE89370400440532013000", "OTHR::SETTLEMENT", "OTHR:CUST:0000000001"]
)
def test_an_account_is_taken_in_its_canonical_form(reference: str) -> None:
    assert account_of(reference, field="debtor_account") == reference


@pytest.mark.parametrize(
    "reference",
    [
        *("", "IBAN:", "IBAN:DE89370400440532013001", "DE89370400440532013000", "OTHR:"),
        *("IBAN:DE89 3704 0044 0532 0130 00", "IBAN:de89370400440532013000", "iban:x"),
        *("IBAN:DE89370400440532013000" + " " * 40_000, "IBAN:DE89370400440532013000\n"),
        *("OTHR: :1", "OTHR::1 ", "OTHR::1  2", "OTHR:cust:1", "OTHR::" + "1" * 35),
        # One account has one text.
        *("OTHR::DE89370400440532013000", "OTHR:BBAN:DE89 3704 0044 0532 0130 00"),
    ],
)
def test_an_account_that_is_none_is_refused_by_field(reference: str) -> None:
    with pytest.raises(Refusal) as refusal:
        account_of(reference, field="creditor_account")
    assert refusal.value.code.startswith("account.")
    assert refusal.value.details == {"field": "creditor_account"}


def test_on_the_wire_an_order_has_every_field_in_its_place() -> None:
    packed = msgspec.msgpack.encode(an_order())
    assert msgspec.msgpack.decode(packed, type=Order) == an_order()
    short = msgspec.msgpack.encode(msgspec.msgpack.decode(packed)[:7])
    with pytest.raises(msgspec.ValidationError):
        msgspec.msgpack.decode(short, type=Order)


def test_rows_survive_their_columns() -> None:
    row = TransferRow(
        number=2**40,
        credential=100,
        key=b"k" * 16,
        mac=b"m" * 17,
        digest=b"d" * 32,
        debtor=1,
        creditor=0,
        creditor_index=b"i" * 16,
        amount=10**15,
        currency="EUR",
        execution_day=-5,
        action=4,
        status=7,
        reasons="rules.amount,rules.new_creditor",
        alerts="typologies.mule=160",
        facts=b"facts",
        policy=3,
        evidence=b"",
        debtor_side=b"sealed",
        creditor_side=b"sealed too",
    )
    rows = [row, row._replace(number=1, amount=1, reasons="")]
    _, *columns = transfer_columns(20_833, rows)
    assert read_transfers(columns) == rows
