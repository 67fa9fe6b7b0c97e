"""The worker's end of the way to a rail: a Unix socket, each message after its length in 4 bytes.

A line that breaks is opened again at most once a second. What was being sent then may have arrived
or not; the worker asks.
"""

import contextlib
import os
import select
import socket
from pathlib import Path

from countersign.flows.dispatch_transfers import LineDown
from countersign.gate.client import short_address
from countersign.infra.clock import monotonic
from countersign.infra.iso20022.whole import WHOLE_BYTES_MAX
from countersign.infra.logs import get_logger

_log = get_logger(__name__)
_LENGTH_BYTES = 4
_SEND_SECONDS = 10.0
_AGAIN_SECONDS = 1.0
_READ_BYTES = 1 << 20


class RailLine:
    """One connection to one rail. Belongs to one thread."""

    def __init__(self, socket_file: Path) -> None:
        self._socket_file = socket_file
        self._socket: socket.socket | None = None
        self._buffer = bytearray()
        self._not_before = 0.0

    @property
    def is_up(self) -> bool:
        return self._socket is not None

    def open(self) -> None:
        """Connect if the line is down and it is time to try."""
        if self._socket or monotonic() < self._not_before:
            return
        self._not_before = monotonic() + _AGAIN_SECONDS
        made = socket.socket(socket.AF_UNIX)
        made.settimeout(_SEND_SECONDS)  # Also for connecting: a stopped rail accepts nobody.
        try:
            path, descriptor = short_address(self._socket_file.parent, self._socket_file.name)
            try:
                made.connect(path)
            finally:
                os.close(descriptor)
        except OSError:
            made.close()
            return
        self._socket = made
        _log.info("rail.line_up")

    def close(self) -> None:
        if self._socket:
            with contextlib.suppress(OSError):
                self._socket.close()
            _log.info("rail.line_down")
        self._socket = None
        self._buffer.clear()

    def send(self, content: bytes) -> None:
        """Send one message whole; raises LineDown."""
        if self._socket is None:
            raise LineDown
        try:
            self._socket.sendall(len(content).to_bytes(_LENGTH_BYTES, "big") + content)
        except OSError:
            self.close()
            raise LineDown from None

    def receive(self, timeout_seconds: float) -> list[bytes]:
        """The messages that have come in whole, waiting for the first at most so long."""
        if self._socket is None:
            # There is nothing to wait for but time.
            select.select([], [], [], timeout_seconds)
            return []
        readable, _, _ = select.select([self._socket], [], [], timeout_seconds)
        if not readable:
            return []
        try:
            piece = self._socket.recv(_READ_BYTES)
        except OSError:
            piece = b""
        if not piece:
            self.close()
            return []
        self._buffer += piece
        return self._cut()

    def _cut(self) -> list[bytes]:
        messages: list[bytes] = []
        buffer, start = self._buffer, 0
        while len(buffer) - start >= _LENGTH_BYTES:
            length = int.from_bytes(buffer[start : start + _LENGTH_BYTES], "big")
            if not 0 < length <= WHOLE_BYTES_MAX:
                _log.error("rail.no_frame", bytes=length)
                self.close()
                return messages
            end = start + _LENGTH_BYTES + length
            if len(buffer) < end:
                break
            messages.append(bytes(buffer[start + _LENGTH_BYTES : end]))
            start = end
        del buffer[:start]
        return messages
