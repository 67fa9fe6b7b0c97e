"""Who acts: every change and each sensitive read names one actor; none is anonymous."""

from dataclasses import dataclass, field
from enum import StrEnum

from countersign.kernel.invariant import invariant


class ActorKind(StrEnum):
    PERSON = "person"
    SERVICE = "service"
    JOB = "job"
    CREDENTIAL = "credential"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    kind: ActorKind
    id: str
    name: str = field(repr=False, compare=False)  # A person's name must not reach a log by repr.

    def __post_init__(self) -> None:
        invariant(isinstance(self.kind, ActorKind), "an actor has a kind")
        invariant(self.id, "an actor has an id")
