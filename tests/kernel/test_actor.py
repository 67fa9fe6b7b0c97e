import pytest

from countersign.kernel.actor import Actor, ActorKind
from countersign.kernel.invariant import InvariantBroken

pytestmark = pytest.mark.fast


def test_a_persons_name_does_not_show_in_repr() -> None:
    ada = Actor(kind=ActorKind.PERSON, id="p-1", name="Ada Okafor")
    assert "Okafor" not in repr(ada)
    assert "p-1" in repr(ada)


def test_the_name_is_no_part_of_who_it_is() -> None:
    before = Actor(kind=ActorKind.PERSON, id="p-1", name="Ada Okafor")
    after = Actor(kind=ActorKind.PERSON, id="p-1", name="Ada Lim")
    service = Actor(kind=ActorKind.SERVICE, id="p-1", name="Ada Okafor")
    assert before == after
    assert before != service


def test_nobody_acts_without_kind_and_id() -> None:
    with pytest.raises(InvariantBroken):
        Actor(kind=ActorKind.JOB, id="", name="nightly")
    with pytest.raises(InvariantBroken):
        Actor(kind="root", id="1", name="root")  # type: ignore[arg-type]
