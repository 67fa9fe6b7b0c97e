"""Holds a restored database against what its gate signed, as a gate that starts would."""

from dataclasses import dataclass

from countersign.gate import recovery
from countersign.gate.errors import Tampered
from countersign.gate.head import Head
from countersign.gate.journal.postgres import PostgresJournal
from countersign.gate.rows import Signer


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """Where the log of a restored installation ends."""

    head: Head
    batch_ms: int
    log_size: int


def verify(dsn: str, signer: Signer, kept: Head) -> Verified:
    """Load and compare; raises Tampered. The dsn is the gate's, and nothing is written."""
    journal = PostgresJournal(dsn)
    try:
        journal.open()
        loaded = recovery.load(journal, signer, kept)
        recovery.compare(journal, loaded.state, loaded.first)
        recovery.compare_tiles(journal, loaded.state, loaded.tiles)
        end = journal.head()
    finally:
        journal.close()
    chain = loaded.state.chain
    if end is not None and end.seq != chain.seq:
        raise Tampered(what=f"the journal ends at batch {end.seq}, its state at {chain.seq}")
    head = Head(chain.seq, chain.term, chain.root, chain.state_hash)
    return Verified(head=head, batch_ms=chain.batch_ms, log_size=loaded.state.log.size)
