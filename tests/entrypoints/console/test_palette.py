"""What a text in the command palette may mean."""

import pytest

from countersign.entrypoints.console.palette import TEXT_MAX, Amount, Typed, _references, typed
from countersign.kernel.six_words import six_words

pytestmark = pytest.mark.fast


@pytest.mark.parametrize(
    ("text", "side", "units", "currency"),
    [
        (">5m", "least", 5_000_000, ""),
        ("> 1.5 M", "least", 1_500_000, ""),
        (">=250k", "least", 250_000, ""),
        ("<1,000,000 eur", "most", 1_000_000, "EUR"),
        ("JPY >2bn", "least", 2_000_000_000, "JPY"),
        ("＞５００萬", "least", 5_000_000, ""),
        (">1.2億 CNY", "least", 120_000_000, "CNY"),
        ("≤30万", "most", 300_000, ""),
        (">0", "least", 0, ""),
    ],
)
def test_a_bound_on_amounts_is_read(text: str, side: str, units: int, currency: str) -> None:
    assert typed(text).amount == Amount(side, units, currency)


@pytest.mark.parametrize(
    "text",
    ["5m", ">", ">m", ">5x", ">0.5", ">1.23456k", ">5m XXX", ">5m EUR x", ">>5", "eur >5 gbp x",
     ">1000001bn", "> -5"],
)  # fmt: skip
def test_what_is_no_bound_is_none(text: str) -> None:
    assert typed(text).amount is None


def test_a_bound_asks_for_the_largest_first() -> None:
    assert Amount("least", 5_000_000, "EUR").query == "currency=EUR&least=5000000&sort=largest"
    assert Amount("most", 10, "").query == "most=10&sort=largest"


def test_a_number_is_a_transfer_and_may_be_an_account() -> None:
    assert typed(" 1,042 ") == Typed(number=1042)
    assert typed("62148300004402") == Typed(number=62148300004402, account="62148300004402")
    assert typed("4" * 20).number is None
    assert typed(str(2**62)).number is None
    assert typed("²").number is None


def test_an_account_number_is_taken_as_it_is_written() -> None:
    assert typed("DE89 3704 0044 0532 0130 00").account == "DE89370400440532013000"
    assert typed("OTHR:CUST:62148300004402").account == "OTHR:CUST:62148300004402"
    # Four characters are what a mask shows: nothing is searched by them.
    for part in ("4402", "3000", "•••• 4402", "x" * 61):
        assert typed(part).account == ""


def test_words_are_a_transfers() -> None:
    words = six_words(bytes(range(32)))
    for text in (" ".join(w.english for w in words), "".join(w.chinese for w in words[:3])):
        first, last = typed(text).digests or (b"", b"")
        assert first <= bytes(range(32)) <= last
    assert typed("no words at all").digests is None


def test_a_long_text_is_cut() -> None:
    assert typed("9" * TEXT_MAX + ">5m") == Typed()
    assert typed("") == Typed()


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("DE89370400440532013000", "IBAN:DE89370400440532013000"),
        ("de89370400440532013000", "IBAN:DE89370400440532013000"),
        ("IBAN:DE89370400440532013000", "IBAN:DE89370400440532013000"),
        ("CUST:0000000001", "OTHR:CUST:0000000001"),
        ("OTHR:CUST:0000000001", "OTHR:CUST:0000000001"),
        (":62148300004402", "OTHR::62148300004402"),
        ("62148300004402", "OTHR::62148300004402"),
    ],
)
def test_an_account_is_found_as_people_write_it(text: str, reference: str) -> None:
    assert reference in list(_references(text))
