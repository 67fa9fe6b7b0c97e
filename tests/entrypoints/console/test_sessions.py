"""Sessions begin, live and end; and a form is of one of them."""

import pytest

from countersign.entrypoints.console.errors import FormExpired
from countersign.entrypoints.console.sessions import (
    IDLE_SECONDS,
    LONGEST_SECONDS,
    SESSIONS_MAX,
    Sessions,
)

pytestmark = pytest.mark.fast


class Hand:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def sessions(hand: Hand) -> Sessions:
    return Sessions(hand)


def test_a_token_finds_its_session_and_no_other_does(sessions: Sessions) -> None:
    first, second = sessions.open(), sessions.open()
    assert first != second
    one, two = (sessions.find(token, by_person=True) for token in (first, second))
    assert one
    assert two
    assert one is not two
    assert one.form_token != two.form_token
    for wrong in ("", first[:-1], first + "x"):
        assert sessions.find(wrong, by_person=True) is None


def test_a_session_ends_after_an_hour_without_its_person(sessions: Sessions, hand: Hand) -> None:
    token = sessions.open()
    hand.seconds = IDLE_SECONDS - 1
    assert sessions.find(token, by_person=True)
    hand.seconds += IDLE_SECONDS - 1
    assert sessions.find(token, by_person=True)
    hand.seconds += IDLE_SECONDS
    assert sessions.find(token, by_person=True) is None


def test_what_a_page_asks_by_itself_keeps_no_session_alive(sessions: Sessions, hand: Hand) -> None:
    token = sessions.open()
    for _ in range(int(IDLE_SECONDS // 2)):
        hand.seconds += 2
        if hand.seconds < IDLE_SECONDS:
            assert sessions.find(token, by_person=False)
    assert sessions.find(token, by_person=False) is None


def test_a_session_ends_after_twelve_hours_however_busy(sessions: Sessions, hand: Hand) -> None:
    token = sessions.open()
    while hand.seconds + 600 < LONGEST_SECONDS:
        hand.seconds += 600
        assert sessions.find(token, by_person=True)
    hand.seconds = LONGEST_SECONDS
    assert sessions.find(token, by_person=True) is None


def test_who_signs_out_is_out(sessions: Sessions) -> None:
    token = sessions.open()
    session = sessions.find(token, by_person=True)
    assert session
    sessions.close(session)
    sessions.close(session)
    assert sessions.find(token, by_person=True) is None


def test_of_too_many_the_one_that_rested_longest_goes(sessions: Sessions, hand: Hand) -> None:
    tokens = []
    for _ in range(SESSIONS_MAX):
        hand.seconds += 1
        tokens.append(sessions.open())
    assert sessions.find(tokens[0], by_person=True)
    sessions.open()
    assert sessions.find(tokens[0], by_person=True)
    assert sessions.find(tokens[1], by_person=True) is None


def test_a_form_of_another_session_is_refused(sessions: Sessions) -> None:
    one = sessions.find(sessions.open(), by_person=True)
    two = sessions.find(sessions.open(), by_person=True)
    assert one
    assert two
    one.require_form(one.form_token)
    for wrong in ("", two.form_token, one.form_token + "x", "é"):
        with pytest.raises(FormExpired) as refusal:
            one.require_form(wrong)
        assert refusal.value.code == "console.form_expired"
