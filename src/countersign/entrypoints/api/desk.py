"""What a handler works with, and what one request brought it."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request

from countersign.access.model import Permission
from countersign.audit.checkpoint import Verifier
from countersign.entrypoints.api.counting import Counts
from countersign.entrypoints.api.doorkeeper import Doorkeeper, Visitor
from countersign.entrypoints.api.errors import KeyMissing
from countersign.entrypoints.api.pulse import Pulse
from countersign.entrypoints.api.streams import Streams
from countersign.entrypoints.api.watching import Watch
from countersign.entrypoints.receiving import Archive
from countersign.entrypoints.web.reading import Connection, Reader
from countersign.gate.client import new_key
from countersign.gate.commands import Answer, Kind
from countersign.gate.intake import Intake
from countersign.gate.link import GateLink
from countersign.gate.requests import KEY_BYTES, Item, encode_body
from countersign.gate.sentences import refusal_of
from countersign.infra.clock import Clock
from countersign.kernel.refusal import Language
from countersign.vault.subjects import SubjectKeys

GATE_SECONDS = 15.0
KEY_HEADER = "idempotency-key"
_KEY_LENGTH_MAX = 255
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The parts of one API process."""

    gate: GateLink
    doorkeeper: Doorkeeper
    reader: Reader
    threads: ThreadPoolExecutor
    keys: SubjectKeys
    intake: Intake
    log: Verifier
    clock: Clock
    sockets: Path
    archive: Archive
    schema_dir: Path | None
    # A file is taken in by a thread of its own, and few at a time.
    files: asyncio.Semaphore
    pulse: Pulse
    watch: Watch
    data_dir: Path
    counts: Counts
    streams: Streams
    uploads: Counter[int] = field(default_factory=Counter)  # By credential.

    async def read(self, work: Callable[[Connection], _Result]) -> _Result:
        """Read the database, off the loop."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.threads, self.reader.read, work)

    async def submit(self, visitor: Visitor, items: Sequence[Item]) -> list[Answer]:
        """What the gate decides for the visitor's credential."""
        return await self.gate.submit(visitor.token, items, timeout_seconds=GATE_SECONDS)

    async def ask(self, call: "Call", kind: Kind, request: msgspec.Struct) -> Answer:
        """One command under the call's key; raises the refusal that the gate answers."""
        item = Item(kind, call.request_key(), encode_body(request))
        answer = (await self.submit(call.visitor, [item]))[0]
        if "." in answer.outcome:
            raise refusal_of(answer)
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, read and checked as its operation says."""

    visitor: Visitor
    language: Language
    request: Request
    number: int = 0  # Of the path.
    body: Any = None
    query: Any = None

    def request_key(self) -> bytes:
        """From the header Idempotency-Key, or a new one where none came."""
        text = self.request.headers.get(KEY_HEADER)
        return new_key() if text is None else key_of(text)

    def required_key(self) -> bytes:
        """The same where an order is given; raises KeyMissing."""
        if self.request.headers.get(KEY_HEADER) is None:
            raise KeyMissing
        return self.request_key()


Handler = Callable[[Desk, Call], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One path and method: what it takes, what it answers, who may ask."""

    method: str
    path: str
    name: str
    summary: str
    handler: Handler
    answers: type[msgspec.Struct] | str  # A struct as JSON, or a media type.
    permission: Permission | None  # None: whoever is known; the handler may ask for more.
    status: int = HTTPStatus.OK
    takes: type[msgspec.Struct] | str | None = None
    query: type[msgspec.Struct] | None = None
    is_keyed: bool = False  # Whether it takes an Idempotency-Key.
    needs_key: bool = False
    is_open: bool = False  # Without a token.
    outlives_gate: bool = False  # Told also to whoever could read it shortly before the gate went.

    def cost(self, body: object) -> int:
        """How many requests this one counts as."""
        return len(getattr(body, "transfers", ())) or 1


def key_of(text: str) -> bytes:
    """The request key that a client's own key stands for; raises KeyMissing for what is none."""
    if not 0 < len(text) <= _KEY_LENGTH_MAX or not (text.isascii() and text.isprintable()):
        raise KeyMissing
    return sha256(b"countersign/api/v1\x00" + text.encode()).digest()[:KEY_BYTES]
