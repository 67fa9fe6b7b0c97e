"""The link of one process to a gate, with the gate's end of its socket in the hands of the test."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from countersign.access.errors import UnknownCredential
from countersign.gate import link as link_module
from countersign.gate.client import GateUnreachable
from countersign.gate.commands import Answer, Kind
from countersign.gate.errors import MalformedRequest, NotReady, Overloaded
from countersign.gate.link import GateLink
from countersign.gate.requests import ITEMS_MAX, Frame, Item, Query, Reply, decode_frame, framed

pytestmark = pytest.mark.fast

NAME = "api.sock"
MINE = "erp"
SECONDS = 10.0


@dataclass
class GatesEnd:
    """What the gate would read, and what the test has it answer."""

    frames: asyncio.Queue[Frame] = field(default_factory=asyncio.Queue)
    serving: "set[asyncio.Task[None] | None]" = field(default_factory=set)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        self.serving.add(asyncio.current_task())
        try:
            while True:
                length = int.from_bytes(await reader.readexactly(4), "big")
                self.frames.put_nowait(decode_frame(await reader.readexactly(length)))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def end(self, link: GateLink, server: asyncio.Server) -> None:
        """Close both ends and see that nothing is left on the loop."""
        link.close()
        server.close()
        for writer in self.writers:
            writer.close()
        await asyncio.gather(*(task for task in self.serving if task), return_exceptions=True)

    async def asked(self) -> Frame:
        return await asyncio.wait_for(self.frames.get(), SECONDS)

    def answer(self, frame: Frame, *outcomes: str, refusal: str = "", retry_ms: int = 0) -> None:
        answers = [Answer(n, outcome) for n, outcome in enumerate(outcomes)]
        self.writers[-1].write(framed(Reply(frame.id, refusal, answers, retry_ms)))


def at_the_link(folder: Path, steps: Callable[[GatesEnd, GateLink], Awaitable[None]]) -> None:
    async def run() -> None:
        gate = GatesEnd()
        server = await asyncio.start_unix_server(gate.serve, str(folder / NAME))
        link = GateLink(folder, NAME)
        try:
            await asyncio.wait_for(steps(gate, link), 4 * SECONDS)
        finally:
            await gate.end(link, server)

    asyncio.run(run())


def an_item(number: int, kind: int = Kind.ORDER, size: int = 1) -> Item:
    return Item(kind, b"link/%011d" % number, b"\x00" * size)


def asking(
    link: GateLink, *items: Item, token: str = MINE, seconds: float = SECONDS
) -> "asyncio.Task[list[Answer]]":
    return asyncio.create_task(link.submit(token, items, timeout_seconds=seconds))


def test_what_one_token_asks_at_once_goes_in_one_frame_and_each_gets_its_own(
    tmp_path: Path,
) -> None:
    async def steps(gate: GatesEnd, link: GateLink) -> None:
        mine = [asking(link, an_item(n)) for n in range(3)]
        pair = asking(link, an_item(10), an_item(11))
        other = asking(link, an_item(20), token="shop")
        first = await gate.asked()
        assert (first.token, len(first.items)) == ("erp", 5)
        second = await gate.asked()
        assert (second.token, len(second.items)) == ("shop", 1)
        gate.answer(second, "held")
        gate.answer(first, "a", "b", "c", "d", "e")
        assert [one.outcome for one in await other] == ["held"]
        assert [(await one)[0].outcome for one in mine] == ["a", "b", "c"]
        assert [one.outcome for one in await pair] == ["d", "e"]

    at_the_link(tmp_path, steps)


def test_one_key_goes_once_in_a_frame_and_queries_go_apart(tmp_path: Path) -> None:
    async def steps(gate: GatesEnd, link: GateLink) -> None:
        twice = [asking(link, an_item(1)) for _ in range(2)]
        query = asking(link, an_item(2, Query.OWN_CREDENTIAL))
        frames = [await gate.asked() for _ in range(3)]
        assert [[item.kind for item in frame.items] for frame in frames] == [
            [Kind.ORDER],
            [Kind.ORDER],
            [Query.OWN_CREDENTIAL],
        ]
        for frame in frames:
            gate.answer(frame, "ok")
        for task in (*twice, query):
            assert (await task)[0].outcome == "ok"

    at_the_link(tmp_path, steps)


def test_what_was_not_answered_is_asked_again_over_a_new_connection(tmp_path: Path) -> None:
    async def steps(gate: GatesEnd, link: GateLink) -> None:
        task = asking(link, an_item(1))
        first = await gate.asked()
        gate.writers[-1].close()
        again = await gate.asked()
        assert again.items == first.items
        gate.answer(again, "released")
        assert (await task)[0].outcome == "released"

    at_the_link(tmp_path, steps)


def test_what_the_gate_cannot_take_now_is_asked_again(tmp_path: Path) -> None:
    async def steps(gate: GatesEnd, link: GateLink) -> None:
        task = asking(link, an_item(1), an_item(2))
        gate.answer(await gate.asked(), refusal=NotReady.code)
        gate.answer(await gate.asked(), "released", Overloaded.code, retry_ms=20)
        last = await gate.asked()
        assert len(last.items) == 2, "both, under the same keys"
        gate.answer(last, "released", "held")
        assert [one.outcome for one in await task] == ["released", "held"]

    at_the_link(tmp_path, steps)


def test_a_refusal_of_the_frame_is_everybodys(tmp_path: Path) -> None:
    async def steps(gate: GatesEnd, link: GateLink) -> None:
        tasks = [asking(link, an_item(n)) for n in range(2)]
        gate.answer(await gate.asked(), refusal=UnknownCredential.code)
        for task in tasks:
            with pytest.raises(UnknownCredential):
                await task

    at_the_link(tmp_path, steps)


def test_nobody_waits_longer_than_his_time_and_what_he_left_is_not_sent(tmp_path: Path) -> None:
    async def run() -> None:
        link = GateLink(tmp_path, NAME)  # Nobody listens.
        with pytest.raises(GateUnreachable):
            await link.submit("erp", [an_item(1)], timeout_seconds=0.1)
        assert not await link.is_there(timeout_seconds=0.1)
        gate = GatesEnd()
        server = await asyncio.start_unix_server(gate.serve, str(tmp_path / NAME))
        task = asking(link, an_item(2))
        frame = await gate.asked()
        assert [item.key for item in frame.items] == [an_item(2).key]
        gate.answer(frame, "ok")
        await task
        await gate.end(link, server)

    asyncio.run(run())


def test_what_waits_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_module, "WAITING_BYTES_MAX", 1_000)

    async def steps(gate: GatesEnd, link: GateLink) -> None:
        task = asking(link, an_item(1, size=800))
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            await link.submit("erp", [an_item(2, size=800)], timeout_seconds=SECONDS)
        gate.answer(await gate.asked(), "ok")
        await task
        again = asking(link, an_item(3, size=800))
        gate.answer(await gate.asked(), "ok")
        await again
        with pytest.raises(MalformedRequest):
            await link.submit("erp", [an_item(n) for n in range(ITEMS_MAX + 1)], timeout_seconds=1)

    at_the_link(tmp_path, steps)
