"""What the console's pages work with: one value, made by `main` and by tests."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from countersign.audit.checkpoint import Verifier
from countersign.entrypoints.web.reading import Connection, Reader
from countersign.gate.intake import Intake
from countersign.infra.clock import Clock
from countersign.vault.subjects import SubjectKeys

_FORGET_SECONDS = 1.0
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One installation, as its console sees it."""

    name: str
    environment: str  # Empty in production.
    instance: bytes
    data_dir: Path
    hosts: frozenset[str]
    reader: Reader
    intake: Intake
    keys: SubjectKeys
    log: Verifier
    gate_key: Ed25519PublicKey
    clock: Clock

    def read(self, work: Callable[[Connection], _Result]) -> _Result:
        """What a page reads; what was erased a second ago is not opened with a kept key."""
        self.keys.forget_erased(every_seconds=_FORGET_SECONDS)
        return self.reader.read(work)

    @property
    def sockets(self) -> Path:
        return self.data_dir / "sockets"

    @property
    def cookie(self) -> str:
        """Of this instance alone: cookies of one machine do not tell its ports apart."""
        return f"countersign-{self.instance.hex()[:12]}"
