"""One connection to the public API: posts something, and posts it again under the same key.

Whatever became of a request whose answer got lost, its key makes the second one safe; a file is
known by its message id. Tries are bounded; what is refused for good is given back with its code.
"""

import http.client
import json
import threading
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from countersign.entrypoints.simulate.errors import MalformedUrl, Unreachable

TRIES = 6
_TIMEOUT_SECONDS = 30.0
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


class Reply(NamedTuple):
    status: int
    body: Mapping[str, object]

    @property
    def is_ok(self) -> bool:
        return self.status // 100 == 2  # noqa: PLR2004  # 2xx.

    @property
    def code(self) -> str:
        """Of a refusal."""
        return str(self.body.get("code", ""))


def _pause(seconds: float) -> None:
    threading.Event().wait(seconds)


def _without_user(url: str) -> str:
    """The address without name and password, which are repeated nowhere."""
    return url.rpartition("@")[2]


class ApiClient:
    """Belongs to one thread."""

    def __init__(self, url: str, token: str, *, pause: Callable[[float], None] = _pause) -> None:
        """Raises MalformedUrl; nothing is sent yet."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise MalformedUrl(url=_without_user(url)) from None
        if parts.scheme not in {"http", "https"} or not host or "@" in url:
            raise MalformedUrl(url=_without_user(url))
        is_https = parts.scheme == "https"
        kind = http.client.HTTPSConnection if is_https else http.client.HTTPConnection
        self._url = url
        self._prefix = parts.path.rstrip("/")
        self._connection = kind(host, port, timeout=_TIMEOUT_SECONDS)
        self._authorization = f"Bearer {token}"
        self._pause = pause
        self.repeated = 0

    def post(self, path: str, body: Mapping[str, object], *, key: str) -> Reply:
        """Post until there is an answer that is one; raises Unreachable after some tries."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        return self._post(path, json.dumps(body).encode(), headers)

    def post_file(self, path: str, content: bytes) -> Reply:
        """The same for a file of payments, in XML."""
        return self._post(path, content, {"Content-Type": "application/xml"})

    def close(self) -> None:
        self._connection.close()

    def _post(self, path: str, content: bytes, headers: Mapping[str, str]) -> Reply:
        why = ""
        for number in range(TRIES):
            if number:
                self.repeated += 1
            try:
                reply, after_seconds = self._once(path, content, headers)
            except (OSError, http.client.HTTPException, ValueError) as error:
                self._connection.close()
                # What no value may be repeats it, and it may be the token.
                is_told = isinstance(error, OSError) and str(error)
                why = str(error) if is_told else type(error).__name__
                after_seconds = _FIRST_PAUSE_SECONDS * 2**number
            else:
                if reply.status not in _AGAIN:
                    return reply
                why = f"{reply.status} {reply.code}"
            if number + 1 < TRIES:
                self._pause(min(after_seconds, _LONGEST_PAUSE_SECONDS))
        raise Unreachable(url=self._url, why=why)

    def _once(self, path: str, content: bytes, headers: Mapping[str, str]) -> tuple[Reply, float]:
        """(what was answered, after how many seconds to try again)."""
        sent = {"Authorization": self._authorization, **headers}
        self._connection.request("POST", self._prefix + path, body=content, headers=sent)
        answered = self._connection.getresponse()
        body = json.loads(answered.read() or b"{}")
        wanted = answered.headers.get("Retry-After") or ""
        seconds = float(wanted) if wanted.isascii() and wanted.isdigit() else _FIRST_PAUSE_SECONDS
        return Reply(answered.status, body if isinstance(body, dict) else {}), seconds
