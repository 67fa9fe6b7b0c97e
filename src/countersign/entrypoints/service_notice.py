"""Word to a service manager: ready, stopping. The protocol of sd_notify is one datagram.

Without `NOTIFY_SOCKET` nobody waits for a word and none is sent. A manager that does not listen
any more changes nothing here.
"""

import contextlib
import os
import socket
from typing import Final

READY: Final = b"READY=1"
STOPPING: Final = b"STOPPING=1"
_VARIABLE = "NOTIFY_SOCKET"


class ServiceManager:
    """Whoever started this process as a service, if somebody did."""

    def __init__(self) -> None:
        # Taken out of the environment: a child that knows the protocol would speak for us.
        self._address = os.environ.pop(_VARIABLE, "")

    def tell(self, word: bytes) -> None:
        if not self._address:
            return
        address = self._address.encode()
        if address.startswith(b"@"):  # Of the abstract namespace.
            address = b"\0" + address[1:]
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as own:
            own.sendto(word, address)
