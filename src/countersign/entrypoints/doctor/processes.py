"""Checks of what runs, and of what this machine gives it."""

import contextlib
import os
import resource
import socket
from pathlib import Path

import msgspec

from countersign.channels.versions import VERSIONS
from countersign.entrypoints.doctor.model import Level, Site, Verdict, fault, fine, refused, warning
from countersign.entrypoints.rail import main as rail_main
from countersign.entrypoints.worker import main as worker_main
from countersign.gate.client import FrameRefused, GateClient, GateUnreachable, short_address
from countersign.gate.queries import GateStatus, read_gate_status
from countersign.gate.requests import OPERATOR_SOCKET, Query
from countersign.infra.iso20022.errors import NoSchema
from countersign.infra.iso20022.schemas import find_schema
from countersign.kernel.refusal import refusal_class

_ANSWER_SECONDS = 3.0
_FROZEN = frozenset("Tt")  # Stopped by a signal, or by a debugger.
_FILES_LEAST = 256
_FILES_WANTED = 1024
_REPLAY_MANY = 500_000  # Five times as many as between two snapshots.


def run(site: Site) -> Verdict | None:
    """Somebody keeps everything alive."""
    if site.installation is None:
        return None
    if site.runner is None and listens(site.installation.sockets):
        return _GATE_LEFT
    if site.runner is None:
        return warning(
            "`countersign run` does not run for this folder; start it.",
            "此資料夾的 `countersign run` 未執行；請啟動。",
        )
    return fine(
        f"`countersign run` runs as process {site.runner}.",
        f"`countersign run` 正在執行，程序為 {site.runner}。",
    )


def gate(site: Site) -> Verdict | None:
    """The gate answers on the operator's socket."""
    if site.installation is None:
        return None
    sockets = site.installation.sockets
    if not listens(sockets):
        return _NOT_RUNNING if site.runner is None else _GATE_SILENT
    try:
        with GateClient(sockets, OPERATOR_SOCKET, timeout_seconds=_ANSWER_SECONDS) as client:
            answer = client.ask(Query.STATUS, None)
        return gate_verdict(read_gate_status(answer))
    except (GateUnreachable, msgspec.MsgspecError):
        return _GATE_SILENT
    except FrameRefused as error:
        return refused(refusal_class(error.code)())


def gate_verdict(status: GateStatus) -> Verdict:
    """What is to be said of a gate that answers."""
    behind = status.commands - status.report.snapshot_size
    if behind > _REPLAY_MANY:
        return warning(
            f"No snapshot was taken for {behind} commands, so the next start replays them all; see"
            " gate.snapshot_failed and gate.snapshot_not_stored in what `countersign run` writes,"
            " and memory and disk of this machine.",
            f"已有 {behind} 個命令未納入快照，下次啟動須全部重放；請查看 `countersign run` 輸出中的"
            " gate.snapshot_failed 與 gate.snapshot_not_stored，以及本機的記憶體與磁碟。",
        )
    return fine(
        f"The gate answers: term {status.term}, batch {status.seq}, {status.commands} commands.",
        f"閘口有回應：任期 {status.term}、批次 {status.seq}、{status.commands} 個命令。",
    )


def worker(site: Site) -> Verdict | None:
    """The worker of the one that runs lives, and somebody is at work on the database."""
    if site.runner is None:
        return None
    if not lives(worker_main.__name__, site.runner):
        return gone("worker", "工作程序")
    row = site.reader.execute(_AT_WORK).fetchone() if site.reader is not None else None
    if row is None:
        return fault(
            "The worker lives, but nobody is at work on the database, so nothing is sent to the"
            " rail; if it stays so, see what `countersign run` writes.",
            "工作程序存在，但沒有程序在資料庫上工作，因此未向清算系統送出任何內容；"
            "若持續如此，請查看 `countersign run` 的輸出。",
        )
    return fine("The worker lives and is at work.", "工作程序存在且正在工作。")


def rail(site: Site) -> Verdict | None:
    """The simulated rail of the one that runs lives."""
    # It is not connected to: it would send here what the worker waits for.
    if site.runner is None:
        return None
    if not lives(rail_main.__name__, site.runner):
        return gone("rail", "模擬清算系統")
    return fine("The simulated rail lives.", "模擬清算系統存在。")


def schemas(site: Site) -> Verdict | None:
    """The official schemas that files from outside are held against."""
    folder = site.settings.schema_dir if site.settings else None
    for message in VERSIONS:
        try:
            find_schema(message, schema_dir=folder)
        except NoSchema as refusal:
            return refused(refusal, Level.WARN)
    return fine("The ISO 20022 schemas are there.", "ISO 20022 綱要齊備。")


def open_files(site: Site) -> Verdict:
    """Enough files and sockets may be open at once."""
    del site
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    is_enough = limit == resource.RLIM_INFINITY or limit >= _FILES_WANTED
    if is_enough:
        return fine("Enough files may be open at once.", "可同時開啟的檔案數足夠。")
    english = (
        f"Only {limit} files may be open at once, so peers may be turned away; raise the limit to"
        f" {_FILES_WANTED} (`ulimit -n`)."
    )
    chinese = (
        f"僅能同時開啟 {limit} 個檔案，連線可能被拒；"
        f"請將上限提高至 {_FILES_WANTED}（`ulimit -n`）。"
    )
    return fault(english, chinese) if limit < _FILES_LEAST else warning(english, chinese)


_NOT_RUNNING = warning(
    "The gate does not run; start it with `countersign run`.",
    "閘口未執行；請以 `countersign run` 啟動。",
)
_GATE_LEFT = fault(
    "A gate runs without `countersign run`, which was killed: nobody looks after it, and it ends by"
    " itself within seconds. If it stays, end its process (python -m countersign.entrypoints"
    ".gate.main) by its number, then start `countersign run`.",
    "有閘口正在執行，但 `countersign run` 已被強制終止：無人看管此閘口，它會在數秒內自行結束。"
    "若仍存在，請依程序編號結束其程序（`python -m countersign.entrypoints.gate.main`），"
    "然後啟動 `countersign run`。",
)
_GATE_SILENT = fault(
    "The gate does not answer; see what `countersign run` writes, and stop and start it if that"
    " does not pass.",
    "閘口沒有回應；請查看 `countersign run` 的輸出，若未恢復請停止後重新啟動。",
)
# The lock of the worker that works; the others wait for it.
_AT_WORK = """
    SELECT 1 FROM pg_catalog.pg_locks AS l
    JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid AND a.datname = current_database()
    WHERE l.locktype = 'advisory' AND l.granted AND a.application_name = 'countersign worker'
    LIMIT 1
"""


def gone(english: str, chinese: str) -> Verdict:
    return fault(
        f"The {english} has ended or is frozen, though `countersign run` lives, which starts it"
        f" again, each time after a longer pause; see what that writes of the {english}.",
        f"`countersign run` 仍在執行，但{chinese}已結束或被凍結；"
        f"已結束者會由它重新啟動，間隔逐次加長。請查看其關於{chinese}的輸出。",
    )


def listens(sockets: Path) -> bool:
    try:
        path, descriptor = short_address(sockets, OPERATOR_SOCKET)
    except FileNotFoundError:
        return False
    try:
        with socket.socket(socket.AF_UNIX) as end:
            end.settimeout(_ANSWER_SECONDS)
            end.connect(path)
    except (ConnectionRefusedError, FileNotFoundError):
        return False
    except TimeoutError:
        return True  # It is there, and too busy to take another: the question will tell.
    finally:
        os.close(descriptor)
    return True


def lives(module: str, parent: int) -> bool:
    """Whether a process that runs this module was started by that one, and is not frozen."""
    wanted = [b"-m", module.encode(), b"%d" % parent]
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        # One that ended meanwhile is gone, and a dead one has no arguments any more.
        with contextlib.suppress(OSError):
            if (folder / "cmdline").read_bytes().split(b"\0")[1:4] == wanted:
                state = (folder / "stat").read_text(errors="replace").rpartition(") ")[2][:1]
                return state not in _FROZEN
    return False
