"""Which field of a request a refusal is about."""

import contextlib
from collections.abc import Iterator

from countersign.kernel.refusal import Refusal


@contextlib.contextmanager
def naming(field: str) -> Iterator[None]:
    """Have a refusal say which field it is about, unless it does."""
    try:
        yield
    except Refusal as refusal:
        refusal.details.setdefault("field", field)
        raise
