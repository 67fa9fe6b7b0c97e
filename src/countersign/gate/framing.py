"""Frames out of a stream of bytes: each message after its length in 4 bytes."""

import asyncio
from abc import ABC, abstractmethod

_LENGTH_BYTES = 4


class Framed(asyncio.Protocol, ABC):
    """Cuts a byte stream into frames, and ends one that announces a frame beyond its bound."""

    def __init__(self, *, frame_bytes_max: int | None) -> None:
        self._frame_bytes_max = frame_bytes_max
        self._buffer = bytearray()
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # A stream has this kind.

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        start = 0
        while len(buffer) - start >= _LENGTH_BYTES:
            length = int.from_bytes(buffer[start : start + _LENGTH_BYTES], "big")
            if self._frame_bytes_max is not None and length > self._frame_bytes_max:
                if self.transport:
                    self.transport.close()
                return
            end = start + _LENGTH_BYTES + length
            if len(buffer) < end:
                break
            self.received(bytes(buffer[start + _LENGTH_BYTES : end]))
            start = end
        if start:
            del buffer[:start]

    @abstractmethod
    def received(self, content: bytes) -> None:
        """One whole frame came in."""
