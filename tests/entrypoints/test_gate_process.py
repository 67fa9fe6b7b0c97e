"""The gate's sockets, as a peer meets them: identities, bad frames, resent keys, a clean stop."""

import contextlib
import os
import signal
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
import psycopg
import pytest
from tests.support.identities import a_request

from countersign.entrypoints.bench.bed import TOKEN, Bed, a_bed, reference
from countersign.entrypoints.bench.traffic import Traffic
from countersign.entrypoints.gate.main import EXIT_FENCED
from countersign.gate.client import (
    FrameRefused,
    GateClient,
    GateUnreachable,
    new_key,
    short_address,
)
from countersign.gate.commands import Kind
from countersign.gate.requests import (
    CHANNEL_SOCKET,
    FRAME_BYTES_MAX,
    OPERATOR_SOCKET,
    WORKER_SOCKET,
    FreezeRequest,
    FundRequest,
    Item,
    Query,
    ReleaseRequest,
    encode_body,
)
from countersign.infra.clock import SystemClock

AN_ORDER = encode_body(a_request(Kind.ORDER, "OTHR::1", credential=100))


@pytest.fixture(scope="module")
def bed() -> Iterator[Bed]:
    with a_bed(name="sockets") as made:
        made.gate(snapshot_every=300).start()
        made.populate(20)
        yield made


@pytest.fixture
def traffic() -> Traffic:
    today = datetime.fromtimestamp(SystemClock().now_ms() / 1000, tz=UTC).date()
    return Traffic(accounts=20, channel=100, seed=os.getpid(), today=today)


def test_an_order_is_decided_and_answered_again_alike(bed: Bed, traffic: Traffic) -> None:
    items = [traffic.item() for _ in range(50)]
    with bed.channel_client() as client:
        first = client.submit(items)
        again = client.submit(items)
    assert first == again
    assert {answer.outcome for answer in first} <= {"released", "settled", "held"}


def test_a_wrong_or_missing_token_opens_nothing(bed: Bed, traffic: Traffic) -> None:
    for token in ("", "wrong", TOKEN + "x"):
        with (
            GateClient(bed.installation.sockets, CHANNEL_SOCKET, token=token) as client,
            pytest.raises(FrameRefused, match=r"access\.unknown_credential"),
        ):
            client.submit([traffic.item()])
        with (
            GateClient(bed.installation.sockets, CHANNEL_SOCKET, token=token) as client,
            pytest.raises(FrameRefused, match=r"access\.unknown_credential"),
        ):
            client.ask(Query.OWN_CREDENTIAL, None)


def test_a_channel_may_order_and_nothing_else(bed: Bed) -> None:
    with bed.channel_client() as client:
        for kind, request in (
            (Kind.FREEZE, FreezeRequest(reference(1), "mine now")),
            (Kind.FUND, FundRequest(reference(1), 10**9, "EUR", "gift")),
            (Kind.RELEASE, ReleaseRequest(1, 1, "please")),
            (Query.CREDENTIALS, None),
        ):
            with pytest.raises(FrameRefused, match=r"access\.not_permitted"):
                client.ask(kind, request)
        asked = [Item(kind, new_key(), b"") for kind in (Query.OWN_CREDENTIAL, Query.CREDENTIALS)]
        with pytest.raises(FrameRefused, match=r"access\.not_permitted"):
            client.submit(asked)
        assert client.ask(Query.OWN_CREDENTIAL, None).outcome == "ok"


def test_the_worker_may_not_release(bed: Bed) -> None:
    with (
        GateClient(bed.installation.sockets, WORKER_SOCKET) as worker,
        pytest.raises(FrameRefused, match=r"access\.not_permitted"),
    ):
        worker.ask(Kind.RELEASE, ReleaseRequest(1, 1, "please"))


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (b"", "gate.malformed_request"),
        (b"\xc1", "gate.malformed_request"),
        (encode_body([1, 2, 3]), "gate.malformed_request"),
        (encode_body(["x" * 70] * 31), "gate.malformed_request"),
        # One field more than an order has, and that is nested too deep to be passed over.
        (b"\xdc\x00\x20" + AN_ORDER[3:] + b"\x91" * 100_000, "gate.malformed_request"),
    ],
)
def test_an_unreadable_item_is_refused_and_keeps_its_leaf(
    bed: Bed, body: bytes, outcome: str
) -> None:
    with bed.operator() as operator, bed.channel_client() as client:
        size, before = _size(operator), stored_rows(bed)
        assert client.submit([Item(Kind.ORDER, new_key(), body)])[0].outcome == outcome
        assert _size(operator) == size + 1
    assert stored_rows(bed) - before == OF_A_LEAF


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({"instructed_amount": 0}, "money.out_of_range"),
        ({"instructed_amount": -1}, "money.out_of_range"),
        ({"instructed_amount": 10**15 + 1}, "money.out_of_range"),
        ({"currency": "EUX"}, "money.unknown_currency"),
        ({"currency": "XAU"}, "money.unknown_currency"),
        ({"debtor_account": "IBAN:DE89370400440532013001"}, "account.malformed_iban"),
        ({"creditor_account": "DE89370400440532013000"}, "account.malformed_reference"),
        ({"creditor_account": reference(2) + " " * 40_000}, "account.malformed_reference"),
        (
            {"debtor_account": "OTHR:CUST:none", "creditor_account": "OTHR:CUST:invented"},
            "accounts.unknown",
        ),
        ({"requested_execution_date": "2026-02-30"}, "transfers.malformed_date"),
        ({"requested_execution_date": "1999-01-01"}, "transfers.date_out_of_range"),
        ({"creditor_name": "x" * 141}, "transfers.text_length"),
        ({"creditor_name": "a\x00b"}, "transfers.control_character"),
        ({"remittance_information": "abc\u202etxt"}, "transfers.control_character"),
    ],
)
def test_a_bad_order_is_refused_precisely_and_leaves_nothing_but_its_leaf(
    bed: Bed, traffic: Traffic, change: dict[str, object], outcome: str
) -> None:
    plain = msgspec.structs.replace(traffic.order(), creditor_account=reference(2))
    before = stored_rows(bed)
    with bed.channel_client() as client:
        answer = client.ask(Kind.ORDER, msgspec.structs.replace(plain, **change))
    assert answer.outcome == outcome
    assert stored_rows(bed) - before == OF_A_LEAF


def stored_rows(bed: Bed) -> Counter[str]:
    """How many rows each table has, but for what the gate writes when its time has come."""
    with psycopg.connect(bed.database.superuser_dsn()) as connection:
        tables = [f"{schema}.{name}" for schema, name in connection.execute(TABLES)]
        return Counter(
            {
                table: connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()[0]  # type: ignore[index]
                for table in tables
            }
        )


OF_A_LEAF = Counter({"gate.command": 1, "gate.request_key": 1, "gate.batch": 1})
TABLES = """
SELECT n.nspname, c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname !~ '^pg_|^information_schema$'
  AND n.nspname || '.' || c.relname NOT IN
    ('audit.checkpoint', 'audit.tile', 'gate.snapshot', 'gate.snapshot_part')
"""


def test_two_items_of_one_key_are_refused_whole(bed: Bed, traffic: Traffic) -> None:
    item = traffic.item()
    with (
        bed.channel_client() as client,
        pytest.raises(FrameRefused, match=r"gate\.malformed_request"),
    ):
        client.submit([item, Item(Kind.ORDER, item.key, traffic.item().body)])


@pytest.mark.parametrize(
    "frame",
    [
        b"\x00\x00\x00\x03abc",
        (FRAME_BYTES_MAX + 1).to_bytes(4, "big"),
        b"\xff\xff\xff\xff",
        b"\x00\x00\x00\x00",
    ],
)
def test_what_is_no_frame_ends_the_connection_and_nothing_else(bed: Bed, frame: bytes) -> None:
    path, descriptor = short_address(bed.installation.sockets, CHANNEL_SOCKET)
    with socket.socket(socket.AF_UNIX) as end:
        end.settimeout(10)
        end.connect(path)
        os.close(descriptor)
        end.sendall(frame)
        assert end.recv(1) == b""
    with bed.operator() as operator:
        assert _size(operator) > 0


def test_sockets_are_the_owners_alone(bed: Bed) -> None:
    folder = bed.installation.sockets
    assert folder.stat().st_mode & 0o077 == 0
    assert all(file.stat().st_mode & 0o077 == 0 for file in folder.iterdir())


def test_a_gate_that_was_overtaken_notices_while_idle_and_leaves_the_sockets() -> None:
    with a_bed(name="overtaken") as bed:
        old = bed.gate()
        old.start()
        bed.populate(2)
        fresh = bed.gate()
        fresh.start()
        assert old.process.wait(20) == EXIT_FENCED
        with bed.operator() as operator:
            assert _size(operator) == 7
        assert fresh.stop() == 0


def test_a_gate_that_was_overtaken_ends_even_while_its_batcher_waits() -> None:
    with a_bed(name="stuck") as bed:
        old = bed.gate()
        old.start()
        bed.populate(2)
        with _stopped_writer(bed), bed.operator() as operator:
            asking = threading.Thread(target=operator.ask, args=(Kind.FUND, _funding()))
            asking.start()
            fresh = bed.gate()
            fresh.start()
            assert old.process.wait(15) == EXIT_FENCED
            asking.join(60)  # The peer asks the new gate again, by itself.
            assert not asking.is_alive()
        assert fresh.stop() == 0


def test_a_gate_that_nobody_waits_for_ends_even_while_its_batcher_waits() -> None:
    with a_bed(name="left") as bed:
        gate = bed.gate()
        gate.start()
        bed.populate(2)
        operator = GateClient(bed.installation.sockets, OPERATOR_SOCKET, timeout_seconds=2)
        with _stopped_writer(bed), operator:
            with pytest.raises(GateUnreachable):
                operator.ask(Kind.FUND, _funding())
            gate.process.send_signal(signal.SIGTERM)  # As it does itself when its parent is gone.
            assert gate.process.wait(18) == 0


def test_a_gate_stops_when_asked_and_continues_where_it_was() -> None:
    with a_bed(name="stop") as bed:
        gate = bed.gate(snapshot_every=20)
        gate.start()
        bed.populate(30)
        assert gate.stop() == 0
        again = bed.gate()
        ready = again.start()
        assert ready.term == 2
        # A snapshot was taken on the way, so that not everything had to be replayed.
        assert ready.replayed < 62
        with bed.operator() as operator:
            assert _size(operator) == 63
        assert again.stop() == 0


@contextlib.contextmanager
def _stopped_writer(bed: Bed) -> Iterator[None]:
    """Stop the database process that the gate commits through."""
    with psycopg.connect(bed.database.superuser_dsn()) as connection:
        row = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'countersign gate writer'"
        ).fetchone()
    assert row
    os.kill(row[0], signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(row[0], signal.SIGCONT)


def _funding() -> FundRequest:
    return FundRequest(reference(0), 5, "EUR", "more")


def _size(operator: GateClient) -> int:
    detail = operator.ask(Query.STATUS, None).detail
    return int(msgspec.msgpack.decode(detail)["commands"])
