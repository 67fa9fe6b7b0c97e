"""Masks: what they show, and that they never show the whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign.vault.masking import mask_account, mask_email, mask_name, mask_phone, mask_text

pytestmark = pytest.mark.fast

HIDDEN = "********"


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("Anna Okafor", "A*** O*****"),
        ("  Anna\u3000Okafor ", "A*** O*****"),
        ("王小明", "王**"),
        ("王明", "王*"),
        ("J Smith", "* S****"),
        ("王", "*"),
        ("O'Brien", "O******"),
        ("E\u0301mile", "É****"),
        ("\u202eanna", "*****"),
        ("7-Eleven", "********"),
        ("", ""),
    ],
)
def test_names(name: str, masked: str) -> None:
    assert mask_name(name) == masked


@pytest.mark.parametrize(
    ("identification", "masked"),
    [
        ("DE89370400440532013000", "DE****************3000"),
        ("DE89 3704 0044 0532 0130 00", "DE****************3000"),
        ("123456789012", "12******9012"),
        ("12345678901", "*********01"),
        ("12345678", "******78"),
        ("1234567", HIDDEN),
        ("", HIDDEN),
        ("１２３４５６７８９０１２", HIDDEN),
        ("1234567890\x1b[2J", HIDDEN),
    ],
    ids=ascii,
)
def test_accounts(identification: str, masked: str) -> None:
    assert mask_account(identification) == masked


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("+44 7700 900123", "+*********123"),
        ("(02) 2345-6789", "*******789"),
        ("999", HIDDEN),
        ("", HIDDEN),
        ("+٤٤٧٧٠٠٩٠٠١٢٣", HIDDEN),
    ],
    ids=ascii,
)
def test_phones(number: str, masked: str) -> None:
    assert mask_phone(number) == masked


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("anna.okafor@example.com", "a***@e***.com"),
        ("anna@mail.okafor.co.uk", "a***@m***.uk"),
        ('"a@b"@example.com', "***@e***.com"),
        ("a@b.c", "***@***.c"),
        ("anna@[192.0.2.1]", HIDDEN),
        ("anna@localhost", HIDDEN),
        ("@example.com", HIDDEN),
        ("anna", HIDDEN),
        ("", HIDDEN),
    ],
)
def test_emails(address: str, masked: str) -> None:
    assert mask_email(address) == masked


@pytest.mark.parametrize(("text", "masked"), [("Invoice 4711", HIDDEN), ("x", HIDDEN), ("", "")])
def test_free_text(text: str, masked: str) -> None:
    assert mask_text(text) == masked


@given(name=st.text())
def test_a_name_shows_one_letter_a_word_at_most(name: str) -> None:
    for word in mask_name(name).split(" "):
        assert len(word.replace("*", "")) <= 1
        assert "*" in word or not word


@given(value=st.text(alphabet="0123456789ABCDEFabc +@.", max_size=40))
def test_no_mask_gives_a_value_back(value: str) -> None:
    digits = sum(character.isdigit() for character in value)
    assert mask_phone(value).count("*") >= min(5, digits)
    assert mask_account(value).count("*") >= 6
    assert "*" in mask_email(value)
