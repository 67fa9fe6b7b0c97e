"""What one gate process counts of itself."""

from dataclasses import dataclass


@dataclass(slots=True)
class Statistics:
    """Counted since the start of the process."""

    batches: int = 0
    commands: int = 0
    duplicates: int = 0
    reloads: int = 0
    unknown_outcomes: int = 0
    faults: int = 0
    replayed: int = 0
