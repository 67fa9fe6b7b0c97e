"""The API as a child process: started with its wiring, waited for, stopped or killed."""

from pathlib import Path

from countersign.entrypoints.api.errors import ApiDidNotStart
from countersign.entrypoints.api.main import ApiReadiness, Wiring
from countersign.entrypoints.child import ChildProcess

START_SECONDS_MAX = 60.0


class ApiProcess(ChildProcess[ApiReadiness]):
    """One API of this machine."""

    def __init__(self, wiring: Wiring, *, log_file: Path | None = None) -> None:
        super().__init__(
            "countersign.entrypoints.api.main",
            wiring,
            says=ApiReadiness,
            did_not_start=ApiDidNotStart,
            start_seconds_max=START_SECONDS_MAX,
            log_file=log_file,
        )
