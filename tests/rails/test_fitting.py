"""What becomes of an order's text on its way out: fitted alike each time, or refused by name."""

import pytest
from hypothesis import given
from tests.support.rails import texts

from countersign.kernel.agent import Agent, MalformedAgent
from countersign.rails.errors import TextTooLong
from countersign.rails.fitting import (
    address_lines,
    agent,
    codes,
    is_code,
    one_line,
    remittance_lines,
)

pytestmark = pytest.mark.fast


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (None, None),
        (" \n ", None),
        ("\u00a0", None),
        ("Ada", "Ada"),
        (" Ada \n Byron ", "Ada Byron"),
        ("Ada  Byron", "Ada  Byron"),
        ("A\uffffB\x00C\u202eD\x85E", "A?B?C?D?E"),
        ("\U0001f600", "\U0001f600"),
    ],
)
def test_a_name_is_one_line(text: str | None, line: str | None) -> None:
    assert one_line(text, field="debtor_name", length_max=140) == line


def test_a_long_name_is_refused_and_never_cut() -> None:
    assert one_line("x" * 140, field="debtor_name", length_max=140) == "x" * 140
    with pytest.raises(TextTooLong) as refused:
        one_line("x" * 141, field="debtor_name", length_max=140)
    assert refused.value.details == {"field": "debtor_name", "length_max": 140}


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (None, []),
        ("\n \n", []),
        ("1 High Street\nLondon", ["1 High Street", "London"]),
        ("a" * 60 + " " + "b" * 60, ["a" * 60, "b" * 60]),
        ("a" * 70 + " b", ["a" * 70, "b"]),
        ("a" * 71, ["a" * 70, "a"]),
        ("\n".join("12345678"), ["1, 2, 3, 4, 5, 6, 7, 8"]),
        ("x" * 490, ["x" * 70] * 7),
        ("x" * 491, ["x" * 70] * 6 + ["x" * 69 + "+"]),
    ],
)
def test_an_address_is_seven_lines_of_seventy(text: str | None, lines: list[str]) -> None:
    assert address_lines(text) == lines


@given(texts(600))
def test_an_address_that_fits_loses_nothing_but_space(text: str) -> None:
    lines = address_lines(text)
    assert len(lines) <= 7
    assert all(0 < len(line) <= 70 for line in lines)
    if len("".join(text.split())) + text.count("\n") * 2 < 300 and "\uffff" not in text:
        written = "".join("".join(lines).split())
        assert len(written) >= len("".join(text.replace("\n", " ").split()))


@given(texts(4000))
def test_remittance_information_loses_nothing_but_space(text: str) -> None:
    lines = remittance_lines(text)
    assert all(0 < len(line) <= 140 for line in lines)
    kept = "".join(text.replace("\uffff", "?").replace("\ufffe", "?").split())
    assert "".join("".join(lines).split()) == kept


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (None, None),
        ("  ", None),
        ("DEUTDEFF", Agent(bic="DEUTDEFF")),
        ("DEUTDEFF500", Agent(bic="DEUTDEFF500")),
        ("USABA:021000021", Agent(member="021000021", system="USABA")),
        (":021000021", Agent(member="021000021")),
        ("own system:1:2", Agent(member="1:2", system="own system")),
    ],
)
def test_an_agent_is_a_bic_or_a_member(text: str | None, found: Agent | None) -> None:
    assert agent(text, field="debtor_agent") == found


@pytest.mark.parametrize("text", ["USABA:", ": ", "Bank of Ruritania", "deutdeff", "DEUTDEF"])
def test_what_names_no_bank_is_refused(text: str) -> None:
    with pytest.raises(MalformedAgent) as refused:
        agent(text, field="creditor_agent")
    assert refused.value.details == {"field": "creditor_agent"}


def test_codes_are_parted_by_spaces_and_told_from_what_is_proprietary() -> None:
    assert codes(" SEPA  URGP ", field="service_level") == ["SEPA", "URGP"]
    assert [is_code(text) for text in ("SEPA", "G001", "sepa", "SEP", "SEPAX", "SEPA\n")] == [
        True,
        True,
        False,
        False,
        False,
        False,
    ]
