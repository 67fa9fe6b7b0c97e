"""What `countersign run` keeps alive: the database server, the gate, rail, worker and console.

Rules: 1. Whatever is waited for, a stop ends the wait. 2. A server that died is started again, a
few times in a row and no more. 3. The gate rides that out; one that ended all the same while its
database was gone is started again, and one that ended for any other reason ends everything, because
somebody has to look. 4. Nothing runs any more and no socket is left when `stop` returns.
"""

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import TypeVar

from countersign.entrypoints.api.main import ApiReadiness
from countersign.entrypoints.console.wiring import ConsoleReadiness
from countersign.entrypoints.figures import (
    ProcessFigures,
    RunFigures,
    clear_figures,
    write_figures,
)
from countersign.entrypoints.gate.main import EXIT_FENCED
from countersign.entrypoints.gate.process import Readiness
from countersign.entrypoints.installation import Installation
from countersign.entrypoints.processes import (
    api_of,
    console_of,
    gate_of,
    inbox_of,
    rail_of,
    worker_of,
)
from countersign.entrypoints.rail.behaviour import Behaviour
from countersign.entrypoints.rail.main import SOCKET_NAME
from countersign.entrypoints.supervision import Supervised
from countersign.gate.front import IDENTITIES
from countersign.infra.clock import monotonic
from countersign.infra.database import Database
from countersign.infra.logs import get_logger
from countersign.infra.postgres.cluster import EmbeddedCluster
from countersign.infra.postgres.errors import StartFailed
from countersign.kernel.refusal import Kind, Refusal
from countersign.rails.model import Patience

_log = get_logger(__name__)
_Result = TypeVar("_Result")
_TURN_SECONDS = 0.2
_STEADY_SECONDS = 60.0
_RESTARTS_IN_A_ROW_MAX = 5
# A gate that ended so soon after its database came back ended because it had been gone.
_AFTERMATH_SECONDS = 10.0


class StopAsked(Exception):
    """Somebody wants everything to stop, so what was waited for is not wanted any more."""


class DatabaseKeepsDying(Refusal):
    """The database server of {folder} died again, after {times} restarts in a row.

    See its log in postgres/log below that folder, and memory and disk of this machine; mend the
    cause, then start again.
    """

    code = "run.database_keeps_dying"
    kind = Kind.UNAVAILABLE
    chinese = (
        "{folder} 的資料庫伺服器在連續重新啟動 {times} 次後再度中止。"
        "請查看該資料夾下 postgres/log 中的日誌以及本機的記憶體與磁碟，排除原因後重新啟動。"
    )


class GateEnded(Refusal):
    """The gate ended by itself with exit status {status}: {why}; so everything was stopped.

    What it logged last says more. Run `countersign doctor`, mend what it says, and start again.
    """

    code = "run.gate_ended"
    kind = Kind.UNAVAILABLE
    chinese = (
        "閘口自行結束，結束狀態為 {status}：{why}；因此一切皆已停止。"
        "其最後的日誌有更多說明。請執行 `countersign doctor`，依其指示處理後重新啟動。"
    )


def unless_stopped(work: Callable[[], _Result], stopping: threading.Event) -> _Result:
    """Do it on a thread that is left behind when a stop is asked for; raises StopAsked then."""
    outcome: Future[_Result] = Future()

    def do() -> None:
        try:
            outcome.set_result(work())
        except BaseException as error:  # noqa: BLE001  # Raised where it is waited for.
            outcome.set_exception(error)

    thread = threading.Thread(target=do, name="starting", daemon=True)
    thread.start()
    while thread.is_alive():
        if stopping.is_set():
            raise StopAsked
        thread.join(_TURN_SECONDS)
    return outcome.result()


class KeptServer:
    """The embedded server, started again when it died."""

    def __init__(self, cluster: EmbeddedCluster, stopping: threading.Event) -> None:
        self._cluster = cluster
        self._stopping = stopping
        self.starts = 0
        self._started = 0.0
        self._in_a_row = 0

    @property
    def is_running(self) -> bool:
        return self._cluster.is_running

    def start(self) -> None:
        try:
            self._cluster.start(is_wanted=lambda: not self._stopping.is_set())
            self.starts += 1
        except StartFailed:
            if self._stopping.is_set():
                raise StopAsked from None
            raise
        finally:
            self._started = monotonic()

    def look_after(self) -> bool:
        """Start it again if it is gone, and tell whether it was."""
        if self._cluster.is_running:
            return False
        if monotonic() - self._started >= _STEADY_SECONDS:
            self._in_a_row = 0
        _log.error("run.database_gone", restarts_in_a_row=self._in_a_row)
        if self._in_a_row >= _RESTARTS_IN_A_ROW_MAX:
            raise DatabaseKeepsDying(
                folder=str(self._cluster.folders.root), times=_RESTARTS_IN_A_ROW_MAX
            )
        self._in_a_row += 1
        try:
            self.start()
        except StartFailed as refusal:  # It may have been killed again on its way up.
            _log.error("run.database_not_back", why=refusal.sentence())
        else:
            _log.info("run.database_back")
        return True

    def stop(self) -> None:
        self._cluster.stop()


class Running:
    """Gate, rail, worker and console of one installation over its running database."""

    def __init__(
        self,
        installation: Installation,
        database: Database,
        *,
        server: KeptServer | None,  # None where someone else runs the server.
        behaviour: Behaviour,
        stopping: threading.Event,
    ) -> None:
        self._installation = installation
        self._server = server
        self._stopping = stopping
        self._gate = gate_of(installation, database)
        self._is_gate_launched = False
        self._is_gate_serving = False
        self._gate_starts = 0
        self._told: RunFigures | None = None
        self._excused_until = 0.0
        seed = int.from_bytes(installation.instance[:4], "big")
        self._api = Supervised("api", lambda: api_of(installation, database))
        self._console = Supervised("console", lambda: console_of(installation, database))
        self._others = [
            self._api,
            Supervised("rail", lambda: rail_of(installation, behaviour, seed=seed)),
            Supervised("worker", lambda: worker_of(installation, database, patience=Patience())),
            self._console,
        ]
        watched = installation.settings.watch_dir
        if watched is not None:
            make = partial(inbox_of, installation, database, watched)
            self._others.append(Supervised("inbox", make))

    def start_gate(self) -> Readiness:
        """Start the gate and wait until it serves."""
        self._is_gate_serving = False
        self._gate.launch()
        self._is_gate_launched = True
        self._gate_starts += 1
        while not self._stopping.is_set():
            said = self._gate.hear(_TURN_SECONDS)
            if said is not None:
                self._is_gate_serving = True
                return said
        raise StopAsked

    @property
    def api_port(self) -> int:
        """Where the API listens; it may have been left to the system."""
        said = self._api.said
        return said.port if isinstance(said, ApiReadiness) else 0

    def start_others(self) -> None:
        """Start the others and wait until they work; raises what they say against it."""
        clear_figures(self._installation.data_dir)
        for other in self._others:
            other.begin()
        while not all(other.is_ready() for other in self._others):
            self._look_after_gate()
            if self._stopping.wait(_TURN_SECONDS):
                raise StopAsked

    def join(self, other: Supervised) -> None:
        """Have somebody more kept alive; nobody waits for it."""
        self._others.append(other)
        other.begin()

    def look_after_all(self) -> None:
        """Until a stop is asked for, which raises StopAsked; raises also what ends everything."""
        while not self._stopping.wait(_TURN_SECONDS):
            self._look_after_gate()
            for other in self._others:
                other.look_after()
            self._tell()
        raise StopAsked

    def stop(self) -> None:
        """In order: who asks the gate, then the gate; by force whoever does not end soon."""
        for other in reversed(self._others):
            other.stop()
        if self._is_gate_launched:
            self._stop_gate()
        for name in (*IDENTITIES, SOCKET_NAME):
            with contextlib.suppress(OSError):
                (self._installation.sockets / name).unlink(missing_ok=True)

    def _tell(self) -> None:
        """Leave word of what runs, for the metrics, whenever it has changed."""
        processes = {one.name: ProcessFigures(one.is_up, one.starts) for one in self._others}
        processes["gate"] = ProcessFigures(self._is_gate_serving, self._gate_starts)
        if self._server is not None:
            processes["database"] = ProcessFigures(self._server.is_running, self._server.starts)
        figures = RunFigures(processes, self._addresses())
        if figures != self._told and write_figures(self._installation.data_dir, figures):
            self._told = figures

    def _addresses(self) -> dict[str, str]:
        """Of what has said where it listens."""
        host, said = self._installation.settings.api_host, self._console.said
        shown = f"[{host}]" if ":" in host else host
        found = {"api": f"http://{shown}:{self.api_port}"} if self.api_port else {}
        if isinstance(said, ConsoleReadiness):
            found["console"] = f"http://127.0.0.1:{said.port}"
        return found

    def _stop_gate(self) -> None:
        has_database = self._server is None or self._server.is_running
        if self._is_gate_serving and has_database:
            self._gate.stop()
        else:
            # It can finish nothing, and what it has not answered is safe to send again.
            self._gate.kill()

    def _look_after_gate(self) -> None:
        # Looked at before its database: what ended the one may have ended the other first.
        status = self._gate.process.poll()
        if self._server is not None and self._server.look_after():
            self._excused_until = monotonic() + _AFTERMATH_SECONDS
        if status is None:
            return
        _log.error("run.gate_ended", status=status)
        if status == EXIT_FENCED or monotonic() >= self._excused_until:
            raise GateEnded(status=status, why=_meaning(status))
        self._excused_until = 0.0
        self.start_gate()


def _meaning(status: int) -> str:
    if status < 0:
        return f"signal {-status} killed it"
    if status == EXIT_FENCED:
        return "another gate took over, or what is stored is not what it wrote"
    return "somebody stopped it" if status == 0 else "it failed"
