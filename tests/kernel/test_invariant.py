import pytest

from countersign.kernel.invariant import InvariantBroken, invariant
from countersign.kernel.refusal import Refusal

pytestmark = pytest.mark.fast


@pytest.mark.parametrize("condition", [True, 1, "text", [0]])
def test_what_holds_passes(condition: object) -> None:
    invariant(condition, "holds")


@pytest.mark.parametrize("condition", [False, None, 0, "", []])
def test_what_does_not_hold_raises_with_its_reason(condition: object) -> None:
    with pytest.raises(InvariantBroken, match=r"^postings sum to zero$"):
        invariant(condition, "postings sum to zero")


def test_a_bug_is_never_caught_as_a_refusal() -> None:
    assert not issubclass(InvariantBroken, Refusal)
