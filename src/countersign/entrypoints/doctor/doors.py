"""Checks of the ways in: ports, API, console, credentials."""

import contextlib
import http.client
from urllib.parse import urlsplit

import msgspec

from countersign.access.model import NEVER
from countersign.entrypoints.doctor.model import Site, Verdict, fault, fine, refused, warning
from countersign.entrypoints.doctor.processes import gone, listens, lives
from countersign.entrypoints.figures import RunFigures, read_figures
from countersign.entrypoints.web.listening import bound_socket
from countersign.gate.client import FrameRefused, GateClient, GateUnreachable
from countersign.gate.requests import OPERATOR_SOCKET, Query
from countersign.infra.clock import SystemClock
from countersign.kernel.refusal import Refusal

# By name: the console shows what is found here, so nothing here may need the console.
_API = "countersign.entrypoints.api.main"
_CONSOLE = "countersign.entrypoints.console.main"
_LOOPBACK = "127.0.0.1"
_ANSWER_SECONDS = 3.0
_FAILED = 500
_DAY_MS = 86_400_000
_SOON_DAYS = 14


def ports(site: Site) -> Verdict | None:
    """Nobody else has the ports that are to be listened on; asked while nobody runs it."""
    if site.settings is None or site.runner is not None:
        return None
    api, console = site.settings.api_port, site.settings.console_port
    try:
        bound_socket(site.settings.api_host, api, setting="COUNTERSIGN_API_PORT").close()
        bound_socket(_LOOPBACK, console, setting="COUNTERSIGN_CONSOLE_PORT").close()
    except Refusal as refusal:
        return refused(refusal)
    return fine("The ports of API and console are free.", "API 與主控臺的連接埠可用。")


def api(site: Site) -> Verdict | None:
    """The API lives and answers."""
    return _answers(site, _API, "api", "/live", ("API", "API"))


def console(site: Site) -> Verdict | None:
    """The console lives and answers."""
    return _answers(site, _CONSOLE, "console", "/", ("console", "主控臺"))


def credentials(site: Site) -> Verdict | None:
    """No credential that channels use has ended, or ends soon."""
    if site.installation is None or not listens(site.installation.sockets):
        return None
    sockets = site.installation.sockets
    try:
        with GateClient(sockets, OPERATOR_SOCKET, timeout_seconds=_ANSWER_SECONDS) as client:
            rows = msgspec.msgpack.decode(client.ask(Query.CREDENTIALS, None).detail)
    except (GateUnreachable, FrameRefused):
        return None  # The check of the gate says so.
    now_ms = SystemClock().now_ms()
    ends = {row[1]: row[4] for row in rows if row[3] and row[4] != NEVER}
    over = sorted(name for name, end_ms in ends.items() if end_ms <= now_ms)
    if over:
        shown = ", ".join(over)
        return warning(
            f"The credentials {shown} have expired, so whoever uses them is refused; create new"
            " ones, give their tokens to the channels, and revoke these.",
            f"憑證 {shown} 已到期，使用者一律遭拒；"
            "請建立新憑證，將令牌交給各通道，並撤銷這些憑證。",
        )
    soon = sorted(name for name, end_ms in ends.items() if end_ms <= now_ms + _SOON_DAYS * _DAY_MS)
    if soon:
        shown = ", ".join(soon)
        return warning(
            f"The credentials {shown} expire within {_SOON_DAYS} days; create new ones in time.",
            f"憑證 {shown} 將在 {_SOON_DAYS} 天內到期；請及時建立新憑證。",
        )
    return fine("No credential expires soon.", "沒有即將到期的憑證。")


def _answers(
    site: Site, module: str, name: str, path: str, names: tuple[str, str]
) -> Verdict | None:
    if site.runner is None:
        return None
    if not lives(module, site.runner):
        return gone(*names)
    figures = read_figures(site.data_dir, RunFigures)
    address = figures.addresses.get(name, "") if figures else ""
    if address and not _is_answered(address, path):
        return fault(
            f"The {names[0]} lives but does not answer at {address}; it may be overloaded. Look"
            " again, and if it stays so, see what `countersign run` writes.",
            f"{names[1]}存在，但在 {address} 沒有回應，可能負載過重。"
            "請再次查看；若仍如此，請查看 `countersign run` 的輸出。",
        )
    return fine(f"The {names[0]} lives and answers.", f"{names[1]}存在且有回應。")


def _is_answered(address: str, path: str) -> bool:
    where = urlsplit(address)
    if where.hostname is None:
        return False
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=_ANSWER_SECONDS)
    with contextlib.closing(connection):
        try:
            connection.request("GET", path)
            return connection.getresponse().status < _FAILED
        except (OSError, http.client.HTTPException):
            return False
