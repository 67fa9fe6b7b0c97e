"""What is proved: the log and its verification, and whether everything is well."""

import re
import threading
from typing import Any, NamedTuple

import psycopg
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from countersign.access.queries import actors
from countersign.audit import queries as audit
from countersign.entrypoints.console.acting import Form, form_action
from countersign.entrypoints.console.filters import of_log
from countersign.entrypoints.console.pages import language_of, render
from countersign.entrypoints.console.site import Site
from countersign.entrypoints.doctor.examination import examine
from countersign.entrypoints.web.numbers import whole_number
from countersign.flows.audit_check.report import AuditReport, Fault
from countersign.flows.tell_reasons import Sentences
from countersign.flows.verify_audit import verify_audit
from countersign.gate.commands import Kind, Reveal, decode
from countersign.gate.head import HeadFile
from countersign.infra.logs import get_logger
from countersign.kernel.refusal import Language

ROWS = 100
FAULTS_SHOWN = 10
_NAMED = re.compile(r"\b(?:\d+|[0-9a-f]{16,}|[A-Z]{3})\b")  # Numbers, hashes, currencies.
_log = get_logger(__name__)
_COMMANDS = """
SELECT c.number, c.kind, c.credential, c.transfer, c.outcome, b.batch_ms,
  CASE WHEN c.kind = %(reveal)s THEN c.body ELSE '' END
FROM gate.command AS c
CROSS JOIN LATERAL (
  SELECT batch_ms FROM gate.batch WHERE first_number <= c.number ORDER BY seq DESC LIMIT 1
) AS b
WHERE c.day >= %(day)s AND (%(before)s::bigint IS NULL OR c.number < %(before)s)
  AND (NOT %(refused)s OR position('.' IN c.outcome) > 0) AND c.kind <> ALL (%(noise)s)
ORDER BY c.day DESC, c.number DESC LIMIT %(limit)s
"""
_DAYS_BACK = 31
_DAY_MS = 86_400_000
# What the worker does for every transfer stands in the transfer's own story.
_NOISE = [int(Kind.DISPATCH), int(Kind.RAIL_STATUS)]


class Seen(NamedTuple):
    """A verification at one moment: the report is that of the last one that ended."""

    is_running: bool
    done: int
    of: int
    report: AuditReport | None
    failed: str
    ended_ms: int


class Verification:
    """The verification of the whole log, one at a time, on a thread of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.is_running = False
        self.done, self.of = 0, 0
        self.report: AuditReport | None = None
        self.failed = ""
        self.ended_ms = 0

    def begin(self, site: Site) -> None:
        """Begin one, unless one runs."""
        with self._lock:
            if self.is_running:
                return
            self.is_running, self.done, self.of = True, 0, 0
        threading.Thread(target=self._run, args=(site,), name="verify", daemon=True).start()

    def seen(self) -> Seen:
        """As it stands now. Read once a page, so that count and list are of one report."""
        is_running = self.is_running  # First: it falls after all else is written.
        return Seen(is_running, self.done, self.of, self.report, self.failed, self.ended_ms)

    def _run(self, site: Site) -> None:
        try:
            with psycopg.connect(site.reader.dsn, application_name="countersign verify") as opened:
                self.report = verify_audit(
                    opened,
                    instance=site.instance,
                    gate_key=site.gate_key,
                    log=site.log,
                    # Read before the journal: what is in the file was durable by then.
                    kept=HeadFile(site.data_dir / "head", site.instance).read(),
                    progress=self._progress,
                )
            self.failed = ""
        except Exception as error:  # noqa: BLE001  # Told on the page, and in the log.
            _log.failure("console.verification_failed", error)
            self.failed = type(error).__name__
        finally:
            self.ended_ms = site.clock.now_ms()
            self.is_running = False

    def _progress(self, done: int, of: int) -> None:
        self.done, self.of = done, of


def log_page(request: Request) -> Response:
    """The newest acts, the newest checkpoint, and the last verification."""
    site: Site = request.app.state.site
    is_refused = request.query_params.get("view") == "refused"
    before = whole_number(request.query_params.get("before", ""))

    def read(connection: Any) -> dict[str, Any]:
        rows = connection.execute(
            _COMMANDS,
            {
                "day": site.clock.now_ms() // _DAY_MS - _DAYS_BACK,
                "before": before,
                "refused": is_refused,
                "noise": _NOISE,
                "reveal": int(Kind.REVEAL),
                "limit": ROWS,
            },
        ).fetchall()
        return {
            "rows": [_act(row) for row in rows],
            "by": actors(connection, {row[2] for row in rows}),
            "newest": audit.newest_checkpoint(connection),
            "words": Sentences(None, language_of(request)),
        }

    verification: Verification = request.app.state.verification
    seen = verification.seen()
    return render(
        request,
        "log.html",
        verification=seen,
        faults=_faults(seen.report, language_of(request)),
        is_refused=is_refused,
        filters=of_log(before, language_of(request), is_refused=is_refused),
        **site.read(read),
    )


def _act(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row of the list; a look, whose row moves no transfer, names the one looked at."""
    number, kind, credential, transfer, outcome, batch_ms, body = row
    if body:
        command = decode(kind, body)
        transfer = command.transfer if isinstance(command, Reveal) else 0
    return number, Kind(kind).name.lower(), credential, transfer, outcome, batch_ms


def _faults(report: AuditReport | None, language: Language) -> list[tuple[str, str]]:
    """The first faults: the kind, which pages have words for, and where it is."""
    found = report.faults[:FAULTS_SHOWN] if report else []
    return [(fault.kind.value, where_of(fault, language)) for fault in found]


def where_of(fault: Fault, language: Language) -> str:
    """Where a fault is: in the report's words, which are English, or by what they name alone."""
    if language == "en":
        return fault.what
    return "、".join(dict.fromkeys(_NAMED.findall(fault.what)))


def verify(request: Request, form: Form) -> str:
    del form
    request.app.state.verification.begin(request.app.state.site)
    return "/log"


def health(request: Request) -> Response:
    """Everything that `countersign doctor` looks at."""
    return render(request, "health.html", findings=examine())


ROUTES = [
    Route("/log", log_page, methods=["GET"]),
    Route("/log/verify", form_action(verify), methods=["POST"]),
    Route("/health", health),
]
