"""What one batch writes: rows for the journal and net changes for the projections."""

from dataclasses import dataclass, field

from countersign.access.model import Credential
from countersign.accounts.model import Account
from countersign.alerts.model import Alert
from countersign.gate.rows import CommandRow
from countersign.ledger.model import Posting
from countersign.rules.model import PolicyRow
from countersign.transfers.model import HoldRow, TransferRow

DISPATCH_DUE = 1


@dataclass(slots=True)
class Changes:
    """Filled by the handlers while a batch is decided. A None in a net change means: gone."""

    transfers: list[TransferRow] = field(default_factory=list)
    commands: list[CommandRow] = field(default_factory=list)
    postings: list[Posting] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    holders: list[bytes] = field(default_factory=list)
    freezes: dict[bytes, int | None] = field(default_factory=dict)
    credentials: dict[int, Credential] = field(default_factory=dict)
    policies: list[PolicyRow] = field(default_factory=list)
    holds: dict[int, HoldRow | None] = field(default_factory=dict)
    alerts: dict[int, Alert] = field(default_factory=dict)
    # (transfer, topic, due, command that caused it)
    outbox: list[tuple[int, int, int, int]] = field(default_factory=list)
    tiles: list[tuple[int, bytes]] = field(default_factory=list)
