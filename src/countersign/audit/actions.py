"""Publishing checkpoints, as the gate's role and with the checkpoint key.

Rules: 1. One checkpoint a size: publishing a size again gives the note that stands. 2. A log only
grows and has one root at each size; what contradicts a published checkpoint is refused.
"""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from countersign.audit import store
from countersign.audit.checkpoint import Checkpoint, Verifier, open_checkpoint, sign_checkpoint
from countersign.audit.model import StoredCheckpoint
from countersign.audit.store import Connection
from countersign.kernel.refusal import Kind, Refusal


class ForkedLog(Refusal):
    """The log contradicts its published checkpoint of size {size}.

    Stop the gate, keep the data as evidence and run `audit verify`.
    """

    code = "audit.forked_log"
    kind = Kind.CONFLICT
    chinese = (
        "日誌與其已公布、大小為 {size} 的檢查點矛盾。請停止閘口，保留資料作為證據，"
        "並執行 `audit verify`。"
    )


def publish(
    connection: Connection, checkpoint: Checkpoint, private_key: Ed25519PrivateKey, now_ms: int
) -> str:
    """Sign and store a checkpoint; the note that stands for this size."""
    log = Verifier(name=checkpoint.origin, public_key=private_key.public_key().public_bytes_raw())
    newest = store.newest_checkpoint(connection)
    if newest is not None and newest.size > checkpoint.size:
        raise ForkedLog(size=newest.size)
    if newest is None or newest.size < checkpoint.size:
        note = sign_checkpoint(checkpoint, private_key)
        row = StoredCheckpoint(size=checkpoint.size, note=note, made_ms=now_ms)
        store.add_checkpoint(connection, row)
    # Read back: another process may have been first, and its note is the one that counts.
    standing = store.checkpoint_at(connection, checkpoint.size)
    if standing is None or open_checkpoint(standing.note, log).root != checkpoint.root:
        raise ForkedLog(size=checkpoint.size)
    return standing.note


def thin_checkpoints(connection: Connection, now_ms: int) -> int:
    """Drop old checkpoints but one an hour; how many went. Call it once an hour."""
    return store.thin_checkpoints(connection, now_ms)
