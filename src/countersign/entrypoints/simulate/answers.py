"""What ends a simulation: an instance that does not let its customers do what they must."""

from countersign.entrypoints.simulate.client import Reply
from countersign.entrypoints.simulate.errors import RefusedThere

_DENIED = frozenset({401, 403})


def require_ok(reply: Reply, what: str) -> None:
    """Raises RefusedThere, which says what was refused."""
    if not reply.is_ok:
        raise RefusedThere(what=what, status=reply.status, refusal=reply.code)


def require_allowed(reply: Reply, what: str) -> None:
    """Raises RefusedThere for who may not; any other refusal is part of life."""
    if reply.status in _DENIED:
        raise RefusedThere(what=what, status=reply.status, refusal=reply.code)
