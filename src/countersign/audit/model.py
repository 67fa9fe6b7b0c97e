"""Values of the stored log."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCheckpoint:
    """A signed note as it was published, unchecked."""

    size: int
    note: str
    made_ms: int
