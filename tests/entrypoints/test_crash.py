"""Twenty kills under load on real Postgres, two of them a stopped gate that wakes up (I2, I9)."""

from countersign.entrypoints.bench import crash
from countersign.entrypoints.bench.bed import a_bed


def test_i2_i9_twenty_kills_lose_and_double_nothing() -> None:
    with a_bed() as bed:
        found = crash.crash(bed, kills=20, seed=20, progress=lambda _: None)
    assert (found.kills, found.pauses) == (18, 2)
    assert found.acknowledged > 500
    assert found.resent > 0
    wrong = (found.lost, found.doubled, found.unbalanced, found.changed, found.not_fenced)
    assert wrong == (0, 0, 0, 0, 0)
    assert found.unanswered == 0
