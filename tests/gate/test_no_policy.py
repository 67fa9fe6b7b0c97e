"""Where no policy was ever set, nothing is decided; with one, the same order is."""

import pytest
from tests.support.gate import Harness

from countersign.accounts.model import AccountKind

pytestmark = pytest.mark.fast


def test_an_order_without_a_policy_is_refused_and_changes_nothing() -> None:
    gate = Harness().start()
    gate.open_account("settlement", kind=AccountKind.SETTLEMENT)
    gate.fund(gate.open_account("ada"), 100_000_000)
    gate.channel = gate.create_credential("erp")
    refused = gate.place(salt="early")
    assert refused.outcome == "gate.no_policy"
    assert gate.engine.state.open == {}
    gate.set_policy()
    assert gate.place(salt="late").outcome in {"released", "held"}
    assert len(gate.engine.state.open) == 1
