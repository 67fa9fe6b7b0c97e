"""A peer's end of a socket: it asks again under the same keys until it has answers or gives up."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from countersign.gate.client import FrameRefused, GateClient, GateUnreachable
from countersign.gate.commands import Answer
from countersign.gate.requests import (
    FRAME_BYTES_MAX,
    ITEMS_MAX,
    OPERATOR_SOCKET,
    Frame,
    Item,
    Reply,
    decode_frame,
    framed,
)
from countersign.infra.clock import monotonic

pytestmark = pytest.mark.fast

Step = Callable[[Frame], Reply | None]  # None: the connection ends instead of an answer.
ITEMS = [Item(20, bytes([number]) * 16, b"\xc0") for number in (1, 2, 3)]


class Gate:
    """The other end: answers each frame by the next step, and keeps what it was sent."""

    def __init__(self, folder: Path, steps: Sequence[Step]) -> None:
        self.frames: list[Frame] = []
        self._steps = list(steps)
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(folder / OPERATOR_SOCKET))
        self._listening.listen()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(10)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                end, _ = self._listening.accept()
                with end:
                    self._talk(end)

    def _talk(self, end: socket.socket) -> None:
        with end.makefile("rb") as stream:
            while len(header := stream.read(4)) == 4:
                frame = decode_frame(stream.read(int.from_bytes(header, "big")))
                self.frames.append(frame)
                reply = self._steps.pop(0)(frame) if self._steps else everything_is_ok(frame)
                if reply is None:
                    return
                end.sendall(framed(reply))


def everything_is_ok(frame: Frame) -> Reply:
    return Reply(frame.id, "", [Answer(item.key[0], "ok") for item in frame.items])


def refuses(code: str) -> Step:
    return lambda frame: Reply(frame.id, code, [])


def is_silent(frame: Frame) -> None:
    return None


def keys_of(frame: Frame) -> list[bytes]:
    return [item.key for item in frame.items]


@pytest.fixture
def gate_of(tmp_path: Path) -> Iterator[Callable[..., Gate]]:
    made: list[Gate] = []

    def make(*steps: Step) -> Gate:
        made.append(Gate(tmp_path, steps))
        return made[-1]

    yield make
    for gate in made:
        gate.close()


def a_client(folder: Path, *, seconds: float = 20.0) -> GateClient:
    return GateClient(folder, OPERATOR_SOCKET, token="mine", timeout_seconds=seconds)


def test_answers_come_in_the_order_of_the_items(
    gate_of: Callable[..., Gate], tmp_path: Path
) -> None:
    gate = gate_of()
    with a_client(tmp_path) as client:
        assert [answer.number for answer in client.submit(ITEMS)] == [1, 2, 3]
        assert client.submit([]) == []
    assert [frame.token for frame in gate.frames] == ["mine"]


@pytest.mark.parametrize("step", [is_silent, refuses("gate.not_ready"), refuses("gate.overloaded")])
def test_what_was_not_answered_is_asked_again_under_the_same_keys(
    gate_of: Callable[..., Gate], tmp_path: Path, step: Step
) -> None:
    gate = gate_of(step, step)
    with a_client(tmp_path) as client:
        assert [answer.outcome for answer in client.submit(ITEMS)] == ["ok"] * 3
    assert [keys_of(frame) for frame in gate.frames] == [[item.key for item in ITEMS]] * 3


def test_it_asks_again_when_the_gate_said_it_is_worth_it(
    gate_of: Callable[..., Gate], tmp_path: Path
) -> None:
    gate_of(lambda frame: Reply(frame.id, "gate.overloaded", [], 400))
    begun = monotonic()
    with a_client(tmp_path) as client:
        client.submit(ITEMS)
    assert monotonic() - begun >= 0.4


@pytest.mark.parametrize("code", ["gate.not_ready", "gate.overloaded"])
def test_only_the_items_that_were_put_off_are_asked_again(
    gate_of: Callable[..., Gate], tmp_path: Path, code: str
) -> None:
    def one_is_put_off(frame: Frame) -> Reply:
        answers = everything_is_ok(frame).answers
        return Reply(frame.id, "", [answers[0], Answer(0, code), answers[2]])

    gate = gate_of(one_is_put_off)
    with a_client(tmp_path) as client:
        assert [answer.number for answer in client.submit(ITEMS)] == [1, 2, 3]
    assert keys_of(gate.frames[1]) == [ITEMS[1].key]


@pytest.mark.parametrize(
    "code", ["access.unknown_credential", "access.not_permitted", "gate.malformed_request"]
)
def test_what_is_refused_for_good_is_not_asked_again(
    gate_of: Callable[..., Gate], tmp_path: Path, code: str
) -> None:
    gate = gate_of(refuses(code))
    with a_client(tmp_path) as client, pytest.raises(FrameRefused) as refusal:
        client.submit(ITEMS)
    assert refusal.value.code == code
    assert len(gate.frames) == 1


def test_an_answer_to_a_frame_given_up_before_is_not_taken_for_this_one(
    gate_of: Callable[..., Gate], tmp_path: Path
) -> None:
    gate = gate_of(lambda frame: Reply(frame.id - 1, "", [Answer(9, "of another frame")] * 3))
    with a_client(tmp_path, seconds=0.3) as client, pytest.raises(GateUnreachable):
        client.submit(ITEMS)
    assert gate.frames


@pytest.mark.parametrize("step", [is_silent, refuses("gate.overloaded")])
def test_it_asks_for_its_time_and_no_longer(
    gate_of: Callable[..., Gate], tmp_path: Path, step: Step
) -> None:
    gate_of(*[step] * 1000)
    begun = monotonic()
    with a_client(tmp_path, seconds=0.3) as client, pytest.raises(GateUnreachable):
        client.submit(ITEMS)
    assert monotonic() - begun < 10


def test_what_no_frame_holds_is_sent_in_several(
    gate_of: Callable[..., Gate], tmp_path: Path
) -> None:
    """By bytes and by count, and no frame is larger than the gate reads."""
    gate = gate_of()
    large = [
        Item(20, bytes([number]) * 16, b"\x00" * (FRAME_BYTES_MAX // 3)) for number in range(7)
    ]
    many = [Item(20, number.to_bytes(16, "little"), b"") for number in range(ITEMS_MAX + 1)]
    with a_client(tmp_path) as client:
        assert [answer.number for answer in client.submit(large)] == list(range(7))
        assert len(client.submit(many)) == ITEMS_MAX + 1
    assert [len(frame.items) for frame in gate.frames] == [2, 2, 2, 1, ITEMS_MAX, 1]
    assert all(len(framed(frame)) <= FRAME_BYTES_MAX for frame in gate.frames)


def test_junk_for_an_answer_is_no_answer(gate_of: Callable[..., Gate], tmp_path: Path) -> None:
    gate = gate_of(lambda _: msgspec.Raw(b"\xc1"), lambda _: ["no", "reply"])
    with a_client(tmp_path) as client:
        assert [answer.outcome for answer in client.submit(ITEMS)] == ["ok"] * 3
    assert len(gate.frames) == 3


def test_where_nobody_listens_is_said_at_once(tmp_path: Path) -> None:
    begun = monotonic()
    with a_client(tmp_path, seconds=60) as client, pytest.raises(GateUnreachable):
        client.connect()
    assert monotonic() - begun < 10


def test_a_deep_folder_is_no_hindrance_and_no_descriptor_is_left(
    gate_of: Callable[..., Gate], tmp_path: Path
) -> None:
    gate_of()
    deep = tmp_path / ("d" * 90) / ("e" * 90)
    deep.mkdir(parents=True)
    (tmp_path / OPERATOR_SOCKET).rename(deep / OPERATOR_SOCKET)
    for _ in range(3):
        with a_client(deep) as client:
            assert client.ask(20, None).outcome == "ok"
    links = Path("/proc/self/fd").iterdir()
    assert deep not in {link.readlink() for link in links if link.is_symlink()}
