"""The parts of a whole verification: `report`, the log's side, the ledger's side, what stands.

Entry point: `flows.verify_audit`, which leads the batches through them.
"""
