"""Sessions, in the memory of the console's process: they end with it, and no copy opens one.

Rules: 1. The cookie's token is kept as its hash. 2. A session ends after an hour without a person,
after twelve hours, and when its person signs out. 3. What a page asks by itself is no person.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest

from countersign.entrypoints.console.errors import FormExpired
from countersign.infra.clock import monotonic

IDLE_SECONDS = 60 * 60.0
LONGEST_SECONDS = 12 * 60 * 60.0
SESSIONS_MAX = 32
LOOKS_MAX = 100
TOKEN_BYTES = 32


@dataclass(slots=True)
class Session:
    """One signed-in person; times are monotonic seconds."""

    key: bytes
    begun: float
    used: float
    form_token: str = field(default_factory=lambda: secrets.token_urlsafe(TOKEN_BYTES))
    looks: dict[int, int] = field(default_factory=dict)  # By transfer, the leaf of the last look.

    def note_look(self, transfer: int, command: int) -> None:
        """Remember a look for as long as it may last; of too many the oldest goes."""
        self.looks.pop(transfer, None)
        while len(self.looks) >= LOOKS_MAX:
            self.looks.pop(next(iter(self.looks)), None)
        self.looks[transfer] = command

    def require_form(self, token: str) -> None:
        """Raise FormExpired unless a form was made for this session."""
        if not compare_digest(self.form_token.encode(), token.encode()):
            raise FormExpired


class Sessions:
    """All sessions of one process. Belongs to one thread."""

    def __init__(self, seconds: Callable[[], float] = monotonic) -> None:
        self._seconds = seconds
        self._sessions: dict[bytes, Session] = {}

    def open(self) -> str:
        """Begin a session and give its token; of too many the one that was used first goes."""
        self._end_old()
        while len(self._sessions) >= SESSIONS_MAX:
            del self._sessions[min(self._sessions.values(), key=lambda one: one.used).key]
        token = secrets.token_urlsafe(TOKEN_BYTES)
        now = self._seconds()
        key = _key(token)
        self._sessions[key] = Session(key, now, now)
        return token

    def find(self, token: str, *, by_person: bool) -> Session | None:
        """The session of a token, if it lives."""
        self._end_old()
        session = self._sessions.get(_key(token))
        if session and by_person:
            session.used = self._seconds()
        return session

    def close(self, session: Session) -> None:
        self._sessions.pop(session.key, None)

    def _end_old(self) -> None:
        now = self._seconds()
        for session in list(self._sessions.values()):
            if now - session.used >= IDLE_SECONDS or now - session.begun >= LONGEST_SECONDS:
                del self._sessions[session.key]


def _key(token: str) -> bytes:
    return sha256(b"countersign/console-session/v1\x00" + token.encode()).digest()
