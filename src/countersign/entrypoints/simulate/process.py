"""A demo's customers as a child process."""

from pathlib import Path

from countersign.entrypoints.child import ChildProcess, Readiness
from countersign.entrypoints.simulate.main import Wiring
from countersign.kernel.refusal import Kind, Refusal

START_SECONDS_MAX = 120.0


class CustomersDidNotStart(Refusal):
    """The simulated customers did not start: {why}."""

    code = "simulate.did_not_start"
    kind = Kind.UNAVAILABLE
    chinese = "模擬客戶未能啟動：{why}"


class CustomersProcess(ChildProcess[Readiness]):
    """The customers of one instance."""

    def __init__(self, wiring: Wiring, *, log_file: Path | None = None) -> None:
        super().__init__(
            "countersign.entrypoints.simulate.main",
            wiring,
            says=Readiness,
            did_not_start=CustomersDidNotStart,
            start_seconds_max=START_SECONDS_MAX,
            log_file=log_file,
        )
