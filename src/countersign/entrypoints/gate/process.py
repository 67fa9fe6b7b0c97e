"""A gate as a child process: started with its wiring, waited for, stopped or killed."""

from pathlib import Path

from countersign.entrypoints import child
from countersign.entrypoints.gate.main import Wiring
from countersign.kernel.refusal import Kind, Refusal

START_SECONDS_MAX = 300.0


class GateDidNotStart(Refusal):
    """The gate did not start: {why}."""

    code = "gate.did_not_start"
    kind = Kind.UNAVAILABLE
    chinese = "閘口未能啟動：{why}"


class Readiness(child.Readiness, frozen=True):
    """What a gate says once, when it serves or refuses to."""

    term: int = 0
    replayed: int = 0  # Commands of the tail.
    loaded_ms: int = 0  # Loading, replay and comparison with the tables.


class GateProcess(child.ChildProcess[Readiness]):
    """One gate process of this machine."""

    def __init__(self, wiring: Wiring, *, log_file: Path | None = None) -> None:
        super().__init__(
            "countersign.entrypoints.gate.main",
            wiring,
            says=Readiness,
            did_not_start=GateDidNotStart,
            start_seconds_max=START_SECONDS_MAX,
            log_file=log_file,
        )
