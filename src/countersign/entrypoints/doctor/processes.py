"""Checks of what runs, and of what this machine gives it."""

import os
import resource
import socket

import msgspec

from countersign.channels.versions import REPORT_VERSIONS, VERSIONS
from countersign.entrypoints.doctor.model import Level, Site, Verdict, fault, fine, refused, warning
from countersign.gate.client import FrameRefused, GateClient, GateUnreachable, short_address
from countersign.gate.requests import OPERATOR_SOCKET, Query
from countersign.infra.iso20022.errors import NoSchema
from countersign.infra.iso20022.schemas import find_schema
from countersign.kernel.refusal import refusal_class

_ANSWER_SECONDS = 3.0
_FILES_LEAST = 256
_FILES_WANTED = 1024


class _Status(msgspec.Struct, frozen=True):
    """What is read of the gate's answer; it says more."""

    seq: int
    term: int
    commands: int


def gate(site: Site) -> Verdict | None:
    """The gate answers on the operator's socket."""
    if site.installation is None:
        return None
    sockets = site.installation.sockets
    if not (sockets / OPERATOR_SOCKET).exists():
        return _NOT_RUNNING
    if not _listens(site):
        return warning(
            f"The gate does not run; the sockets in {sockets} are left of one that was killed."
            " `countersign run` replaces them.",
            f"閘口未執行；{sockets} 中的通訊端為被終止的閘口所遺留，`countersign run` 會將其取代。",
        )
    try:
        with GateClient(sockets, OPERATOR_SOCKET, timeout_seconds=_ANSWER_SECONDS) as client:
            answer = client.ask(Query.STATUS, None)
        status = msgspec.msgpack.decode(answer.detail, type=_Status)
    except (GateUnreachable, msgspec.MsgspecError):
        return fault(
            "The gate's socket is there, but the gate does not answer; see what `countersign run`"
            " writes, and stop and start it if that does not pass.",
            "閘口的通訊端存在，但閘口沒有回應；"
            "請查看 `countersign run` 的輸出，若未恢復請停止後重新啟動。",
        )
    except FrameRefused as error:
        return refused(refusal_class(error.code)())
    return fine(
        f"The gate answers: term {status.term}, batch {status.seq}, {status.commands} commands.",
        f"閘口有回應：任期 {status.term}、批次 {status.seq}、{status.commands} 個命令。",
    )


def schemas(site: Site) -> Verdict | None:
    """The official schemas of the messages that are read and written."""
    folder = site.settings.schema_dir if site.settings else None
    for message in (*VERSIONS, *REPORT_VERSIONS):
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


def _listens(site: Site) -> bool:
    if site.installation is None:
        return False
    path, descriptor = short_address(site.installation.sockets, OPERATOR_SOCKET)
    try:
        with socket.socket(socket.AF_UNIX) as end:
            end.settimeout(_ANSWER_SECONDS)
            end.connect(path)
    except ConnectionRefusedError:
        return False
    except TimeoutError:
        return True  # It is there, and too busy to take another: the question will tell.
    finally:
        os.close(descriptor)
    return True
