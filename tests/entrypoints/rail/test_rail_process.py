"""The simulated rail as its peer meets it: a real process, its socket, its faults, its restarts."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.support.rails import CREATED_MS, RailPeer, a_transfer

from countersign.entrypoints.rail.behaviour import Behaviour, Draws
from countersign.entrypoints.rail.book import settled
from countersign.entrypoints.rail.errors import RailDidNotStart
from countersign.entrypoints.rail.main import Wiring
from countersign.entrypoints.rail.process import RailProcess
from countersign.entrypoints.rail.rail import CONNECTIONS_MAX, FRAME_BYTES_MAX
from countersign.infra.clock import monotonic
from countersign.kernel.money import Money
from countersign.rails import ids
from countersign.rails.messages import Verdict, verdict_of
from countersign.rails.pacs008 import write_credit_transfer

TRANSFER = a_transfer()
DIGEST = TRANSFER.digest
TRANSACTION_ID = ids.transaction_id(DIGEST)
ANY_DAY_MS = 3_600_000
Start = Callable[..., RailProcess]
Connect = Callable[[], RailPeer]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a rail in the same folder each time; those that still run are killed at the end."""
    started: list[RailProcess] = []

    def start_one(seed: int = 1, **behaviour: Any) -> RailProcess:
        wiring = Wiring(
            folder=str(tmp_path / "sockets"),
            store_file=str(tmp_path / "rail.db"),
            seed=seed,
            behaviour=Behaviour(**behaviour),
        )
        rail = RailProcess(wiring, log_file=tmp_path / "rail.log")
        started.append(rail)
        rail.start()
        return rail

    yield start_one
    for rail in started:
        rail.kill()


@pytest.fixture
def connect(tmp_path: Path) -> Connect:
    return lambda: RailPeer(tmp_path / "sockets")


def _settled(tmp_path: Path) -> list[tuple[str, str, int]]:
    found = settled(tmp_path / "rail.db")
    return [(each.transaction_id, each.status, each.times_settled) for each in found]


def _seed(found: Callable[[Draws], bool], **behaviour: float) -> int:
    """The first seed by which it goes as the test needs it."""
    wanted = msgspec.convert(behaviour, Behaviour)
    return next(seed for seed in range(10_000) if found(Draws(seed, wanted)))


def test_a_transfer_is_settled_and_said_so(start: Start, connect: Connect, tmp_path: Path) -> None:
    rail = start()
    with connect() as peer:
        peer.order(TRANSFER)
        first, final = peer.report(), peer.report()
    assert [first.status, final.status] == ["ACSP", "ACSC"]
    assert verdict_of(final) is Verdict.SETTLED
    assert final.transaction_id == TRANSACTION_ID
    assert final.uetr == ids.uetr_of(DIGEST)
    assert final.original_message_id == ids.message_id(DIGEST, 1)
    assert first.message_id != final.message_id
    assert settled(tmp_path / "rail.db") == [(TRANSACTION_ID, TRANSFER.amount, "ACSC", 1)]
    assert rail.stop() == 0


def test_a_transfer_is_rejected_with_a_reason(
    start: Start, connect: Connect, tmp_path: Path
) -> None:
    start(reject=1, says_in_process=False)
    with connect() as peer:
        peer.order(TRANSFER)
        report = peer.report()
        assert verdict_of(report) is Verdict.REJECTED
        assert report.reason_code == "AC04"
        peer.order(TRANSFER)
        assert peer.report().status == "RJCT"
    assert _settled(tmp_path) == [(TRANSACTION_ID, "RJCT", 0)]


def test_a_lost_order_was_never_received_and_settles_once_when_sent_again(
    start: Start, connect: Connect, tmp_path: Path
) -> None:
    seed = _seed(
        lambda d: d.loses_order(TRANSACTION_ID) and not d.loses_order(TRANSACTION_ID),
        lose_order=0.5,
    )
    start(seed, lose_order=0.5)
    with connect() as peer:
        peer.order(TRANSFER)
        peer.ask(DIGEST)
        report = peer.report()
        assert (report.status, report.reason_code) == ("RJCT", "NOOR")
        assert verdict_of(report) is Verdict.NOT_RECEIVED
        assert report.transaction_id == TRANSACTION_ID
        assert _settled(tmp_path) == []
        assert report.original_message_id == ids.message_id(DIGEST, 1)
        peer.order(TRANSFER, attempt=2)
        assert peer.statuses(2) == ["ACSP", "ACSC"]
    assert _settled(tmp_path) == [(TRANSACTION_ID, "ACSC", 1)]


def test_a_lost_answer_is_had_by_asking(start: Start, connect: Connect, tmp_path: Path) -> None:
    later = a_transfer(2)
    later_id = ids.transaction_id(later.digest)
    seed = _seed(
        lambda d: (
            [d.loses_answer(TRANSACTION_ID) for _ in range(2)] == [True, False]
            and not d.loses_answer(later_id)
        ),
        lose_answer=0.5,
    )
    start(seed, lose_answer=0.5, says_in_process=False)
    with connect() as peer:
        peer.order(TRANSFER)
        peer.order(later)
        # What came in later is decided later, so the first one's answer is lost by now.
        assert peer.report().transaction_id == later_id
        peer.ask(DIGEST)
        report = peer.report()
        assert (report.transaction_id, report.status) == (TRANSACTION_ID, "ACSC")
    assert set(_settled(tmp_path)) == {(TRANSACTION_ID, "ACSC", 1), (later_id, "ACSC", 1)}


def test_an_answer_may_come_twice(start: Start, connect: Connect, tmp_path: Path) -> None:
    start(double_answer=1, says_in_process=False)
    with connect() as peer:
        peer.order(TRANSFER)
        assert peer.frame() == peer.frame()
    assert _settled(tmp_path) == [(TRANSACTION_ID, "ACSC", 1)]


def test_what_is_sent_again_is_answered_and_never_settled_again(
    start: Start, connect: Connect, tmp_path: Path
) -> None:
    start()
    with connect() as peer:
        peer.order(TRANSFER)
        assert peer.statuses(2) == ["ACSP", "ACSC"]
        for attempt in (1, 2, 3):
            peer.order(TRANSFER, attempt=attempt)
            report = peer.report()
            assert report.status == "ACSC"
            assert report.original_message_id == ids.message_id(DIGEST, attempt)
    assert _settled(tmp_path) == [(TRANSACTION_ID, "ACSC", 1)]


@pytest.mark.parametrize(
    "other",
    [
        a_transfer(amount=Money(minor_units=1, currency="EUR")),
        a_transfer(amount=Money(minor_units=125_000, currency="USD")),
        a_transfer(uetr="e5f6a7b8-c9d0-4234-ab12-345678901234"),
        a_transfer(2, uetr=ids.uetr_of(DIGEST)),
    ],
)
def test_another_transfer_of_the_same_ids_is_a_duplicate_and_the_first_stands(
    start: Start, connect: Connect, tmp_path: Path, other: Any
) -> None:
    start()
    with connect() as peer:
        peer.order(TRANSFER)
        assert peer.statuses(2) == ["ACSP", "ACSC"]
        peer.order(other)
        report = peer.report()
        assert (report.status, report.reason_code) == ("RJCT", "DUPL")
        # Money has moved, so this must not read as a rejection.
        assert verdict_of(report) is Verdict.IN_PROGRESS
        peer.ask(DIGEST)
        assert peer.report().status == "ACSC"
    assert settled(tmp_path / "rail.db") == [(TRANSACTION_ID, TRANSFER.amount, "ACSC", 1)]


def test_a_killed_rail_knows_what_it_accepted(
    start: Start, connect: Connect, tmp_path: Path
) -> None:
    first = start(delay_min_ms=ANY_DAY_MS)
    with connect() as peer:
        peer.order(TRANSFER)
        assert peer.report().status == "ACSP"
        first.kill()
    assert _settled(tmp_path) == [(TRANSACTION_ID, "ACSP", 0)]
    second = start(delay_min_ms=ANY_DAY_MS)
    with connect() as peer:
        peer.ask(DIGEST)
        assert peer.report().status == "ACSP"
        peer.order(TRANSFER)
        assert peer.report().status == "ACSP"
    assert second.stop() == 0
    assert _settled(tmp_path) == [(TRANSACTION_ID, "ACSP", 0)]


def test_a_restarted_rail_settles_what_the_killed_one_had_to(
    start: Start, connect: Connect, tmp_path: Path
) -> None:
    first = start(delay_min_ms=500)
    with connect() as peer:
        peer.order(TRANSFER)
        assert peer.report().status == "ACSP"
        first.kill()
    start()
    with connect() as peer:
        peer.ask(DIGEST)
        while peer.report().status != "ACSC":
            pass
    assert _settled(tmp_path) == [(TRANSACTION_ID, "ACSC", 1)]


def test_a_status_waits_for_the_next_connection(
    start: Start, connect: Connect, tmp_path: Path
) -> None:
    start(delay_min_ms=300)
    with connect() as peer:
        peer.order(TRANSFER)
        assert peer.report().status == "ACSP"
    deadline = monotonic() + RailPeer.TIMEOUT_SECONDS
    while _settled(tmp_path) != [(TRANSACTION_ID, "ACSC", 1)]:
        assert monotonic() < deadline
    with connect() as peer:
        assert peer.report().status == "ACSC"


def test_many_transfers_of_many_connections_are_each_settled_once(
    start: Start, connect: Connect, tmp_path: Path
) -> None:
    start(seed=5, reject=0.3, delay_max_ms=20, says_in_process=False)
    transfers = [a_transfer(number) for number in range(1, 61)]
    with connect() as one, connect() as last:
        for peer in (one, last):
            for transfer in transfers:
                peer.order(transfer)
        # Statuses go to the connection opened last; what came twice is answered at least once.
        final: dict[str, str] = {}
        while len(final) < len(transfers):
            report = last.report()
            if report.status != "ACSP" and report.transaction_id:
                assert final.setdefault(report.transaction_id, report.status) == report.status
    found = _settled(tmp_path)
    assert [times for _, _, times in found] == [int(s == "ACSC") for _, s, _ in found]
    assert {transaction_id: status for transaction_id, status, _ in found} == final
    assert 5 < Counter(final.values())["RJCT"] < 30


@pytest.mark.parametrize(
    "raw",
    [
        b"\x00\x00\x00\x03abc",
        b"\x00\x00\x00\x00",
        (FRAME_BYTES_MAX + 1).to_bytes(4, "big"),
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x00\x00\x00\x0f<!DOCTYPE a><a/>",
        b"\x00\x00\x00\x04<a/>",
    ],
)
def test_garbage_ends_its_connection_and_nothing_else(
    start: Start, connect: Connect, raw: bytes
) -> None:
    rail = start()
    with connect() as peer, connect() as wrong:
        wrong.send_raw(raw)
        assert wrong.is_closed()
        peer.order(TRANSFER)
        assert peer.statuses(2) == ["ACSP", "ACSC"]
    assert rail.stop() == 0


def test_a_transfer_without_a_uetr_is_rejected_and_not_kept(
    start: Start, connect: Connect, tmp_path: Path
) -> None:
    start()
    raw = write_credit_transfer(TRANSFER, attempt=1, created_ms=CREATED_MS).decode()
    uetr = f"<UETR>{ids.uetr_of(DIGEST)}</UETR>"
    with connect() as peer:
        peer.send(raw.replace(uetr, "").encode())
        report = peer.report()
        assert (report.status, report.reason_code) == ("RJCT", "CH21")
    assert _settled(tmp_path) == []


def test_connections_are_bounded(start: Start, connect: Connect) -> None:
    start()
    with ExitStack() as stack:
        peers = [stack.enter_context(connect()) for _ in range(CONNECTIONS_MAX)]
        peers[0].ask(DIGEST)  # The rail has taken them all in when it answers the last.
        assert peers[-1].report().reason_code == "NOOR"
        with connect() as one_too_many:
            assert one_too_many.is_closed()
        peers[0].order(TRANSFER)
        assert peers[-1].statuses(2) == ["ACSP", "ACSC"]


def test_who_never_reads_is_cut_off(start: Start, connect: Connect) -> None:
    start()
    with connect() as deaf, pytest.raises(ConnectionError):
        for _ in range(50_000):
            deaf.ask(DIGEST)
    with connect() as peer:
        peer.order(TRANSFER)
        assert peer.statuses(2) == ["ACSP", "ACSC"]


def test_a_store_has_one_rail_and_a_refusal_says_so(start: Start) -> None:
    start()
    with pytest.raises(RailDidNotStart) as refused:
        start()
    assert "Another simulated rail" in str(refused.value.details["why"])


def test_the_socket_and_the_store_are_the_owners_alone(start: Start, tmp_path: Path) -> None:
    start()
    folder = tmp_path / "sockets"
    files = [folder / "rail.sock", *tmp_path.glob("rail.db*")]
    assert folder.stat().st_mode & 0o077 == 0
    assert len(files) >= 3
    assert all(file.stat().st_mode & 0o077 == 0 for file in files)


def test_a_rail_keeps_and_logs_no_name_and_no_account(
    start: Start, connect: Connect, tmp_path: Path
) -> None:
    told: dict[str, Any] = {
        "creditor_name": "Zebulon Quixote",
        "debtor_name": "Ada Planted",
        "end_to_end_id": "PLANTED-E2E",
        "remittance_information": "planted remittance",
    }
    rail = start(lose_order=0.0)
    with connect() as peer:
        peer.order(a_transfer(**told))
        assert peer.statuses(2) == ["ACSP", "ACSC"]
        peer.send(b"<Zebulon>Quixote</Zebulon>")
        assert peer.is_closed()
    rail.kill()  # So that the journal of the store is still there.
    content = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    assert TRANSACTION_ID.encode() in content
    for planted in (b"Zebulon", b"Planted", b"PLANTED", b"planted", b"DE8937", b"FR1420"):
        assert planted not in content


def test_a_rail_in_mid_conversation_ends_when_asked(
    start: Start, connect: Connect, tmp_path: Path
) -> None:
    rail = start(delay_min_ms=ANY_DAY_MS)
    with connect() as peer:
        peer.order(TRANSFER)
        assert peer.report().status == "ACSP"
        peer.send_raw(b"\x00\x00")  # Half a frame.
        assert rail.stop() == 0
        assert peer.is_closed()
    assert b"Traceback" not in (tmp_path / "rail.log").read_bytes()
    assert b'"level": "error"' not in (tmp_path / "rail.log").read_bytes()
