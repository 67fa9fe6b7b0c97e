"""The processes of one installation, each wired from its folder, settings and database.

One home for both who starts them: `countersign run`, and a throw-away installation.
"""

from pathlib import Path

import msgspec

from countersign.entrypoints.api.main import Wiring as ApiWiring
from countersign.entrypoints.api.process import ApiProcess
from countersign.entrypoints.console.process import ConsoleProcess
from countersign.entrypoints.console.wiring import Wiring as ConsoleWiring
from countersign.entrypoints.gate.main import Wiring as GateWiring
from countersign.entrypoints.gate.process import GateProcess
from countersign.entrypoints.inbox.main import Wiring as InboxWiring
from countersign.entrypoints.inbox.process import InboxProcess
from countersign.entrypoints.installation import Installation, default_key_file
from countersign.entrypoints.rail.behaviour import Behaviour
from countersign.entrypoints.rail.main import SOCKET_NAME
from countersign.entrypoints.rail.main import Wiring as RailWiring
from countersign.entrypoints.rail.process import RailProcess
from countersign.entrypoints.worker.main import Wiring as WorkerWiring
from countersign.entrypoints.worker.process import WorkerProcess
from countersign.infra.database import Database, Role
from countersign.infra.settings import Settings
from countersign.rails.model import Patience


def gate_of(
    installation: Installation,
    database: Database,
    *,
    log_file: Path | None = None,
    **changed: float,
) -> GateProcess:
    """Its gate, not yet started; `changed` replaces numbers of the wiring."""
    settings = installation.settings
    wiring = GateWiring(
        instance=installation.instance,
        name=installation.name,
        data_dir=str(installation.data_dir),
        dsn=database.dsn(Role.GATE),
        keyset_file=str(installation.keyset_file),
        key_file=_key_file(settings),
        passphrase_file=_text(settings.passphrase_file),
        log_level=settings.log_level,
    )
    return GateProcess(msgspec.structs.replace(wiring, **changed), log_file=log_file)


def rail_of(
    installation: Installation,
    behaviour: Behaviour,
    *,
    seed: int,
    log_file: Path | None = None,
) -> RailProcess:
    """Its simulated rail, not yet started."""
    wiring = RailWiring(
        folder=str(installation.sockets),
        store_file=str(rail_store_of(installation)),
        seed=seed,
        behaviour=behaviour,
        schema_dir=_text(installation.settings.schema_dir),
        log_level=installation.settings.log_level,
    )
    return RailProcess(wiring, log_file=log_file)


def rail_store_of(installation: Installation) -> Path:
    """Where the simulated rail keeps what it received and settled."""
    return installation.data_dir / "rail.db"


def worker_of(
    installation: Installation,
    database: Database,
    *,
    patience: Patience,
    log_file: Path | None = None,
) -> WorkerProcess:
    """Its worker between gate and rail, not yet started."""
    settings = installation.settings
    wiring = WorkerWiring(
        instance=installation.instance,
        data_dir=str(installation.data_dir),
        dsn=database.dsn(Role.APP),
        keyset_file=str(installation.keyset_file),
        key_file=_key_file(settings),
        passphrase_file=_text(settings.passphrase_file),
        rail_socket=str(installation.sockets / SOCKET_NAME),
        schema_dir=_text(settings.schema_dir),
        patience=patience,
        log_level=settings.log_level,
    )
    return WorkerProcess(wiring, log_file=log_file)


def api_of(
    installation: Installation,
    database: Database,
    *,
    log_file: Path | None = None,
    **changed: int,
) -> ApiProcess:
    """Its API, not yet started; `changed` replaces numbers of the wiring."""
    settings = installation.settings
    wiring = ApiWiring(
        instance=installation.instance,
        name=installation.name,
        data_dir=str(installation.data_dir),
        dsn=database.dsn(Role.APP),
        keyset_file=str(installation.keyset_file),
        key_file=_key_file(settings),
        passphrase_file=_text(settings.passphrase_file),
        schema_dir=_text(settings.schema_dir),
        host=settings.api_host,
        port=settings.api_port,
        log_level=settings.log_level,
    )
    return ApiProcess(msgspec.structs.replace(wiring, **changed), log_file=log_file)


def console_of(
    installation: Installation,
    database: Database,
    *,
    port: int | None = None,
    log_file: Path | None = None,
    **changed: str,
) -> ConsoleProcess:
    """Its console, not yet started; on a port of its own where one is given.

    `changed` replaces texts of the wiring.
    """
    settings = installation.settings
    wiring = ConsoleWiring(
        instance=installation.instance,
        name=installation.name,
        data_dir=str(installation.data_dir),
        dsn=database.dsn(Role.APP),
        keyset_file=str(installation.keyset_file),
        key_file=_key_file(settings),
        passphrase_file=_text(settings.passphrase_file),
        port=settings.console_port if port is None else port,
        hosts=settings.console_hosts,
        environment=settings.environment or "",
        log_level=settings.log_level,
    )
    return ConsoleProcess(msgspec.structs.replace(wiring, **changed), log_file=log_file)


def inbox_of(
    installation: Installation, database: Database, watch_dir: Path, *, log_file: Path | None = None
) -> InboxProcess:
    """Its watched folder's process, not yet started."""
    settings = installation.settings
    wiring = InboxWiring(
        instance=installation.instance,
        data_dir=str(installation.data_dir),
        dsn=database.dsn(Role.APP),
        keyset_file=str(installation.keyset_file),
        key_file=_key_file(settings),
        passphrase_file=_text(settings.passphrase_file),
        watch_dir=str(watch_dir),
        schema_dir=_text(settings.schema_dir),
        log_level=settings.log_level,
    )
    return InboxProcess(wiring, log_file=log_file)


def _key_file(settings: Settings) -> str | None:
    if settings.passphrase_file:
        return None
    return str(settings.key_file or default_key_file(settings.data_dir))


def _text(path: Path | None) -> str | None:
    return str(path) if path else None
