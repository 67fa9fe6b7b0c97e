"""The sockets of the gate: reads frames, has them prepared, queues them, sends the answers.

Rules: 1. Each socket has its own identity; a token may name a channel's credential instead.
2. Nobody waits for ever: too much waiting is refused with a time to try again. 3. A peer that goes
away loses its answer, never its command. 4. Nothing that a peer sends ends the gate: it costs that
peer its item, its frame or its connection. One asyncio loop; the batcher only calls `deliver`.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

import msgspec

from countersign.access.errors import NotPermitted, UnknownCredential
from countersign.access.model import (
    CONSOLE,
    OPERATOR,
    WORKER,
    Permission,
    authenticate,
    verifier_of,
)
from countersign.gate.commands import COMMANDS, Answer, Submission
from countersign.gate.engine import Engine
from countersign.gate.errors import MalformedRequest, NotReady, Overloaded
from countersign.gate.framing import Framed
from countersign.gate.intake_process import Asked, Given, decode_given, submission_of
from countersign.gate.lanes import Lanes, Load
from countersign.gate.queries import answer_query
from countersign.gate.requests import (
    API_SOCKET,
    CHANNEL_SOCKET,
    CONSOLE_SOCKET,
    FRAME_BYTES_MAX,
    OPERATOR_SOCKET,
    WORKER_SOCKET,
    Frame,
    Item,
    Query,
    Reply,
    decode_frame,
    framed,
)
from countersign.gate.state import State
from countersign.kernel.refusal import Refusal

NOBODY = 0
IDENTITIES = {
    OPERATOR_SOCKET: OPERATOR,
    WORKER_SOCKET: WORKER,
    CHANNEL_SOCKET: NOBODY,
    API_SOCKET: NOBODY,
    CONSOLE_SOCKET: CONSOLE,
}
# The house's own processes: they may ask what stands, and the channels' load never delays them.
HOUSE = frozenset(IDENTITIES.values()) - {NOBODY}


@dataclass(slots=True, eq=False)
class _Open:
    """A frame on its way: where its answers go, and how many are still missing."""

    reply_to: asyncio.Transport
    id: int
    load: Load
    answers: list[Answer] = field(default_factory=list)
    missing: int = 0
    retry_ms: int = 0


class _Place(NamedTuple):
    """Where an answer goes."""

    frame: _Open
    place: int


UNREAD_BYTES_MAX = 16 * 1024 * 1024  # Of answers that wait for one peer to read them.


class Front:
    """All sockets of one gate."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._intake: asyncio.Transport | None = None
        self._lanes = Lanes(self._to_intake)
        self._in_intake: dict[int, _Open] = {}
        self._next_id = 0
        self._servers: list[asyncio.Server] = []
        self._loop = asyncio.get_running_loop()

    def connect_intake(self, transport: asyncio.Transport) -> None:
        self._intake = transport

    async def serve(self, folder: Path) -> None:
        """Open the sockets in a folder."""
        for name, identity in IDENTITIES.items():
            make = partial(_Peer, self, identity)
            server = await self._loop.create_unix_server(make, sock=_bound(folder / name))
            self._servers.append(server)

    def close(self) -> None:
        for server in self._servers:
            server.close()

    def frame(self, peer: asyncio.Transport, identity: int, content: bytes) -> None:
        """One frame came in."""
        try:
            frame = decode_frame(content)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            peer.close()  # Without an id there is nothing to answer to.
            return
        try:
            self._accept(peer, frame, self._credential(identity, frame.token))
        except Refusal as refusal:
            self._send(peer, Reply(frame.id, refusal.code, [], _retry_ms(refusal)))

    def prepared(self, content: bytes) -> None:
        """The intake has prepared a frame."""
        given: Given = decode_given(content)
        waiting = self._in_intake.pop(given.id)
        self._lanes.prepared(waiting.load)
        if given.refusal:
            self._answered(waiting, Reply(waiting.id, given.refusal, []))
            return
        waiting.missing = len(given.prepared)
        waiting.answers = [_NONE] * len(given.prepared)
        for place, prepared in enumerate(given.prepared):
            submission = submission_of(prepared)
            submission.reply = _Place(waiting, place)
            try:
                self._engine.submit(submission)
            except Overloaded as refusal:
                waiting.retry_ms = _retry_ms(refusal)
                self._put(waiting, place, Answer(0, refusal.code))

    def deliver(self, answers: list[tuple[Submission, Answer]]) -> None:
        """Hand answers over; called by the batcher thread."""
        with contextlib.suppress(RuntimeError):  # The loop is gone; the peers ask again.
            self._loop.call_soon_threadsafe(self._deliver, answers)

    def _deliver(self, answers: list[tuple[Submission, Answer]]) -> None:
        for submission, answer in answers:
            if isinstance(submission.reply, _Place):
                self._put(submission.reply.frame, submission.reply.place, answer)

    def _accept(self, peer: asyncio.Transport, frame: Frame, credential: int) -> None:
        if any(item.kind >= Query.STATUS for item in frame.items):
            if credential not in HOUSE and not self._may_ask(credential, frame):
                raise NotPermitted(permission="queries")
            self._engine.ask(partial(self._answer, peer, frame, credential))
            return
        if not frame.items:
            raise MalformedRequest(why="it asks for nothing")
        if len({item.key for item in frame.items}) != len(frame.items):
            raise MalformedRequest(why="two items have the same key")
        self._require_some(credential, frame.items)
        if self._intake is None or self._intake.is_closing():
            raise NotReady
        self._next_id += 1
        asked = framed(Asked(self._next_id, credential, frame.items))
        load = self._lanes.send(asked, is_channels=credential not in HOUSE)
        self._in_intake[self._next_id] = _Open(peer, frame.id, load)

    def _may_ask(self, credential: int, frame: Frame) -> bool:
        """Whoever is known may ask what he is, and who watches the house how it is."""
        known = self._engine.state.credentials.get(credential)
        is_watcher = known is not None and Permission.HEALTH_READ in known.permissions
        allowed = {Query.OWN_CREDENTIAL, Query.STATUS} if is_watcher else {Query.OWN_CREDENTIAL}
        return all(item.kind in allowed for item in frame.items)

    def _to_intake(self, asked: bytes) -> None:
        if self._intake and not self._intake.is_closing():
            self._intake.write(asked)

    def _require_some(self, credential: int, items: list[Item]) -> None:
        """Refuse a frame of which this credential may do nothing, before it costs anything.

        What else it may not do is refused when it is decided, and leaves its leaf.
        """
        known = self._engine.state.credentials.get(credential)
        permissions = known.permissions if known else frozenset()
        needed = {_PERMISSIONS.get(item.kind) for item in items}
        # No permission is needed for the leaf of a refusal, nor to be told of an unknown kind.
        if None not in needed and needed.isdisjoint(permissions):
            raise NotPermitted(permission=", ".join(sorted(filter(None, needed))))

    def _answer(self, peer: asyncio.Transport, frame: Frame, credential: int, state: State) -> None:
        """Answer queries; called by the batcher thread."""
        report = self._engine.report
        answers = [answer_query(state, item, credential, report) for item in frame.items]
        with contextlib.suppress(RuntimeError):  # The loop is gone; the peers ask again.
            self._loop.call_soon_threadsafe(self._send, peer, Reply(frame.id, "", answers))

    def _credential(self, identity: int, token: str) -> int:
        if not token:
            if identity == NOBODY:
                raise UnknownCredential
            return identity
        verifier = verifier_of(token)
        known = self._engine.state.credentials
        number = next((n for n, c in list(known.items()) if c.verifier == verifier), None)
        credential = known.get(number) if number is not None else None
        return authenticate(credential, token, self._engine.clock.now_ms()).number

    def _put(self, waiting: _Open, place: int, answer: Answer) -> None:
        waiting.answers[place] = answer
        waiting.missing -= 1
        if not waiting.missing:
            reply = Reply(waiting.id, "", waiting.answers, waiting.retry_ms)
            self._answered(waiting, reply)

    def _answered(self, waiting: _Open, reply: Reply) -> None:
        self._lanes.answered(waiting.load)
        self._send(waiting.reply_to, reply)

    def _send(self, peer: asyncio.Transport, reply: Reply) -> None:
        if peer.is_closing():
            return
        peer.write(framed(reply))
        if peer.get_write_buffer_size() > UNREAD_BYTES_MAX:
            peer.abort()  # It asks and never reads; what it asked under a key it can ask again.


def _bound(path: Path) -> socket.socket:
    """A socket in the place of whatever stood there.

    Bound here and not by the event loop, which would remove the path when it closes: a gate that
    was overtaken would then take away the socket of its successor.
    """
    path.unlink(missing_ok=True)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    bound.bind(str(path))
    path.chmod(0o600)
    return bound


class _Peer(Framed):
    def __init__(self, front: Front, identity: int) -> None:
        super().__init__(frame_bytes_max=FRAME_BYTES_MAX)
        self._front = front
        self._identity = identity

    def received(self, content: bytes) -> None:
        if self.transport:
            self._front.frame(self.transport, self._identity, content)


class IntakeEnd(Framed):
    """The parent's end of the intake's socket pair; its loss ends the gate."""

    def __init__(self, front: Front, lost: Callable[[], None]) -> None:
        # What the intake makes of a peer's frame may be larger than the frame.
        super().__init__(frame_bytes_max=None)
        self._front = front
        self._lost = lost

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if self.transport:
            self._front.connect_intake(self.transport)

    def received(self, content: bytes) -> None:
        self._front.prepared(content)

    def connection_lost(self, error: Exception | None) -> None:
        del error
        self._lost()


class Outlet:
    """Where the batcher puts its answers; the engine has started before there is a front."""

    def __init__(self) -> None:
        self.front: Front | None = None

    def deliver(self, answers: list[tuple[Submission, Answer]]) -> None:
        if self.front:
            self.front.deliver(answers)


def _retry_ms(refusal: Refusal) -> int:
    """When it is worth another try; 0 where no time was said."""
    return int(refusal.details.get("retry_ms", 0))


_NONE = Answer(0, "")
_PERMISSIONS = {int(kind): command.permission for kind, command in COMMANDS.items()}
