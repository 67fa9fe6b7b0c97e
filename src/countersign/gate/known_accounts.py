"""Which accounts are open here, as the intake knows before it seals anything.

An account is never closed, so what was found stays found; what was not is asked for each time. An
order of an unknown account is refused before it leaves anything but its leaf.
"""

from collections.abc import Callable, Iterable

from countersign.gate.journal.standing import open_accounts
from countersign.infra.kept_connection import Connection, KeptConnection

_KNOWN_MAX = 1_000_000


class KnownAccounts:
    """The blind indexes of open accounts. Belongs to one thread."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._line = KeptConnection(connect)
        self._known: set[bytes] = set()

    def unknown_of(self, indexes: Iterable[bytes]) -> set[bytes]:
        """Those that are no account of this house."""
        unknown = set(indexes) - self._known
        if unknown:
            found = self._open_of(unknown)
            if len(self._known) + len(found) > _KNOWN_MAX:
                self._known.clear()
            self._known |= found
            unknown -= found
        return unknown

    def close(self) -> None:
        self._line.close()

    def _open_of(self, indexes: set[bytes]) -> set[bytes]:
        return self._line.run(lambda connection: open_accounts(connection, list(indexes)))
