"""What a verification of the whole journal found. It names every fault and stops at none."""

from dataclasses import dataclass, field
from enum import StrEnum

FAULTS_MAX = 100


class FaultKind(StrEnum):
    """In alphabetical order; the value is stable."""

    ACCOUNT_DIFFERS = "audit.account_differs"
    ALERT_DIFFERS = "audit.alert_differs"
    BALANCE_DIFFERS = "audit.balance_differs"
    BATCH_CHAIN = "audit.batch_chain"
    BATCH_MISSING = "audit.batch_missing"
    BATCH_SIGNATURE = "audit.batch_signature"
    CHECKPOINT_DIFFERS = "audit.checkpoint_differs"
    CREDENTIAL_DIFFERS = "audit.credential_differs"
    CURRENCY_SUM = "audit.currency_sum"
    DIGEST_DIFFERS = "audit.digest_differs"
    FREEZE_DIFFERS = "audit.freeze_differs"
    HEAD_DIFFERS = "audit.head_differs"
    HOLD_DIFFERS = "audit.hold_differs"
    KEY_STRANGE = "audit.key_strange"
    KEY_WRONG = "audit.key_wrong"
    LOG_CUT = "audit.log_cut"
    OUTBOX_DIFFERS = "audit.outbox_differs"
    OUTBOX_MISSING = "audit.outbox_missing"
    POLICY_DIFFERS = "audit.policy_differs"
    POSTING_DIFFERS = "audit.posting_differs"
    POSTING_MISSING = "audit.posting_missing"
    POSTING_STRANGE = "audit.posting_strange"
    ROOT_DIFFERS = "audit.root_differs"
    ROW_DIFFERS = "audit.row_differs"
    ROW_MISSING = "audit.row_missing"
    ROW_STRANGE = "audit.row_strange"
    STATE_DIFFERS = "audit.state_differs"
    TILE_DIFFERS = "audit.tile_differs"
    TILE_MISSING = "audit.tile_missing"
    TILE_STRANGE = "audit.tile_strange"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong, and where; never a value of a sealed or secret column."""

    kind: FaultKind
    what: str


@dataclass(slots=True, kw_only=True)
class AuditReport:
    """How far the verification came and what it found. `faults` is cut, `fault_count` is not."""

    batches: int = 0
    commands: int = 0
    checkpoints: int = 0
    root: bytes = b""
    faults: list[Fault] = field(default_factory=list)
    fault_count: int = 0

    @property
    def is_clean(self) -> bool:
        return self.fault_count == 0

    def add(self, kind: FaultKind, what: str) -> None:
        self.fault_count += 1
        if len(self.faults) < FAULTS_MAX:
            self.faults.append(Fault(kind=kind, what=what))
