"""The audit log: a Merkle tree of audit entries (RFC 9162) with signed checkpoints (C2SP).

Entry points: `merkle` (pure proofs), `CompactRange` (the growing right edge), `checkpoint`; on the
stored log `actions.publish`, `queries` and `queries.StoredNodes` (node hashes for proofs).
"""
