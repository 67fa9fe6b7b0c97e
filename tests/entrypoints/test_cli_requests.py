"""What a command asks is checked before it is sent: an answer could not say which was wrong."""

import msgspec
import pytest

from countersign.entrypoints.cli.main import main
from countersign.entrypoints.cli.requests import MalformedOwner, TextLength, require_readable
from countersign.entrypoints.cli.terminal import REFUSED, Terminal
from countersign.gate.commands import Answer, SetCredential
from countersign.gate.errors import MalformedRequest
from countersign.gate.requests import FundRequest, HoldRequest, OpenAccountRequest
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
