"""The sockets of a gate: who a peer is, what is refused at the door, what everybody is answered.

Front and engine are real; the test speaks the peers' end and the intake's end of the protocol.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from tests.support.gate import REASON, Harness, index_of
from tests.support.identities import CHANNELS, CONSOLES, OPERATORS, WORKERS

from countersign.access.errors import NotPermitted, UnknownCredential
from countersign.access.model import CONSOLE, NO_TOKEN, OPERATOR, WORKER
from countersign.gate import commands, front
from countersign.gate.commands import Command, Kind
from countersign.gate.front import NOBODY, Front, IntakeEnd
from countersign.gate.intake_process import Asked, Given, Prepared
from countersign.gate.lanes import BYTES_MAX, CHANNEL_BYTES_AT_ONCE, FRAMES_MAX
from countersign.gate.requests import (
    CHANNEL_SOCKET,
    CONSOLE_SOCKET,
    FRAME_BYTES_MAX,
    OPERATOR_SOCKET,
    WORKER_SOCKET,
    Frame,
    Item,
    Query,
    Reply,
    decode_reply,
    framed,
)
from countersign.gate.waiting import Limits

pytestmark = pytest.mark.fast

WHO_MAY = {OPERATOR: OPERATORS, WORKER: WORKERS, CONSOLE: CONSOLES, 100: CHANNELS}
SOCKETS = {
    OPERATOR_SOCKET: OPERATOR,
    WORKER_SOCKET: WORKER,
    CHANNEL_SOCKET: NOBODY,
    CONSOLE_SOCKET: CONSOLE,
}
TOKEN = "erp"  # The verifier of a harness's credential is that of its name.
CHANNEL = 100
LARGE = FRAME_BYTES_MAX - 200  # Of an item that fills a frame.
KINDS = [*Kind, 0, 199]
QUERIES = [*Query, 204, 10**6]
_decode_asked = msgspec.msgpack.Decoder(Asked).decode


@dataclass
class End:
    """One end of a connection, seen as frames."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, message: object) -> None:
        self.writer.write(framed(message))

    async def content(self) -> bytes:
        length = await asyncio.wait_for(self.reader.readexactly(4), 10)
        return await asyncio.wait_for(self.reader.readexactly(int.from_bytes(length, "big")), 10)

    async def reply(self) -> Reply:
        return decode_reply(await self.content())

    async def asked(self) -> Asked:
        return _decode_asked(await self.content())

    async def is_closed(self) -> bool:
        return await asyncio.wait_for(self.reader.read(1), 10) == b""

    async def close(self) -> None:
        self.writer.close()
        await self.writer.wait_closed()


@dataclass
class Door:
    """A gate with its sockets open, and the intake's end in the hands of the test."""

    gate: Harness
    front: Front
    folder: Path
    intake: End | None = None
    has_lost_intake: bool = False

    async def peer(self, name: str = OPERATOR_SOCKET) -> End:
        return End(*await asyncio.open_unix_connection(str(self.folder / name)))

    async def connect_intake(self) -> End:
        ours, theirs = socket.socketpair()
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: IntakeEnd(self.front, self._lost), sock=ours)
        self.intake = End(*await asyncio.open_connection(sock=theirs))
        return self.intake

    async def pass_on(self, *commands: Command) -> Asked:
        """Prepare the next frame as these commands."""
        assert self.intake
        asked = await self.intake.asked()
        prepared = [
            Prepared(c.kind, asked.credential, item.key, b"m" * 17, msgspec.msgpack.encode(c))
            for item, c in zip(asked.items, commands, strict=True)
        ]
        self.intake.send(Given(asked.id, "", prepared))
        return asked

    async def settle(self) -> None:
        """Let the front read what was sent, and the engine decide what it took."""
        for _ in range(20):
            await asyncio.sleep(0)
            self.gate.engine.drain()

    def _lost(self) -> None:
        self.has_lost_intake = True


def at_the_door(
    folder: Path, steps: Callable[[Door], Awaitable[None]], *, limits: Limits | None = None
) -> None:
    async def run() -> None:
        gate = Harness(limits=limits).start().a_city()
        front = Front(gate.engine)
        gate.on_answers = front.deliver
        door = Door(gate, front, folder)
        await front.serve(folder)
        try:
            await steps(door)
        finally:
            front.close()
            if door.intake:
                await door.intake.close()

    asyncio.run(run())


def an_item(kind: int, number: int = 0, size: int = 1) -> Item:
    return Item(kind, b"door/%011d" % number, b"\x00" * size)


def _prepared_freeze(asked: Asked) -> tuple[int, int, bytes, bytes, bytes]:
    body = msgspec.msgpack.encode(commands.Freeze(index_of("bo"), REASON))
    return Kind.FREEZE, OPERATOR, asked.items[0].key, b"m" * 17, body


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", list(SOCKETS))
def test_a_socket_says_who_asks_and_a_token_says_it_instead(
    tmp_path: Path, name: str, kind: int
) -> None:
    async def steps(door: Door) -> None:
        intake, peer = await door.connect_intake(), await door.peer(name)
        for token in ("", TOKEN):
            credential = CHANNEL if token else SOCKETS[name]
            peer.send(Frame(1, token, [an_item(kind)]))
            if credential == NOBODY:
                assert await peer.reply() == Reply(1, UnknownCredential.code, [])
            elif kind in set(Kind) - WHO_MAY[credential]:
                assert await peer.reply() == Reply(1, NotPermitted.code, [])
            else:
                asked = await intake.asked()
                assert asked.credential == credential
                assert asked.items == [an_item(kind)]
        await peer.close()

    at_the_door(tmp_path, steps)


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("name", list(SOCKETS))
def test_only_operator_and_worker_may_ask_what_is(tmp_path: Path, name: str, query: int) -> None:
    async def steps(door: Door) -> None:
        await door.connect_intake()
        peer = await door.peer(name)
        refusals = {}
        for token in ("", TOKEN):
            # Not even beside a command, which such a frame does not carry out either.
            for items in ([an_item(query)], [an_item(Kind.FREEZE, 1), an_item(query, 2)]):
                peer.send(Frame(1, token, items))
                await door.settle()
                reply = await peer.reply()
                refusals[token] = reply.refusal
                assert len(reply.answers) == (0 if reply.refusal else len(items))
        known = "" if SOCKETS[name] != NOBODY else UnknownCredential.code
        assert refusals == {"": known, TOKEN: NotPermitted.code}
        await peer.close()

    at_the_door(tmp_path, steps)


@pytest.mark.parametrize("token", ["wrong", "erp ", "ERP", "\x00" * 32, "operator"])
@pytest.mark.parametrize("name", list(SOCKETS))
def test_a_wrong_token_opens_nothing_on_any_socket(tmp_path: Path, name: str, token: str) -> None:
    """Not even what the socket gives to whoever shows no token."""

    async def steps(door: Door) -> None:
        await door.connect_intake()
        peer = await door.peer(name)
        peer.send(Frame(3, token, [an_item(Kind.FREEZE)]))
        assert await peer.reply() == Reply(3, UnknownCredential.code, [])
        await peer.close()

    at_the_door(tmp_path, steps)


def test_a_revoked_token_opens_nothing(tmp_path: Path) -> None:
    async def steps(door: Door) -> None:
        await door.connect_intake()
        peer = await door.peer(CHANNEL_SOCKET)
        door.gate.do(commands.SetCredential(CHANNEL, "erp", NO_TOKEN, [], is_active=False))
        peer.send(Frame(3, TOKEN, [an_item(Kind.ORDER)]))
        assert await peer.reply() == Reply(3, UnknownCredential.code, [])
        await peer.close()

    at_the_door(tmp_path, steps)


def test_sockets_are_the_owners_alone(tmp_path: Path) -> None:
    async def steps(door: Door) -> None:
        modes = {path.name: path.stat().st_mode & 0o777 for path in door.folder.iterdir()}
        assert modes == dict.fromkeys(SOCKETS, 0o600)

    at_the_door(tmp_path, steps)


@pytest.mark.parametrize("items", [[], [an_item(Kind.FREEZE), an_item(Kind.UNFREEZE)]])
def test_a_frame_asks_for_something_under_keys_of_its_own(
    tmp_path: Path, items: list[Item]
) -> None:
    async def steps(door: Door) -> None:
        await door.connect_intake()
        peer = await door.peer()
        peer.send(Frame(4, "", items))
        assert await peer.reply() == Reply(4, "gate.malformed_request", [])
        await peer.close()

    at_the_door(tmp_path, steps)


def test_without_an_intake_the_gate_is_not_ready(tmp_path: Path) -> None:
    async def steps(door: Door) -> None:
        peer = await door.peer()
        peer.send(Frame(5, "", [an_item(Kind.FREEZE)]))
        assert await peer.reply() == Reply(5, "gate.not_ready", [])
        intake = await door.connect_intake()
        await intake.close()
        for _ in range(100):
            await asyncio.sleep(0)
        assert door.has_lost_intake
        peer.send(Frame(6, "", [an_item(Kind.FREEZE)]))
        assert await peer.reply() == Reply(6, "gate.not_ready", [])
        await peer.close()

    at_the_door(tmp_path, steps)


def test_too_many_frames_in_the_intake_are_refused_and_the_others_answered(tmp_path: Path) -> None:
    async def steps(door: Door) -> None:
        intake, peer = await door.connect_intake(), await door.peer()
        for number in range(FRAMES_MAX + 1):
            peer.send(Frame(number, "", [an_item(Kind.FREEZE, number)]))
        assert await peer.reply() == Reply(FRAMES_MAX, "gate.overloaded", [], 200)
        first = await intake.asked()
        intake.send(Given(first.id, "gate.not_ready", []))
        assert await peer.reply() == Reply(0, "gate.not_ready", [])
        peer.send(Frame(300, "", [an_item(Kind.FREEZE, 300)]))  # There is room for one again.
        peer.send(Frame(301, "", [an_item(Kind.FREEZE, 301)]))
        assert await peer.reply() == Reply(301, "gate.overloaded", [], 200)
        await peer.close()

    at_the_door(tmp_path, steps)


def test_a_frame_goes_in_for_the_one_item_that_its_credential_may_ask_for(tmp_path: Path) -> None:
    async def steps(door: Door) -> None:
        intake, peer = await door.connect_intake(), await door.peer(CHANNEL_SOCKET)
        peer.send(Frame(1, TOKEN, [an_item(Kind.FREEZE, 1), an_item(Kind.FUND, 2)]))
        assert await peer.reply() == Reply(1, NotPermitted.code, [])
        items = [an_item(Kind.FREEZE, 3), an_item(Kind.ORDER, 4)]
        peer.send(Frame(2, TOKEN, items))
        assert (await intake.asked()).items == items
        await peer.close()

    at_the_door(tmp_path, steps)


def test_frames_are_bounded_in_bytes_until_they_are_answered(tmp_path: Path) -> None:
    """The one lane when it is full leaves the other one open."""

    async def steps(door: Door) -> None:
        intake, peer = await door.connect_intake(), await door.peer(CHANNEL_SOCKET)
        fit = BYTES_MAX // FRAME_BYTES_MAX
        for number in range(fit + 1):
            peer.send(Frame(number, TOKEN, [an_item(Kind.ORDER, number, LARGE)]))
        assert await peer.reply() == Reply(fit, "gate.overloaded", [], 200)
        operator = await door.peer()
        operator.send(Frame(0, "", [an_item(Kind.FREEZE, 99)]))
        asked = [await intake.asked() for _ in range(2)]
        assert [one.items[0].kind for one in asked] == [Kind.ORDER, Kind.FREEZE]
        peer.send(Frame(50, TOKEN, [an_item(Kind.ORDER, 50)]))
        first = Prepared(*_prepared_freeze(asked[0]))
        intake.send(Given(asked[0].id, "", [first]))
        assert (await intake.asked()).items[0].kind == Kind.ORDER
        # It is prepared, and weighs on until it is answered.
        peer.send(Frame(51, TOKEN, [an_item(Kind.ORDER, 51, LARGE)]))
        assert [(await peer.reply()).id for _ in range(1)] == [51]
        await door.settle()
        assert (await peer.reply()).id == 0
        peer.send(Frame(52, TOKEN, [an_item(Kind.ORDER, 52, LARGE)]))
        peer.send(Frame(53, TOKEN, [an_item(Kind.ORDER, 53, LARGE)]))
        assert await peer.reply() == Reply(53, "gate.overloaded", [], 200)
        await peer.close()
        await operator.close()

    at_the_door(tmp_path, steps)


def test_a_freeze_waits_for_one_small_batch_of_what_was_sent_before_it(tmp_path: Path) -> None:
    async def steps(door: Door) -> None:
        intake, channel = await door.connect_intake(), await door.peer(CHANNEL_SOCKET)
        size = CHANNEL_BYTES_AT_ONCE // 4
        for number in range(20):
            channel.send(Frame(number, TOKEN, [an_item(Kind.ORDER, number, size)]))
        channel.send(Frame(20, "", []))
        assert (await channel.reply()).id == 20  # By now all of them have come in.
        operator = await door.peer()
        operator.send(Frame(0, "", [an_item(Kind.FREEZE, 99)]))
        kinds = [(await intake.asked()).items[0].kind for _ in range(4)]
        assert kinds == [Kind.ORDER] * 3 + [Kind.FREEZE]
        intake.send(Given(1, "gate.not_ready", []))
        assert (await intake.asked()).items[0].key == an_item(Kind.ORDER, 3).key
        await channel.close()
        await operator.close()

    at_the_door(tmp_path, steps)


def test_what_the_intake_answers_may_be_larger_than_any_frame(tmp_path: Path) -> None:
    async def steps(door: Door) -> None:
        intake, peer = await door.connect_intake(), await door.peer()
        peer.send(Frame(1, "", [an_item(Kind.SET_POLICY)]))
        asked = await intake.asked()
        body = b"x" * FRAME_BYTES_MAX
        prepared = Prepared(Kind.SET_POLICY, OPERATOR, asked.items[0].key, b"m" * 17, body)
        intake.send(Given(asked.id, "", [prepared]))
        await intake.writer.drain()
        await door.settle()
        # And what is no command is refused under its key.
        reply = await peer.reply()
        assert [answer.outcome for answer in reply.answers] == ["gate.malformed_request"]
        assert reply.answers[0].number == door.gate.engine.state.next_number - 1
        assert not door.has_lost_intake
        await peer.close()

    at_the_door(tmp_path, steps)


@pytest.mark.parametrize("body", [b"", b"\xc1", b"\x91\xa1\xff", b"\x91" * 100_000, b"\x92\x01"])
def test_one_item_that_cannot_be_prepared_costs_no_other_one(tmp_path: Path, body: bytes) -> None:
    async def steps(door: Door) -> None:
        intake, peer = await door.connect_intake(), await door.peer()
        peer.send(Frame(1, "", [an_item(Kind.FREEZE, number) for number in (1, 2)]))
        asked = await intake.asked()
        good = _prepared_freeze(asked)
        bad = (Kind.FREEZE, OPERATOR, asked.items[1].key, b"m" * 17, body)
        intake.send(Given(asked.id, "", [Prepared(*bad), Prepared(*good)]))
        await door.settle()
        outcomes = [answer.outcome for answer in (await peer.reply()).answers]
        assert outcomes == ["gate.malformed_request", "ok"]
        assert not door.has_lost_intake
        await peer.close()

    at_the_door(tmp_path, steps)


def test_what_the_queue_does_not_take_is_refused_item_by_item(tmp_path: Path) -> None:
    async def steps(door: Door) -> None:
        await door.connect_intake()
        peer = await door.peer()
        peer.send(Frame(7, "", [an_item(Kind.FREEZE, number) for number in range(3)]))
        freezes = [commands.Freeze(index_of(str(number)), REASON) for number in range(3)]
        await door.pass_on(*freezes)
        await door.settle()
        reply = await peer.reply()
        assert [answer.outcome for answer in reply.answers] == ["ok", "ok", "gate.overloaded"]
        assert reply.retry_ms == 200
        assert set(door.gate.engine.state.accounts.frozen) == {index_of("0"), index_of("1")}
        await peer.close()

    at_the_door(tmp_path, steps, limits=Limits(waiting_max=2))


def test_a_peer_that_goes_away_loses_its_answer_and_never_its_command(tmp_path: Path) -> None:
    async def steps(door: Door) -> None:
        await door.connect_intake()
        peer = await door.peer()
        peer.send(Frame(8, "", [an_item(Kind.FREEZE)]))
        assert door.intake
        asked = await door.intake.asked()
        await peer.close()
        freeze = msgspec.msgpack.encode(commands.Freeze(index_of("bo"), REASON))
        key = asked.items[0].key
        prepared = Prepared(Kind.FREEZE, asked.credential, key, b"m" * 17, freeze)
        door.intake.send(Given(asked.id, "", [prepared]))
        await door.settle()
        assert index_of("bo") in door.gate.engine.state.accounts.frozen

    at_the_door(tmp_path, steps)


@pytest.mark.parametrize("pieces", [1, 3, 10_000])
def test_a_frame_may_come_in_pieces_and_two_at_once(tmp_path: Path, pieces: int) -> None:
    async def steps(door: Door) -> None:
        intake, peer = await door.connect_intake(), await door.peer()
        sent = framed(Frame(1, "", [an_item(Kind.FREEZE, 1)])) + framed(
            Frame(2, "", [an_item(Kind.UNFREEZE, 2)])
        )
        for start in range(0, len(sent), pieces):
            peer.writer.write(sent[start : start + pieces])
            await asyncio.sleep(0)
        assert [(await intake.asked()).items[0].kind for _ in range(2)] == [20, 21]
        await peer.close()

    at_the_door(tmp_path, steps)


def test_a_frame_that_cannot_be_decoded_ends_its_connection_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def steps(door: Door) -> None:
        intake = await door.connect_intake()
        for content in (b"\x93\x01\xa1\xff\x90", b"\x94\x01\xa0\x90" + b"\x91" * 100_000):
            peer = await door.peer()
            peer.writer.write(len(content).to_bytes(4, "big") + content)
            assert await peer.is_closed()
            await peer.close()
        good = await door.peer()
        good.send(Frame(1, "", [an_item(Kind.FREEZE)]))
        assert (await intake.asked()).credential == OPERATOR
        await good.close()

    at_the_door(tmp_path, steps)
    assert not caplog.records


def test_a_peer_that_never_reads_its_answers_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front, "UNREAD_BYTES_MAX", 10_000)
    refused = framed(Frame(1, "", [an_item(Kind.ORDER)])) * 100

    async def steps(door: Door) -> None:
        rude = await door.peer(CHANNEL_SOCKET)
        with pytest.raises(ConnectionError):
            for _ in range(10_000):  # Far more than the system itself keeps between the two.
                rude.writer.write(refused)
                await rude.writer.drain()
        polite = await door.peer()
        polite.send(Frame(1, "", []))
        assert (await polite.reply()).refusal == "gate.malformed_request"
        await polite.close()

    at_the_door(tmp_path, steps)


def test_a_frame_over_its_bound_ends_the_connection_at_its_first_bytes(tmp_path: Path) -> None:
    async def steps(door: Door) -> None:
        await door.connect_intake()
        peer = await door.peer()
        peer.writer.write((FRAME_BYTES_MAX + 1).to_bytes(4, "big"))
        assert await peer.is_closed()
        again = await door.peer()
        again.writer.write(b"\x00\x00\x00\x01\xc1")
        assert await again.is_closed()
        await peer.close()
        await again.close()

    at_the_door(tmp_path, steps)
