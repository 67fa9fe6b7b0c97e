"""The console's socket, and how much of this process a connection may take.

Rules: 1. This machine's own address alone. 2. A request's head comes within ten seconds and 32 KiB,
or its connection ends. 3. Forty-eight connections at once; more are told to come back.
"""

import asyncio
import socket
from typing import Any

from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from countersign.entrypoints.console.errors import PortRefused, PortTaken

HOST = "127.0.0.1"
HEAD_SECONDS = 10.0
HEAD_BYTES_MAX = 32 * 1024
CONNECTIONS_MAX = 48
_KEEP_ALIVE_SECONDS = 5
_STOP_SECONDS = 3
_BACKLOG = 64


def bound_socket(port: int) -> socket.socket:
    """Listen; raises PortTaken or PortRefused. Port 0 lets the system choose."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((HOST, port))
        made.listen(_BACKLOG)
    except PermissionError as error:
        made.close()
        raise PortRefused(port=port, why=str(error.strerror)) from None
    except OSError:
        made.close()
        raise PortTaken(port=port) from None
    return made


def server_config(app: Any) -> Config:
    """uvicorn, quiet and bounded."""
    return Config(
        app,
        http=BoundedHttp,
        ws="none",
        lifespan="off",
        loop="asyncio",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        limit_concurrency=CONNECTIONS_MAX,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_STOP_SECONDS,
    )


class BoundedHttp(HttpToolsProtocol):
    """HTTP/1.1 whose heads come soon and are small."""

    _head_timer: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _is_in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._is_in_head and self._head_bytes > HEAD_BYTES_MAX:
            self.transport.abort()

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        self._head_bytes = 0
        self._end_timer()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self.transport.is_closing():
            self._await_head()

    def _await_head(self) -> None:
        self._is_in_head = True
        self._end_timer()
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _give_up(self) -> None:
        self.transport.abort()

    def _end_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
