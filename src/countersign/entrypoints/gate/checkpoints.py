"""Publishing the log's signed head every few seconds, off the batcher's thread.

Only what is durable is published. A database that is away is tried again; a log that contradicts a
published checkpoint ends the gate, because then one of the two is a forgery.
"""

import threading
from collections.abc import Callable

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from countersign.audit.actions import publish, thin_checkpoints
from countersign.audit.checkpoint import Checkpoint
from countersign.gate.head import Durable
from countersign.infra.clock import Clock
from countersign.infra.logs import get_logger

_log = get_logger(__name__)
_EVERY_SECONDS = 2.0
_THIN_EVERY = 1800  # Rounds: about once an hour.


class Checkpoints:
    """Signs and stores checkpoints of one log until it is told to stop."""

    def __init__(
        self,
        dsn: str,
        *,
        origin: str,
        private_key: Ed25519PrivateKey,
        durable: Callable[[], Durable],
        clock: Clock,
    ) -> None:
        self._dsn = dsn
        self._origin = origin
        self._private_key = private_key
        self._durable = durable
        self._clock = clock
        self._stopping = threading.Event()
        self._published = -1

    def stop(self) -> None:
        self._stopping.set()

    def run(self) -> None:
        """Publish until stopped, and once more at the end; raises ForkedLog."""
        rounds = 0
        while not self._stopping.wait(_EVERY_SECONDS):
            rounds += 1
            self._round(is_thinning=rounds % _THIN_EVERY == 0)
        self._round(is_thinning=False)

    def _round(self, *, is_thinning: bool) -> None:
        durable = self._durable()
        if durable.size in {0, self._published}:
            return
        checkpoint = Checkpoint(origin=self._origin, size=durable.size, root=durable.root)
        try:
            # A connection a round: it is rare, and nothing is left open when the database goes.
            with psycopg.connect(self._dsn, application_name="countersign log") as connection:
                publish(connection, checkpoint, self._private_key, self._clock.now_ms())
                if is_thinning:
                    thin_checkpoints(connection, self._clock.now_ms())
        except psycopg.OperationalError as error:
            _log.failure("gate.checkpoint_not_published", error)
            return
        self._published = durable.size
