"""Who looked at the parties of one transfer in clear, and when.

It is no part of the transfer's story: who ordered it reads that, and is not to learn that somebody
looks.
"""

import msgspec

from countersign.access.queries import actors
from countersign.gate.journal.bridge import Connection
from countersign.gate.journal.looks import read_looks
from countersign.infra.clock import moment

LOOKS_MAX = 100


class LookTold(msgspec.Struct, frozen=True, kw_only=True):
    """One look; the reason is sealed with it."""

    number: int  # The index of its leaf in the audit log.
    time: str  # RFC 3339.
    by: str


def looks_at(connection: Connection, transfer: int) -> list[LookTold]:
    """The newest looks at a transfer, the newest first; at most LOOKS_MAX."""
    rows = read_looks(connection, transfer, count_max=LOOKS_MAX)
    by = actors(connection, (row.credential for row in rows))
    return [
        LookTold(number=row.number, time=moment(row.batch_ms), by=by[row.credential].name)
        for row in rows
    ]
