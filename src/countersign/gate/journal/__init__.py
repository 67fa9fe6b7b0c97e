"""Where batches become durable: one protocol, `protocol.Journal`, on Postgres and in memory.

The conformance suite in tests/gate/test_journals.py runs on both, so that the simulation on the one
says something about the other.
"""
