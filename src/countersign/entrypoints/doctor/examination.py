"""All checks, in the order in which a person mends things, each within its time."""

import os
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from types import MappingProxyType

from countersign.entrypoints.doctor import (
    backlog,
    database,
    doors,
    folder,
    keys,
    processes,
    watched,
)
from countersign.entrypoints.doctor.model import Site, Verdict, fault, refused
from countersign.entrypoints.installation import Installation, load_installation
from countersign.infra.settings import load_settings, plain_path
from countersign.kernel.refusal import Refusal

CHECK_SECONDS = 15.0
Check = Callable[[Site], Verdict | None]

CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "doctor.settings": folder.settings,
        "doctor.data_folder": folder.data_folder,
        "doctor.private_files": folder.private_files,
        "doctor.disk": folder.disk,
        "doctor.key_file": keys.key_file,
        "doctor.keyset": keys.keyset,
        "doctor.database_programs": database.programs,
        "doctor.database_user": database.os_user,
        "doctor.database": database.reachable,
        "doctor.database_version": database.version,
        "doctor.database_durability": database.durability,
        "doctor.migrations": database.migrations,
        "doctor.head_file": database.head_file,
        "doctor.clock": database.clock,
        "doctor.run": processes.run,
        "doctor.gate": processes.gate,
        "doctor.worker": processes.worker,
        "doctor.rail": processes.rail,
        "doctor.outbox": backlog.outbox,
        "doctor.rail_answers": backlog.rail_answers,
        "doctor.checkpoint": backlog.checkpoint,
        "doctor.ports": doors.ports,
        "doctor.api": doors.api,
        "doctor.console": doors.console,
        "doctor.inbox": watched.inbox,
        "doctor.credentials": doors.credentials,
        "doctor.leftovers": folder.leftovers,
        "doctor.restored": folder.restored,
        "doctor.schemas": processes.schemas,
        "doctor.open_files": processes.open_files,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a check with something to look at said."""

    code: str
    verdict: Verdict


def examine(
    *,
    checks: Mapping[str, Check] = CHECKS,
    seconds: float = CHECK_SECONDS,
    step: Callable[[str], AbstractContextManager[None]] = lambda _: nullcontext(),
) -> list[Finding]:
    """Run every check on the installation of this process's environment; `step` is around each."""
    site = _site()
    verdicts = []
    try:
        for code, check in checks.items():
            with step(code):
                verdicts.append((code, _within(check, site, seconds)))
    finally:
        site.close()
    return [Finding(code=code, verdict=verdict) for code, verdict in verdicts if verdict]


def _site() -> Site:
    data_dir = plain_path(os.environ.get("COUNTERSIGN_DATA") or "data")
    installation: Installation | None
    try:
        settings = load_settings()
    except Refusal as refusal:
        return Site(data_dir, settings=None, installation=None, settings_refusal=refusal)
    try:
        installation = load_installation(settings)
    except Refusal as refusal:
        return Site(data_dir, settings=settings, installation=None, installation_refusal=refusal)
    except OSError:
        installation = None  # The check of the folder meets it again and says so.
    return Site(data_dir, settings=settings, installation=installation)


def _within(check: Check, site: Site, seconds: float) -> Verdict | None:
    """One check, in a thread that is left behind when a disk or a network never answers."""
    found: list[Verdict | None] = []
    thread = threading.Thread(target=lambda: found.append(_tried(check, site)), daemon=True)
    thread.start()
    thread.join(seconds)
    return found[0] if found else _TOO_LATE


def _tried(check: Check, site: Site) -> Verdict | None:
    try:
        return check(site)
    except Refusal as refusal:
        return refused(refusal)
    except PermissionError as error:
        return fault(
            f"This user may not read {error.filename}; run this as the user that runs Countersign.",
            f"此使用者無權讀取 {error.filename}；請以執行 Countersign 的使用者身分執行。",
        )
    except Exception as error:  # noqa: BLE001 -- whatever is broken, the other checks are wanted
        kind = type(error).__qualname__
        return fault(
            f"This check could not be made ({kind}); mend what the other checks say, then ask"
            " again.",
            f"無法完成此項檢查（{kind}）；請先處理其他檢查所指出的問題，然後再試。",
        )


_TOO_LATE = fault(
    "This check had no answer in time; a disk or a network may be hanging.",
    "此項檢查逾時未獲回應；磁碟或網路可能停滯。",
)
