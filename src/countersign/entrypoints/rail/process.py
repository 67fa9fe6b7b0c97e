"""A simulated rail as a child process: started with its wiring, waited for, stopped or killed."""

from pathlib import Path

from countersign.entrypoints import child
from countersign.entrypoints.rail.errors import RailDidNotStart
from countersign.entrypoints.rail.main import Wiring

START_SECONDS_MAX = 30.0


class Readiness(child.Readiness, frozen=True):
    """What a rail says once, when it serves or refuses to."""

    known: int = 0  # Transfers accepted before this start.


class RailProcess(child.ChildProcess[Readiness]):
    """One simulated rail of this machine."""

    def __init__(self, wiring: Wiring, *, log_file: Path | None = None) -> None:
        super().__init__(
            "countersign.entrypoints.rail.main",
            wiring,
            says=Readiness,
            did_not_start=RailDidNotStart,
            start_seconds_max=START_SECONDS_MAX,
            log_file=log_file,
        )
