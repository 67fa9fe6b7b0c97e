"""What a command asks is checked before it is sent: an answer could not say which was wrong."""

import msgspec
import pytest

from countersign.entrypoints.cli.main import main
from countersign.entrypoints.cli.requests import (
    MalformedField,
    MalformedOwner,
    TextLength,
    UnusableCharacters,
    require_readable,
)
from countersign.entrypoints.cli.terminal import REFUSED, Terminal
from countersign.gate.commands import Answer, SetCredential
from countersign.gate.errors import MalformedRequest
from countersign.gate.requests import (
    FundRequest,
    HoldRequest,
    OpenAccountRequest,
    RejectRequest,
    RevealRequest,
)
from countersign.kernel.money import UnknownCurrency

pytestmark = pytest.mark.fast


@pytest.mark.parametrize(
    ("request_", "field", "length_min", "length_max"),
    [
        (OpenAccountRequest(1, "EUR", "OTHR::A", "", 0), "holder", 1, 1000),
        (OpenAccountRequest(1, "EUR", "OTHR::A", "H", 0, "P" * 65), "party", 0, 64),
        (FundRequest("OTHR::A", 1, "EUR", ""), "reason", 1, 1000),
        (FundRequest("OTHR::A", 1, "EUR", "x" * 1001), "reason", 1, 1000),
        (SetCredential(0, "", bytes(32), [], True), "name", 1, 64),
        (HoldRequest(5, "", 1, "x"), "owner", 1, 64),
    ],
)
def test_a_text_of_no_good_length_is_named(
    request_: msgspec.Struct, field: str, length_min: int, length_max: int
) -> None:
    with pytest.raises(TextLength) as refused:
        require_readable(request_)
    details = refused.value.details
    assert (details["field"], details["length_min"]) == (field, length_min)
    assert details["length_max"] == length_max


def test_what_the_gate_takes_is_let_through() -> None:
    require_readable(OpenAccountRequest(1, "EUR", "OTHR::A", "H" * 1000, 0, "P" * 64))
    require_readable(HoldRequest(5, "duty_officer", 1, "x"))


def test_a_currency_and_an_owner_that_are_none_are_named() -> None:
    for wrong in ("eur", "XXQ", "EUR\n"):
        with pytest.raises(UnknownCurrency):
            require_readable(OpenAccountRequest(1, wrong, "OTHR::A", "H", 0))
    for wrong in ("Ada", "a b", "duty\n"):
        with pytest.raises(MalformedOwner):
            require_readable(HoldRequest(5, wrong, 1, "x"))


@pytest.mark.parametrize("name", ["a\x1b[2Jb", "two\nlines", "in\u202evisible", "no\udcfftext"])
def test_characters_that_cannot_be_used_are_told_with_their_field(name: str) -> None:
    with pytest.raises(UnusableCharacters) as refused:
        require_readable(SetCredential(0, name, bytes(32), [], is_active=True))
    assert refused.value.details == {"field": "name"}
    with pytest.raises(UnusableCharacters) as refused:
        require_readable(RejectRequest(5, f"FRAD{name[-5:]}\n", "x"))
    assert refused.value.details == {"field": "reason_code"}


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (FundRequest("OTHR::A", 2**63, "EUR", "x"), "amount"),
        (HoldRequest(2**62, "duty_officer", 1, "x"), "transfer"),
        (SetCredential(0, "erp", b"short", [], is_active=True), "verifier"),
        (SetCredential(0, "erp", bytes(32), [], True, 0, ["10.0.0.0/8"] * 40), "addresses"),
        (RevealRequest(5, "no\udcfftext"), "reason"),
    ],
)
def test_whatever_else_the_gate_would_not_read_is_told_by_its_field(
    request_: msgspec.Struct, field: str
) -> None:
    with pytest.raises((MalformedField, UnusableCharacters)) as refused:
        require_readable(request_)
    assert refused.value.details["field"] == field
    assert "…" not in refused.value.sentence()


def test_hours_that_no_hold_has_are_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["transfers", "hold", "5", "--hours", "2161", "--reason", "x"])
    assert ended.value.code == 2
    assert "2161 is not from 1 to 2160" in capsys.readouterr().err


def test_an_answer_without_details_shows_no_placeholder(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for language in ("en", "zh"):
        terminal = Terminal(is_json=False, language=language)
        assert terminal.refused_answer(Answer(7, MalformedRequest.code)) == REFUSED
        said = capsys.readouterr().err
        assert said.startswith("gate.malformed_request: ")
        assert "<" not in said
