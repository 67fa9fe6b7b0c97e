"""A broken invariant is a bug, not a refusal: it is raised here and caught nowhere.

`assert` is not used for this because `python -O` removes it.
"""


class InvariantBroken(Exception):
    """The program found itself in a state that its author held to be impossible."""


def invariant(condition: object, why: str) -> None:
    """Raise unless `condition` is truthy; `why` says what must hold, without restricted text."""
    if not condition:
        raise InvariantBroken(why)
