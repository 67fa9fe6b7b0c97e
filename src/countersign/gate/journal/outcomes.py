"""What the server's word about a failed commit means: whose fault it is, by its SQLSTATE."""

from countersign.gate.journal.protocol import CommitHindered, CommitRefused
from countersign.infra.pipeline import StatementFailed

UNIQUE_VIOLATION = "23505"
FOREIGN_KEY_VIOLATION = "23503"
# Classes that a command's own data can cause: one row twice in a statement, a value that no column
# takes, a broken constraint, a limit of the server. All else is the server's own trouble.
_CAUSED_BY_DATA = frozenset({"21", "22", "23", "54"})


def refused(error: StatementFailed) -> CommitRefused:
    """Why the batch is certainly not committed."""
    if error.sqlstate[:2] not in _CAUSED_BY_DATA:
        return CommitHindered(str(error))
    is_conflict = error.sqlstate in {UNIQUE_VIOLATION, FOREIGN_KEY_VIOLATION}
    is_taken = is_conflict and error.table == "gate.batch"
    return CommitRefused(str(error), is_taken=is_taken)
