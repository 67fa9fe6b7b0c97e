import pytest

from countersign.kernel.bic import Bic, Lei, MalformedBic, MalformedLei
from countersign.kernel.invariant import InvariantBroken

pytestmark = pytest.mark.fast


@pytest.mark.parametrize(
    "text", ["DEUTDEFF", "DEUTDEFF500", "AGRIFRPP882", "NCBVXKPR", "DEUTDEFFXXX", "D3UTDEFF"]
)
def test_a_bic_is_kept_as_given(text: str) -> None:
    bic = Bic.parse(text)
    assert bic.text == text
    assert (bic.bank, bic.country) == (text[:4], text[4:6])


def test_the_head_office_compares_equal_by_its_long_form() -> None:
    assert Bic.parse("DEUTDEFF").bic11 == Bic.parse("DEUTDEFFXXX").bic11 == "DEUTDEFFXXX"
    assert Bic.parse("DEUTDEFF500").bic11 == "DEUTDEFF500"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "DEUTDEF",
        "DEUTDEFF5",
        "DEUTDEFF50",
        "DEUTDEFF5000",
        "deutdeff",
        "DEUT DE FF",
        "DEUTDEFF\n",
        "DEUTDEFF ",
        "DEUTZZFF",
        "DEUTD1FF",
        "DEUTDEF-",
        "ＤEUTDEFF",
    ],
)
def test_any_other_text_is_no_bic(text: str) -> None:
    with pytest.raises(MalformedBic):
        Bic.parse(text)


@pytest.mark.parametrize("text", ["213800KUD8LAJWSQ9D15", "5493001KJTIIGC8Y1R12"])
def test_an_lei_with_right_check_digits(text: str) -> None:
    assert Lei.parse(text).text == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "213800KUD8LAJWSQ9D16",
        "213800KUD8LXJWSQ9D15",
        "213800kud8lajwsq9d15",
        "213800KUD8LAJWSQ9D1",
        "0213800KUD8LAJWSQ9D15",
        "213800KUD8LAJWSQ9D15\n",
        "2138 00KU D8LA JWSQ 9D15",
    ],
)
def test_any_other_text_is_no_lei(text: str) -> None:
    with pytest.raises(MalformedLei):
        Lei.parse(text)


def test_building_either_around_the_parser_is_a_bug() -> None:
    with pytest.raises(InvariantBroken):
        Bic(text="deutdeff")
    with pytest.raises(InvariantBroken):
        Lei(text="short")
