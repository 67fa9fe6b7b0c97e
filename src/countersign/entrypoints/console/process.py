"""The console as a child process: started with its wiring, waited for, stopped or killed."""

from pathlib import Path

from countersign.entrypoints.child import ChildProcess
from countersign.entrypoints.console.wiring import ConsoleReadiness, Wiring
from countersign.kernel.refusal import Kind, Refusal

START_SECONDS_MAX = 60.0


class ConsoleDidNotStart(Refusal):
    """The console did not start: {why}."""

    code = "console.did_not_start"
    kind = Kind.UNAVAILABLE
    chinese = "主控臺未能啟動：{why}"


class ConsoleProcess(ChildProcess[ConsoleReadiness]):
    """One console of this machine."""

    def __init__(self, wiring: Wiring, *, log_file: Path | None = None) -> None:
        super().__init__(
            "countersign.entrypoints.console.main",
            wiring,
            says=ConsoleReadiness,
            did_not_start=ConsoleDidNotStart,
            start_seconds_max=START_SECONDS_MAX,
            log_file=log_file,
        )
