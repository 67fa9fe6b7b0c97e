"""What debtors and creditors usually do outlives a snapshot, also what is kept by the minute."""

import pytest
from tests.support.gate import TODAY, Harness

from countersign.features import history
from countersign.gate import snapshot

pytestmark = pytest.mark.fast


def test_histories_outlive_a_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "EVENTS_MAX", 3)
    gate = Harness().start().a_city()
    for number in range(12):
        gate.clock.now += 50_000
        gate.place(creditor=f"shop {number % 4}", amount=10 + number % 5, salt=str(number))
    kept = gate.engine.state.features.debtors[2]
    assert kept.older is not None
    assert (kept.count(-1), kept.total(-1)) == (12, sum(10 + n % 5 for n in range(12)))
    content = gate.keep_snapshot()
    again = gate.restarted().start()
    assert snapshot.encode_content(again.engine.state) == content
    # And it goes on from there as the other one does.
    for one in (gate, again):
        one.clock.now += 1
    assert again.place(amount=77, day=TODAY, salt="after").outcome == "released"
    restored = again.engine.state.features.debtors[2]
    assert (restored.count(-1), restored.greatest(-1)) == (13, 77)
