"""A throw-away installation with accounts, money and a channel, for measurements and for tests."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from countersign.access.model import Permission, verifier_of
from countersign.accounts.model import AccountKind
from countersign.entrypoints.api.process import ApiProcess
from countersign.entrypoints.child import ChildProcess, Readiness
from countersign.entrypoints.console.process import ConsoleProcess
from countersign.entrypoints.gate.process import GateProcess
from countersign.entrypoints.installation import (
    Installation,
    set_up,
)
from countersign.entrypoints.processes import (
    api_of,
    console_of,
    gate_of,
    rail_of,
    rail_store_of,
    worker_of,
)
from countersign.entrypoints.rail.behaviour import Behaviour
from countersign.entrypoints.rail.process import RailProcess
from countersign.entrypoints.worker.process import WorkerProcess
from countersign.gate.client import GateClient, new_key
from countersign.gate.commands import Kind, SetCredential, SetPolicy
from countersign.gate.requests import (
    CHANNEL_SOCKET,
    OPERATOR_SOCKET,
    FundRequest,
    Item,
    OpenAccountRequest,
    encode_body,
)
from countersign.infra.database import Database, prepare_database
from countersign.infra.migrations.runner import migrate
from countersign.infra.postgres.binaries import find_binaries
from countersign.infra.postgres.cluster import EmbeddedCluster
from countersign.infra.postgres.os_user import choose_os_user
from countersign.infra.settings import Settings, load_settings
from countersign.rails.model import Patience
from countersign.rules.default import DEFAULT_POLICY
from countersign.rules.model import encode_policy

TOKEN = "bench-channel"  # noqa: S105  # Of an installation that is gone in a minute.
FUNDS = 10**14
_ITEMS_A_FRAME = 1000


@dataclass(slots=True)
class Bed:
    """A running database and what a gate over it needs."""

    installation: Installation
    database: Database
    cluster: EmbeddedCluster
    children: list[ChildProcess[Readiness]] = field(default_factory=list)
    channel: int = 0

    @property
    def folder(self) -> Path:
        return self.installation.data_dir

    def gate(self, **changed: float) -> GateProcess:
        """A gate process, not yet started; its log goes to a file."""
        log_file = self.folder / "gate.log"
        gate = gate_of(self.installation, self.database, log_file=log_file, **changed)
        self.children.append(gate)
        return gate

    def rail(self, behaviour: Behaviour, *, seed: int = 1) -> RailProcess:
        """A simulated rail, not yet started."""
        log_file = self.folder / "rail.log"
        rail = rail_of(self.installation, behaviour, seed=seed, log_file=log_file)
        self.children.append(rail)
        return rail

    def worker(self, *, patience: Patience) -> WorkerProcess:
        """A worker between this bed's gate and its rail, not yet started."""
        log_file = self.folder / "worker.log"
        worker = worker_of(self.installation, self.database, patience=patience, log_file=log_file)
        self.children.append(worker)
        return worker

    def api(self, **changed: int) -> ApiProcess:
        """An API on a free port, not yet started."""
        log_file = self.folder / "api.log"
        api = api_of(self.installation, self.database, log_file=log_file, **changed)
        self.children.append(api)
        return api

    def console(self, **changed: str) -> ConsoleProcess:
        """A console of this bed on a port that the system chooses, not yet started."""
        log_file = self.folder / "console.log"
        console = console_of(self.installation, self.database, port=0, log_file=log_file, **changed)
        self.children.append(console)
        return console

    @property
    def rail_store(self) -> Path:
        return rail_store_of(self.installation)

    def operator(self) -> GateClient:
        return GateClient(self.installation.sockets, OPERATOR_SOCKET, timeout_seconds=120)

    def channel_client(self) -> GateClient:
        return GateClient(
            self.installation.sockets, CHANNEL_SOCKET, token=TOKEN, timeout_seconds=120
        )

    def populate(self, accounts: int) -> None:
        """A policy, a channel, a settlement account and so many funded customers."""
        with self.operator() as operator:
            operator.ask(Kind.SET_POLICY, SetPolicy(encode_policy(DEFAULT_POLICY)))
            channel = SetCredential(
                number=0,
                name="bench",
                verifier=verifier_of(TOKEN),
                permissions=[Permission.TRANSFERS_ORDER],
                is_active=True,
            )
            operator.ask(Kind.SET_CREDENTIAL, channel)
            settlement = OpenAccountRequest(
                AccountKind.SETTLEMENT, "EUR", "OTHR::SETTLEMENT", "Rail", 0
            )
            operator.ask(Kind.OPEN_ACCOUNT, settlement)
            for start in range(0, accounts, _ITEMS_A_FRAME):
                numbers = range(start, min(start + _ITEMS_A_FRAME, accounts))
                operator.submit([_opening(number) for number in numbers])
                operator.submit([_funding(number) for number in numbers])


def reference(number: int) -> str:
    """The account reference of a customer of the bed."""
    return f"OTHR:CUST:{number:010d}"


@contextlib.contextmanager
def a_bed(*, name: str = "bench", server_settings: dict[str, str] | None = None) -> Iterator[Bed]:
    """Set up a database in a folder of its own, and clear everything away afterwards."""
    root = Path(tempfile.mkdtemp(prefix="countersign-"))
    root.chmod(0o711)  # Postgres may run as another user and has to get through.
    settings = _settings_in(root / "data")
    try:
        installation = set_up(settings, name=name)
        cluster = EmbeddedCluster(
            installation.data_dir,
            binaries=find_binaries(settings.pg_bindir),
            os_user=choose_os_user(settings.pg_user),
            extra_settings=server_settings,
        )
        with cluster:
            database = prepare_database(cluster.server(), secrets_folder=cluster.folders.secrets)
            migrate(database)
            installation.note_reach(database)
            bed = Bed(installation, database, cluster)
            try:
                yield bed
            finally:
                for child in bed.children:
                    with contextlib.suppress(Exception):
                        child.kill()
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _settings_in(data_dir: Path) -> Settings:
    environment = {
        name: value
        for name, value in os.environ.items()
        if name in {"COUNTERSIGN_PG_BINDIR", "COUNTERSIGN_PG_USER"}
    }
    return load_settings(
        {**environment, "COUNTERSIGN_API_PORT": "0", "COUNTERSIGN_DATA": str(data_dir)}
    )


def _opening(number: int) -> Item:
    request = OpenAccountRequest(
        AccountKind.CUSTOMER, "EUR", reference(number), f"Customer {number}", 0
    )
    return Item(Kind.OPEN_ACCOUNT, new_key(), encode_body(request))


def _funding(number: int) -> Item:
    request = FundRequest(reference(number), FUNDS, "EUR", "opening balance")
    return Item(Kind.FUND, new_key(), encode_body(request))
