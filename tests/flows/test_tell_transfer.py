"""What a transfer is told by: the policy of the row that decided."""

import msgspec
import pytest

from countersign.flows.tell_transfer import policy_of
from countersign.gate.commands import Kind
from countersign.gate.context import Redecision
from countersign.gate.rows import NO_DIGEST, CommandRow

pytestmark = pytest.mark.fast


@pytest.mark.parametrize(
    ("kind", "policy"), [(Kind.DISPATCH, 3), (Kind.HOLD, None), (Kind.RELEASE, None)]
)
def test_a_dispatch_is_told_by_the_policy_that_it_was_decided_again_by(
    kind: Kind, policy: int | None
) -> None:
    detail = msgspec.msgpack.encode(Redecision(3, "rules.amount", ""))
    row = CommandRow(9, kind, 2, bytes(32), bytes(32), 7, NO_DIGEST, "held", detail, b"")
    assert policy_of(row) == policy
