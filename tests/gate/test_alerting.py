"""Alerts in the gate: raised in the commit of a decision, ended by command, kept over a restart."""

import msgspec
import pytest
from tests.support.gate import REASON, TODAY, Harness
from tests.support.policies import a_policy, a_rule, a_typology

from countersign.alerts.model import AlertStatus
from countersign.gate import commands
from countersign.rules.model import Policy

pytestmark = pytest.mark.fast


def watching(threshold: int = 100) -> Policy:
    """Alert, and hold nothing, from an amount on."""
    rules = [a_rule("watched", f"amount >= {threshold}")]
    typology = a_typology("watch", ["rules.watched"], alert=100, interdiction=None)
    watched: Policy = msgspec.structs.replace(a_policy(), rules=rules, typologies=[typology])
    return watched


@pytest.fixture
def gate() -> Harness:
    gate = Harness().start().a_city()
    gate.set_policy(watching())
    return gate


def test_it_is_raised_with_the_order_and_ended_by_command(gate: Harness) -> None:
    number = gate.place(amount=100).number
    assert gate.disk.alerts[number].typologies == "typologies.watch=100"
    assert gate.do(commands.AcknowledgeAlert(number)).outcome == "ok"
    again = gate.do(commands.AcknowledgeAlert(number))
    assert again.outcome == "alerts.already_acknowledged"
    wrong = gate.do(commands.CloseAlert(number, "nonsense", REASON))
    assert wrong.outcome == "alerts.unknown_disposition"
    closed = gate.do(commands.CloseAlert(number, "false_positive", REASON))
    assert closed.outcome == "ok"
    stored = gate.disk.alerts[number]
    assert stored.status == AlertStatus.CLOSED
    assert (stored.disposition, stored.changed_by) == ("false_positive", closed.number)
    assert gate.do(commands.CloseAlert(number, "suspicious", REASON)).outcome == "alerts.unknown"
    assert gate.engine.state.alerts == {}


def test_an_unknown_one_is_refused(gate: Harness) -> None:
    assert gate.do(commands.AcknowledgeAlert(12_345)).outcome == "alerts.unknown"


def test_dispatch_raises_what_is_new_and_nothing_twice(gate: Harness) -> None:
    number = gate.place(amount=100, day=TODAY + 1).number
    quiet = gate.place(amount=50, day=TODAY + 1).number
    gate.clock.now += 86_400_000
    assert gate.dispatch(number).outcome == "dispatched"
    assert list(gate.disk.alerts) == [number]
    gate.set_policy(watching(threshold=50))
    answer = gate.dispatch(quiet)
    assert answer.outcome == "dispatched"
    raised = gate.disk.alerts[answer.number]
    assert (raised.number, raised.transfer) == (answer.number, quiet)


@pytest.mark.parametrize("with_snapshot", [True, False])
def test_open_ones_outlive_a_restart(gate: Harness, *, with_snapshot: bool) -> None:
    first, second = gate.place(amount=100).number, gate.place(amount=101).number
    gate.do(commands.CloseAlert(first, "inconclusive", REASON))
    gate.do(commands.AcknowledgeAlert(second))
    if with_snapshot:
        gate.keep_snapshot()
    again = gate.restarted().start()
    assert list(again.engine.state.alerts) == [second]
    assert again.engine.state.alerts[second].status == AlertStatus.ACKNOWLEDGED
    assert again.do(commands.CloseAlert(second, "suspicious", REASON)).outcome == "ok"
