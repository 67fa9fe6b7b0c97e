"""A look at a transfer's parties: its own leaf in the log, and nothing moves."""

import pytest
from tests.support.gate import REASON, Harness

from countersign.access.model import CONSOLE, NO_TOKEN, WORKER, Permission
from countersign.gate import commands

pytestmark = pytest.mark.fast


@pytest.fixture
def gate() -> Harness:
    return Harness().start().a_city()


def test_a_look_has_its_leaf_and_moves_nothing(gate: Harness) -> None:
    number = gate.place(amount=100).number
    before = gate.engine.state.open[number]
    status, size = before.status, gate.engine.state.log.size
    answer = gate.do(commands.Reveal(number, REASON), credential=CONSOLE)
    assert (answer.outcome, answer.number) == ("ok", size)
    assert gate.engine.state.log.size == size + 1
    assert gate.engine.state.open[number].status == status
    row = gate.disk.batches[-1].commands[0]
    assert (row.kind, row.credential, row.transfer) == (commands.Kind.REVEAL, CONSOLE, 0)
    assert commands.decode(row.kind, row.body) == commands.Reveal(number, REASON)


def test_a_transfer_that_ended_is_looked_at_as_well(gate: Harness) -> None:
    number = gate.place(amount=100).number
    gate.do(commands.Cancel(number, REASON))
    assert number not in gate.engine.state.open
    assert gate.do(commands.Reveal(number, REASON)).outcome == "ok"


def test_what_is_not_in_the_log_yet_is_not_looked_at(gate: Harness) -> None:
    ahead = gate.engine.state.next_number
    assert gate.do(commands.Reveal(ahead, REASON)).outcome == "transfers.unknown"


def test_only_people_look(gate: Harness) -> None:
    number = gate.place(amount=100).number
    for credential in (gate.channel, WORKER):
        answer = gate.do(commands.Reveal(number, REASON), credential=credential)
        assert answer.outcome == "access.not_permitted"
    token = commands.SetCredential(
        0, "curious", NO_TOKEN, [Permission.TRANSFERS_REVEAL], is_active=True
    )
    assert gate.do(token).outcome == "access.not_grantable"


@pytest.mark.parametrize("with_snapshot", [True, False])
def test_a_restart_decides_it_again_alike(gate: Harness, *, with_snapshot: bool) -> None:
    number = gate.place(amount=100).number
    gate.do(commands.Reveal(number, REASON))
    if with_snapshot:
        gate.keep_snapshot()
    gate.do(commands.Reveal(10**9, REASON))
    root = gate.engine.state.chain.root
    assert gate.restarted().start().engine.state.chain.root == root
