"""What the console's pages work with: one value, made by `main` and by tests."""

from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from countersign.audit.checkpoint import Verifier
from countersign.entrypoints.console.reading import Reader
from countersign.gate.intake import Intake
from countersign.infra.clock import Clock
from countersign.vault.subjects import SubjectKeys


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One installation, as its console sees it."""

    name: str
    instance: bytes
    data_dir: Path
    hosts: frozenset[str]
    reader: Reader
    intake: Intake
    keys: SubjectKeys
    log: Verifier
    gate_key: Ed25519PublicKey
    clock: Clock

    @property
    def sockets(self) -> Path:
        return self.data_dir / "sockets"

    @property
    def cookie(self) -> str:
        """Of this instance alone: cookies of one machine do not tell its ports apart."""
        return f"countersign-{self.instance.hex()[:12]}"
