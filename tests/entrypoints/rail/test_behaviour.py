"""The odds of a simulated rail: the same for the same seed, and what they say they are."""

import msgspec
import pytest

from countersign.entrypoints.rail.behaviour import Behaviour, Draws

pytestmark = pytest.mark.fast

IDS = [f"T-{number}" for number in range(2000)]


def test_never_is_never_and_always_is_always() -> None:
    never = Draws(1, Behaviour())
    always = Draws(
        1, Behaviour(reject=1, lose_order=1, lose_answer=1, double_answer=1, delay_max_ms=0)
    )
    for draws, expected in ((never, False), (always, True)):
        for each in IDS[:200]:
            assert draws.rejects(each) is expected
            assert draws.loses_order(each) is expected
            assert draws.loses_answer(each) is expected
            assert draws.doubles_answer(each) is expected


def test_odds_are_met_and_each_fault_is_drawn_apart() -> None:
    draws = Draws(7, Behaviour(reject=0.25, lose_order=0.25))
    rejected = {each for each in IDS if draws.rejects(each)}
    lost = {each for each in IDS if draws.loses_order(each)}
    assert 400 < len(rejected) < 600
    assert 400 < len(lost) < 600
    assert 50 < len(rejected & lost) < 200


def test_the_same_seed_draws_alike_and_another_does_not() -> None:
    behaviour = Behaviour(lose_order=0.5, delay_max_ms=1000)
    told = [
        [(draws.loses_order(each), draws.delay_ms(each)) for each in IDS[:50]]
        for draws in (Draws(1, behaviour), Draws(1, behaviour), Draws(2, behaviour))
    ]
    assert told[0] == told[1] != told[2]


def test_what_is_sent_again_has_a_new_chance_but_is_rejected_for_good() -> None:
    draws = Draws(3, Behaviour(lose_order=0.5, reject=0.5))
    assert len({draws.loses_order("T") for _ in range(20)}) == 2
    assert len({draws.rejects("T") for _ in range(20)}) == 1


def test_a_delay_lies_in_its_range() -> None:
    draws = Draws(3, Behaviour(delay_min_ms=10, delay_max_ms=12))
    assert {draws.delay_ms(each) for each in IDS[:100]} == {10, 11, 12}
    assert Draws(3, Behaviour(delay_min_ms=10)).delay_ms("T") == 10


@pytest.mark.parametrize("wrong", [{"reject": 1.1}, {"lose_order": -0.1}, {"delay_min_ms": -1}])
def test_odds_beyond_never_and_always_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, Behaviour)
