"""An inbox as a child process: started with its wiring, waited for, stopped or killed."""

from pathlib import Path

from countersign.entrypoints.child import ChildProcess, Readiness
from countersign.entrypoints.inbox.main import Wiring
from countersign.kernel.refusal import Kind, Refusal

START_SECONDS_MAX = 60.0


class InboxDidNotStart(Refusal):
    """The watched folder's process did not start: {why}."""

    code = "inbox.did_not_start"
    kind = Kind.UNAVAILABLE
    chinese = "監看資料夾的程序未能啟動：{why}"


class InboxProcess(ChildProcess[Readiness]):
    """One inbox of this machine."""

    def __init__(self, wiring: Wiring, *, log_file: Path | None = None) -> None:
        super().__init__(
            "countersign.entrypoints.inbox.main",
            wiring,
            says=Readiness,
            did_not_start=InboxDidNotStart,
            start_seconds_max=START_SECONDS_MAX,
            log_file=log_file,
        )
