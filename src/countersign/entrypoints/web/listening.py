"""A listening socket, and how much of its process a connection may take.

Rules: 1. A request's head comes within ten seconds and 32 KiB, or its connection ends. 2. So many
connections at once; more are told to come back.
"""

import asyncio
import socket
from errno import EADDRINUSE
from typing import Any

from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from countersign.entrypoints.web.errors import PortRefused, PortTaken

HEAD_SECONDS = 10.0
HEAD_BYTES_MAX = 32 * 1024
_KEEP_ALIVE_SECONDS = 20
_STOP_SECONDS = 3
_BACKLOG = 512


def bound_socket(host: str, port: int, *, setting: str) -> socket.socket:
    """Listen; raises PortTaken or PortRefused. Port 0 lets the system choose."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
        made.listen(_BACKLOG)
    except OSError as error:
        made.close()
        if error.errno == EADDRINUSE:
            raise PortTaken(host=host, port=port, setting=setting) from None
        why = str(error.strerror)
        raise PortRefused(host=host, port=port, setting=setting, why=why) from None
    return made


def server_config(app: Any, *, connections_max: int, loop: str = "uvloop") -> Config:
    """uvicorn, quiet and bounded."""
    return Config(
        app,
        http=BoundedHttp,
        ws="none",
        lifespan="off",
        loop=loop,
        log_config=None,
        log_level="warning",  # Who starts it says itself that it serves.
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        limit_concurrency=connections_max,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_STOP_SECONDS,
    )


class BoundedHttp(HttpToolsProtocol):
    """HTTP/1.1 whose heads come soon and are small; between two requests the keep-alive counts."""

    _head_timer: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _is_in_head = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._begin_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_head()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        # A piece in which a head only begins may hold the end of a body; it is one piece at most.
        if self._is_in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._is_in_head and self._head_bytes > HEAD_BYTES_MAX:
            self.transport.abort()

    def on_message_begin(self) -> None:
        if not self._is_in_head:
            self._begin_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._end_head()
        super().on_headers_complete()

    def _begin_head(self) -> None:
        self._is_in_head = True
        self._head_bytes = 0
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _give_up(self) -> None:
        self.transport.abort()

    def _end_head(self) -> None:
        self._is_in_head = False
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
