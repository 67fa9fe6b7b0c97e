"""Twenty kills under load on real Postgres, and two stopped gates that wake up (I2, I9)."""

from collections import Counter

import pytest

from countersign.entrypoints.bench import crash
from countersign.entrypoints.bench.bed import a_bed


def test_i2_i9_twenty_kills_lose_and_double_nothing() -> None:
    with a_bed() as bed:
        found = crash.crash(bed, kills=20, seed=20, progress=lambda _: None)
    assert (found.kills, found.pauses) == (20, 2)
    assert found.acknowledged > 500
    assert found.resent > 0
    wrong = (found.lost, found.doubled, found.unbalanced, found.changed, found.not_fenced)
    assert wrong == (0, 0, 0, 0, 0)
    assert found.unanswered == 0


@pytest.mark.fast
def test_as_many_kills_as_asked_for_and_pauses_on_top() -> None:
    assert Counter(crash.strikes(200)) == {"kill": 200, "pause": 20}
    assert list(crash.strikes(11)) == [*["kill"] * 10, "pause", "kill"]
    assert list(crash.strikes(9)) == ["kill"] * 9
