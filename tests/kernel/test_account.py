"""Account references: one account, one canonical text; nothing restricted shows."""

import re
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum import iban as stdnum_iban
from stdnum import numdb

from countersign.kernel.account import (
    AccountReference,
    Iban,
    IbanAsOther,
    MalformedIban,
    MalformedOtherAccount,
    MalformedReference,
    OtherAccount,
    canonical,
    parse_canonical,
)
from countersign.kernel.invariant import InvariantBroken
from countersign.kernel.refusal import Refusal

pytestmark = pytest.mark.fast

# Examples of the SWIFT IBAN registry.
IBANS = [
    "DE89370400440532013000",
    "GB29NWBK60161331926819",
    "FR1420041010050500013M02606",
    "NO9386011117947",
    "MT84MALT011000012345MTLCAST001S",
    "CH9300762011623852957",
    "BE68539007547034",
    "XK051212012345678906",
    "LC55HEMM000100010012001200023015",
]


@pytest.mark.parametrize("text", IBANS)
def test_an_iban_of_the_registry_is_read(text: str) -> None:
    iban = Iban.parse(text)
    assert iban.text == text
    assert iban.country == text[:2]


def test_the_print_form_gives_the_same_account() -> None:
    assert Iban.parse("de89 3704 0044 0532 0130 00") == Iban.parse("DE89370400440532013000")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "DE",
        "DE88370400440532013000",
        "DE8937040044053201300",
        "DE893704004405320130000",
        "ZZ89370400440532013000",
        "DE89-3704-0044-0532-0130-00",
        "DE89.370400440532013000",
        "DE89370400440532013000\n",
        "DE89\t370400440532013000",
        "DE８９370400440532013000",
        "DE89\u00a0370400440532013000",
        "DE8937040044053201300O",
        "D" * 100_000,
    ],
)
def test_any_other_text_is_no_iban(text: str) -> None:
    with pytest.raises(MalformedIban):
        Iban.parse(text)


@given(st.sampled_from(IBANS), st.data())
def test_one_character_changed_for_one_of_its_kind_is_always_found(
    text: str, data: st.DataObject
) -> None:
    """A digit for a letter counts as two digits, so that change can hit on a valid number."""
    at = data.draw(st.integers(min_value=0, max_value=len(text) - 1))
    kind = "0123456789" if text[at].isdigit() else "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    character = data.draw(st.sampled_from(kind))
    assume(character != text[at])
    with pytest.raises(MalformedIban):
        Iban.parse(text[:at] + character + text[at + 1 :])


def countries_of_the_registry() -> list[str]:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    pairs = [one + other for one in letters for other in letters]
    return [pair for pair in pairs if numdb.get("iban").info(pair)[0][1]]


def test_the_registry_is_there() -> None:
    assert len(countries_of_the_registry()) > 80


@given(st.sampled_from(countries_of_the_registry()), st.data())
def test_the_verdict_is_that_of_the_library_for_every_country(
    country: str, data: st.DataObject
) -> None:
    structure = numdb.get("iban").info(country)[0][1]["bban"]
    drawn = {"n": "0123456789", "a": "ABCXYZ", "c": "0123456789ABCXYZ"}
    bban = "".join(
        data.draw(st.text(drawn[kind], min_size=int(length), max_size=int(length)))
        for length, kind in re.findall(r"([0-9]+)!([nac])", structure)
    )
    bban = data.draw(st.sampled_from([bban, bban, bban + "0", bban[:-1], "A" + bban[1:]]))
    check_digits = stdnum_iban.calc_check_digits(f"{country}00{bban}")
    check_digits = data.draw(st.sampled_from([check_digits, check_digits, "50"]))
    text = f"{country}{check_digits}{bban}"
    if stdnum_iban.is_valid(text, check_country=False):
        assert Iban.parse(text).text == text
    else:
        with pytest.raises(MalformedIban):
            Iban.parse(text)


def iban_remainder(check_digits: str, country_and_bban: tuple[str, str]) -> int:
    country, bban = country_and_bban
    return int("".join(str(int(each, 36)) for each in bban + country + check_digits)) % 97


@pytest.mark.parametrize("impossible", ["00", "01", "99"])
def test_a_second_spelling_by_congruent_check_digits_is_refused(impossible: str) -> None:
    bban = next(
        f"3704004405320{number:05}"
        for number in range(97)
        if iban_remainder(impossible, ("DE", f"3704004405320{number:05}")) == 1
    )
    with pytest.raises(MalformedIban):
        Iban.parse(f"DE{impossible}{bban}")


@pytest.mark.parametrize(
    ("identification", "scheme"),
    [
        ("532013000", None),
        ("1", "BBAN"),
        ("0123-456/789 00", "CUID"),
        ("a" * 34, None),
        ("DE", None),
        ("12:34", "A1"),
    ],
)
def test_another_account_is_kept_as_given(identification: str, scheme: str | None) -> None:
    account = OtherAccount.parse(identification, scheme=scheme)
    assert (account.identification, account.scheme) == (identification, scheme)


@pytest.mark.parametrize(
    ("identification", "scheme"),
    [
        ("", None),
        ("1" * 35, None),
        (" 1", None),
        ("1 ", None),
        ("1  2", None),
        ("1\n", None),
        ("1\t2", None),
        ("1\u200b2", None),
        ("１２", None),
        ("é", None),
        ("12", ""),
        ("12", "bban"),
        ("12", "BBANS"),
        ("12", "B:"),
    ],
)
def test_a_malformed_other_account_is_refused(identification: str, scheme: str | None) -> None:
    with pytest.raises(MalformedOtherAccount):
        OtherAccount.parse(identification, scheme=scheme)


@pytest.mark.parametrize(
    "identification",
    [
        "DE89370400440532013000",
        "de89370400440532013000",
        "DE89 3704 0044 0532 0130 00",
        "DE89-370400440532013000",
    ],
)
def test_an_iban_cannot_hide_as_another_account(identification: str) -> None:
    with pytest.raises(IbanAsOther):
        OtherAccount.parse(identification, scheme=None)
    with pytest.raises(IbanAsOther):
        OtherAccount.parse(identification, scheme="BBAN")


def test_the_canonical_text() -> None:
    assert canonical(Iban.parse("de89370400440532013000")) == "IBAN:DE89370400440532013000"
    assert canonical(OtherAccount.parse("12:34", scheme="CUID")) == "OTHR:CUID:12:34"
    assert canonical(OtherAccount.parse("12", scheme=None)) == "OTHR::12"


identifications = st.from_regex(r"[!-~]{1,10}( [!-~]{1,10}){0,2}", fullmatch=True)
schemes = st.none() | st.from_regex(r"[A-Z0-9]{1,4}", fullmatch=True)
other_accounts = st.builds(OtherAccount, identification=identifications, scheme=schemes)
references: st.SearchStrategy[AccountReference] = (
    st.sampled_from(IBANS).map(Iban.parse) | other_accounts
)


@given(references)
def test_the_canonical_text_is_read_back(reference: AccountReference) -> None:
    assert parse_canonical(canonical(reference)) == reference


@given(references, references)
def test_two_accounts_never_share_a_canonical_text(
    one: AccountReference, other: AccountReference
) -> None:
    assert (canonical(one) == canonical(other)) == (one == other)


def test_history_stays_readable_when_a_country_changes_its_structure() -> None:
    assert parse_canonical("IBAN:DE893704004405320130") == Iban(text="DE893704004405320130")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "IBAN",
        "IBAN:",
        "IBAN:de89370400440532013000",
        "OTHR",
        "OTHR:",
        "OTHR:12",
        "OTHR::",
        "OTHR:bban:12",
        "iban:DE89370400440532013000",
        "BBAN::12",
        "OTHR:: 12",
    ],
)
def test_a_text_that_was_never_written_is_refused(text: str) -> None:
    with pytest.raises(MalformedReference):
        parse_canonical(text)


@pytest.mark.parametrize(
    "attempt",
    [
        partial(Iban.parse, "DE88370400440532013000"),
        partial(OtherAccount.parse, "DE89370400440532013000", scheme=None),
        partial(OtherAccount.parse, "DE89370400440532013000" * 2, scheme=None),
        partial(parse_canonical, "IBAN:x89370400440532013000"),
    ],
)
def test_a_refusal_does_not_show_the_account(attempt: Callable[[], AccountReference]) -> None:
    with pytest.raises(Refusal) as refused:
        attempt()
    assert "370400" not in str(refused.value) + repr(refused.value.details)


def test_repr_does_not_show_the_account() -> None:
    assert "3704" not in repr(Iban.parse("DE89370400440532013000"))
    assert "532013" not in repr(OtherAccount.parse("532013000", scheme="BBAN"))


def test_building_either_around_the_parser_is_a_bug() -> None:
    with pytest.raises(InvariantBroken):
        Iban(text="de89370400440532013000")
    with pytest.raises(InvariantBroken):
        OtherAccount(identification="", scheme=None)
