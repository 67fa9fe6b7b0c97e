"""Values that every package shares: pure, no I/O, importing nothing else of Countersign.

Entry points: `Refusal`, `invariant`, `Money`, `Iban`, `Bic`, `new_id`, `Actor`.
"""
