"""Values as a page shows them."""

from typing import Any

import pytest

from countersign.entrypoints.console import showing
from countersign.entrypoints.console.knowledge import _known
from countersign.entrypoints.console.pages import _environment
from countersign.flows.tell_reasons import Sentences
from countersign.kernel.refusal import Language
from countersign.kernel.six_words import word_at

pytestmark = pytest.mark.fast


@pytest.mark.parametrize(
    ("plain", "currency", "shown"),
    [
        ("1284500.00", "EUR", "EUR1,284,500.00"),
        ("-0.05", "EUR", "EUR\N{MINUS SIGN}0.05"),
        ("48500000", "JPY", "JPY48,500,000"),
        ("12400.500", "KWD", "KWD12,400.500"),
    ],
)
def test_an_amount_has_separators_and_its_own_decimals(
    plain: str, currency: str, shown: str
) -> None:
    assert showing.amount(plain, currency).striptags() == shown


@pytest.mark.parametrize(
    ("units", "english", "chinese"),
    [
        (482_000_000_000, "4.82 bn", "48.2 億"),
        (6_140_000_000, "61.4 m", "6,140 萬"),
        (99_999_900, "999,999", "100.0 萬"),
        (12_345, "123", "123"),
        (0, "0", "0"),
    ],
)
def test_a_sum_in_a_heading_is_short(units: int, english: str, chinese: str) -> None:
    assert showing.short_amount(units, "EUR", "en") == english
    assert showing.short_amount(units, "EUR", "zh") == chinese


def test_what_is_masked_is_four_dots_whatever_its_length() -> None:
    assert showing.account("GB**************4417").striptags() == "GB •••• 4417"
    assert showing.account("********17").striptags().strip() == "•••• 17"
    assert showing.masked("A*** O*****").striptags() == "A••• O•••"
    assert showing.masked("王**").striptags() == "王•••"
    assert showing.masked("<b>**") == '&lt;b&gt;<span class="dots">•••</span>'


@pytest.mark.parametrize(
    ("left_ms", "shown"),
    [
        (8 * 60_000 + 12_000, "08:12"),
        (3_600_000, "1:00:00"),
        (259_199_000, "71:59:59"),
        (-5, "00:00"),
    ],
)
def test_the_time_that_is_left(left_ms: int, shown: str) -> None:
    assert showing.left(1_000_000 + left_ms, 1_000_000) == shown
    assert showing.is_urgent(1_000_000 + left_ms, 1_000_000) == (left_ms < 20 * 60_000)


@pytest.mark.parametrize(
    ("language", "shown"), [("en", "28 Nov 08:05:09"), ("zh", "11 月 28 日 08:05:09")]
)
def test_a_moment_has_its_day_and_tells_the_whole_of_it_to_who_points_at_it(
    language: Language, shown: str
) -> None:
    markup = showing.day_time("2026-11-28T08:05:09.040Z", language)
    assert markup.striptags() == shown
    assert 'title="2026-11-28 08:05:09.040 UTC"' in markup
    assert showing.day_time_ms(1_795_853_109_040, language) == markup


@pytest.mark.parametrize(
    ("milliseconds", "english", "chinese"),
    [
        (12_000_000, "3 h 20 min", "3 小時 20 分"),
        (93_600_000, "1 d 2 h", "1 天 2 小時"),
        (300_000, "5 min", "5 分"),
        (59_999, "59 s", "59 秒"),
    ],
)
def test_a_span_is_told_in_its_two_greatest_units(
    milliseconds: int, english: str, chinese: str
) -> None:
    assert showing.duration(milliseconds, "en") == english
    assert showing.duration(milliseconds, "zh") == chinese


def test_commands_in_a_sentence_are_set_as_such() -> None:
    assert showing.with_code("Run `a <b>` & wait") == ("Run <code>a &lt;b&gt;</code> &amp; wait")
    assert showing.coded("account closed", "AC04").striptags() == "account closed AC04"
    assert showing.coded("", "<X>") == '<span class="code">&lt;X&gt;</span>'
    assert showing.coded("", "") == ""


def reasons_shown(count: int) -> str:
    """The markup of so many reasons on a page."""
    parts: Any = _environment.get_template("parts.html").module
    codes = [f"rules.made_up_{number}" for number in range(count)]
    return str(parts.whys(codes, Sentences(None, "en"), "hold", "Reason", "more reasons"))


def test_five_reasons_are_shown_and_the_rest_is_folded() -> None:
    assert "<details" not in reasons_shown(5)
    shown, _, folded = reasons_shown(8).partition("<details")
    assert (shown.count("<li>"), folded.count("<li>")) == (5, 3)
    assert "more reasons" in folded


def test_a_mark_has_a_square_a_filled_cell_and_a_dot_an_empty_one() -> None:
    for index in (0, 1, 1023, 2047):
        path = str(showing.mosaic(word_at(index)))
        assert path.count("h3.5v3.5") == sum(word_at(index).cells)
        assert path.count("h.7v.7") == 12 - sum(word_at(index).cells)


@pytest.mark.parametrize(
    ("most", "top"), [(0, 5), (4, 5), (5, 5), (6, 10), (101, 200), (2001, 5000)]
)
def test_an_axis_ends_at_a_round_number(most: int, top: int) -> None:
    assert showing.axis_max([0, most]) == top


def test_a_sum_beyond_what_one_transfer_carries_is_shown() -> None:
    assert showing.units(-2 * 10**15 - 5, "EUR").striptags() == "EUR−20,000,000,000,000.05"
    assert _known("available", 3 * 10**15, "EUR", "en").value == "EUR 30,000,000,000,000.00"
