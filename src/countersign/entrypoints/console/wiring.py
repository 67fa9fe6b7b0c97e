"""What a console is given, and what it says when it answers: for its process and who starts it."""

import msgspec

from countersign.entrypoints.child import Readiness
from countersign.infra.settings import LogLevel


class Wiring(msgspec.Struct, frozen=True, kw_only=True):
    """What a console is given by whoever starts it."""

    instance: bytes
    name: str
    data_dir: str
    dsn: str  # As the app's database role.
    keyset_file: str
    key_file: str | None = None
    passphrase_file: str | None = None
    port: int
    hosts: tuple[str, ...] = ()  # Names that it is reached by beside this machine's own.
    environment: str = ""  # What it is called if it is not production.
    log_level: LogLevel = LogLevel.INFO


class ConsoleReadiness(Readiness, frozen=True):
    port: int = 0
