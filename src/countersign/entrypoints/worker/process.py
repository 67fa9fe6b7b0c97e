"""A worker as a child process: started with its wiring, waited for, stopped or killed."""

from pathlib import Path

from countersign.entrypoints.child import ChildProcess, Readiness
from countersign.entrypoints.worker.main import Wiring
from countersign.kernel.refusal import Kind, Refusal

START_SECONDS_MAX = 60.0


class WorkerDidNotStart(Refusal):
    """The worker did not start: {why}."""

    code = "worker.did_not_start"
    kind = Kind.UNAVAILABLE
    chinese = "工作程序未能啟動：{why}"


class WorkerProcess(ChildProcess[Readiness]):
    """One worker of this machine."""

    def __init__(self, wiring: Wiring, *, log_file: Path | None = None) -> None:
        super().__init__(
            "countersign.entrypoints.worker.main",
            wiring,
            says=Readiness,
            did_not_start=WorkerDidNotStart,
            start_seconds_max=START_SECONDS_MAX,
            log_file=log_file,
        )
