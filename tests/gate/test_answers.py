"""A resent request gets the answer that stands in the journal, and only its own."""

import pytest
from tests.support.gate import REASON, Harness, index_of

from countersign.gate import commands
from countersign.gate.errors import Tampered
from countersign.gate.journal.protocol import KeyRow

pytestmark = pytest.mark.fast

KEY = b"k" * 16
OTHER = b"o" * 16


@pytest.fixture
def gate() -> Harness:
    """An order and a freeze, each answered under a key."""
    gate = Harness().start().a_city()
    gate.place(key=KEY)
    gate.do(commands.Freeze(index_of("x"), REASON), key=KEY)
    gate.do(commands.Freeze(index_of("y"), REASON), key=OTHER)
    return gate


def test_an_order_and_a_command_of_one_key_are_two_requests(gate: Harness) -> None:
    """A key is unique to the credential that used it, so nobody hears another one's answer."""
    order = gate.place(key=KEY)
    freeze = gate.do(commands.Freeze(index_of("x"), REASON), key=KEY)
    assert (order.outcome, freeze.outcome) == ("released", "ok")
    assert order.number != freeze.number


@pytest.mark.parametrize("what", ["of another command", "of another credential", "of none"])
def test_a_key_that_points_elsewhere_is_never_answered(gate: Harness, what: str) -> None:
    """Whoever can write the table could else show a channel the answer to another one's request."""
    keys = gate.disk.keys
    order, freeze = keys[gate.channel, KEY], keys[1, OTHER]
    keys[gate.channel, KEY] = {
        "of another command": replace_number(order, freeze.number),
        "of another credential": replace_number(order, keys[1, KEY].number),
        "of none": replace_number(order, 10**9),
    }[what]
    before = len(gate.every_answer)
    with pytest.raises(Tampered):
        gate.place(key=KEY)
    assert len(gate.every_answer) == before


def test_a_key_with_another_body_hash_is_never_answered(gate: Harness) -> None:
    keys = gate.disk.keys
    keys[gate.channel, KEY] = keys[gate.channel, KEY]._replace(mac=b"\x01" + b"forged hash 0123")
    with pytest.raises(Tampered):
        gate.place(key=KEY)


def replace_number(row: KeyRow, number: int) -> KeyRow:
    return row._replace(number=number)
