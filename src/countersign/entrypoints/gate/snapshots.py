"""Snapshots while the gate works: encoded by a forked child, stored by a thread of its own.

The child has the state as it was at the fork and holds nobody up; the parent signs and stores. One
at a time; one that fails is tried again after as many commands.
"""

import threading

from countersign.entrypoints.gate.forked import Forked
from countersign.gate.engine import Engine
from countersign.gate.journal.protocol import Journal, JournalBroken
from countersign.gate.rows import Signer
from countersign.gate.snapshot import encode_content, sign_snapshot
from countersign.gate.state import Chain, State
from countersign.gate.statistics import Statistics
from countersign.infra.logs import get_logger

_log = get_logger(__name__)
_ENCODING_SECONDS_MAX = 300.0


class Snapshots:
    """Takes a snapshot whenever so many commands came since the last. Called by the batcher."""

    def __init__(self, journal: Journal, signer: Signer, *, every: int) -> None:
        self._journal = journal
        self._signer = signer
        self._every = every
        self._last: int | None = None
        self._storing: threading.Thread | None = None

    def consider(self, engine: Engine) -> None:
        """Begin a snapshot if it is time and the state is what is durable."""
        size = engine.state.log.size
        if self._last is None:
            # What was replayed at the start counts, so a tail cannot grow over many restarts.
            self._last = size - engine.statistics.replayed
        if size - self._last < self._every or engine.is_busy_with_a_batch:
            return
        if self._storing and self._storing.is_alive():
            return
        self._last = size
        self._begin(engine.state, engine.statistics)

    def finish(self) -> None:
        """Wait for the one being stored; the last word before the gate ends."""
        if self._storing:
            self._storing.join(60.0)

    def _begin(self, state: State, statistics: Statistics) -> None:
        encoding = Forked(lambda: encode_content(state))
        self._storing = threading.Thread(
            target=self._store,
            args=(encoding, state.chain, state.log.size, statistics),
            name="snapshot",
            daemon=True,
        )
        self._storing.start()

    def _store(self, encoding: Forked, chain: Chain, size: int, statistics: Statistics) -> None:
        content = encoding.result(timeout_seconds=_ENCODING_SECONDS_MAX)
        if content is None:
            _log.error("gate.snapshot_failed", seq=chain.seq)
            return
        stored = sign_snapshot(content, chain, size, self._signer)
        try:
            self._journal.keep_snapshot(chain.seq, stored)
        except JournalBroken as error:
            _log.error("gate.snapshot_not_stored", seq=chain.seq, why=str(error))
            return
        statistics.snapshot_size = size
        _log.info("gate.snapshot_stored", seq=chain.seq, bytes=len(content))
