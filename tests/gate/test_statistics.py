"""What a gate counts of itself."""

import pytest
from tests.support.gate import Harness

from countersign.gate.commands import Kind

pytestmark = pytest.mark.fast


def test_a_gate_counts_what_it_decided_and_in_what_batches() -> None:
    gate = Harness().start().a_city()
    before = gate.engine.report()
    alone = gate.submission(gate.order(), credential=gate.channel)
    gate.engine.submit(alone)
    gate.engine.drain()
    together = [gate.order(salt=str(n)) for n in range(3)]
    for order in [*together, gate.order(debtor="nobody")]:
        gate.engine.submit(gate.submission(order, credential=gate.channel))
    assert gate.engine.report().queued == 4
    gate.engine.drain()
    gate.engine.submit(alone)
    gate.engine.drain()
    after = gate.engine.report()
    assert after.queued == 0
    assert (after.batches - before.batches, after.commands - before.commands) == (2, 5)
    assert after.duplicates - before.duplicates == 1
    orders = {outcome: n for kind, outcome, n in after.outcomes if kind == Kind.ORDER}
    assert orders == {"released": 4, "accounts.unknown": 1}
    sizes = dict(zip((*after.batch_sizes.bounds, 0), after.batch_sizes.counts, strict=True))
    assert sizes[4] == 1  # Of four; all others were alone.
    assert sizes[1] == after.batches - 1
    for durations in (after.batch_us, after.commit_us):
        assert sum(durations.counts) == after.batches
        assert durations.total >= 0
    assert after.batch_us.total >= after.commit_us.total
