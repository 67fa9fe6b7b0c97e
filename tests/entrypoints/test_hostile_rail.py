"""A rail that sends what it should not, to a worker and a gate that are alive.

Nothing of it moves money, what may be money is kept and looked at, and the worker goes on.
"""

import contextlib
import socket
from collections.abc import Iterator

import pytest
from tests.support.house import House
from tests.support.shell import Shell

from countersign.alerts.model import Alert
from countersign.entrypoints.bench.bed import a_bed
from countersign.entrypoints.rail.behaviour import Behaviour
from countersign.entrypoints.rail.main import SOCKET_NAME
from countersign.flows.list_questioned import questioned_of
from countersign.gate.commands import AcknowledgeAlert, Kind
from countersign.infra.iso20022.whole import WHOLE_BYTES_MAX
from countersign.kernel.money import Money
from countersign.rails import ids
from countersign.rails.messages import PaymentReturn
from countersign.rails.pacs004 import write_return

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with a_bed(name="hostile") as bed:
        made = House(bed, Behaviour())
        with made.database:
            yield made


def settle(house: House, count: int) -> list[tuple[int, bytes, int]]:
    """Number, digest and amount of transfers that have settled."""
    with house.bed.channel_client() as client:
        client.submit([house.traffic.item() for _ in range(count)])
    house.wait_until(house.is_quiet)
    return house.database.execute(
        "SELECT t.number, t.digest, t.amount FROM transfers.transfer AS t"
        " JOIN rails.sending AS s ON s.number = t.number WHERE s.status = 'settled' ORDER BY 1"
    ).fetchall()


def return_of(settled: tuple[int, bytes, int], **changes: object) -> bytes:
    _, digest, amount = settled
    fields: dict[str, object] = {
        "message_id": "RM-1",
        "return_id": "RTR-1",
        "original_message_id": ids.message_id(digest, 1),
        "transaction_id": ids.transaction_id(digest),
        "uetr": None,
        "amount": Money(minor_units=amount, currency="EUR"),
    }
    return write_return(PaymentReturn(**(fields | changes)), created_ms=0)  # type: ignore[arg-type]


def hostile(settled: list[tuple[int, bytes, int]]) -> dict[bytes, str]:
    """What is sent, and the code under which it is looked at; empty where it cannot be money."""
    first, second = settled[:2]
    plain = return_of(first)
    more = Money(minor_units=first[2] + 1, currency="EUR")
    other = Money(minor_units=first[2], currency="USD")
    bomb = b'<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;">]>'
    begin = plain.index(b"<Document")
    return {
        plain[:begin] + bomb + plain[begin:]: "iso20022.doctype",
        plain[:-20]: "iso20022.not_xml",
        b"\xff\xfe\x00": "iso20022.not_xml",
        b"<a>" * 10_000: "iso20022.too_deep",
        b"<Envelope>" + plain[begin:] + b"</Envelope>": "iso20022.unknown_envelope",
        return_of(first, amount=more): "transfers.return_too_large",
        return_of(first, amount=other, return_id="RTR-2"): "accounts.other_currency",
        return_of(second, original_message_id="not ours"): "rails.return_differs",
        return_of(second, transaction_id="not ours", return_id="RTR-3"): "rails.return_unmatched",
        return_of(first, uetr="6e2b0ec8-0000-4000-8000-000000000000"): "rails.return_unmatched",
        plain.replace(b"pacs.004.001", b"camt.029.001"): "",
        b"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:pacs.002.001.10'/>": "",
    }


@contextlib.contextmanager
def a_false_rail(house: House) -> Iterator[socket.socket]:
    """The worker's line, held by somebody else."""
    house.rail.kill()
    path = house.bed.installation.sockets / SOCKET_NAME
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.settimeout(30)
        listening.bind(str(path))
        listening.listen()
        yield listening
    path.unlink()
    house.rail = house.a_rail()


def framed(content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + content


def test_what_a_rail_should_not_send_moves_no_money(house: House) -> None:
    settled = settle(house, 30)
    sent = hostile(settled)
    codes = sorted(code for code in sent.values() if code)
    booked = house.count("SELECT count(*) FROM ledger.posting")
    with a_false_rail(house) as listening:
        line, _ = listening.accept()
        with line:
            line.sendall(b"".join(map(framed, sent)))
            for content in sent:  # Nobody heard that it arrived, so it is sent again.
                line.sendall(framed(content))
            house.wait_until(lambda: house.count(LOOKED_AT) == len(codes))
            # No frame at all: the line is cut, and made again.
            line.sendall((WHOLE_BYTES_MAX + 1).to_bytes(4, "big") + b"x")
        again, _ = listening.accept()
        again.close()
    rows = house.database.execute("SELECT reason FROM rails.payment_return").fetchall()
    assert sorted(reason for (reason,) in rows) == codes
    alerts = house.database.execute("SELECT rules FROM alerts.alert ORDER BY number").fetchall()
    assert sorted({code for code in sent.values() if code}) == sorted(
        rules for (rules,) in alerts if rules in codes
    )
    assert house.count("SELECT count(*) FROM ledger.posting") == booked
    assert house.worker.process.poll() is None
    # It goes on with the rail that is one.
    assert len(settle(house, 20)) > len(settled)


def test_a_rail_that_never_stops_is_one_alert_that_counts_and_lists_what_came(
    house: House,
) -> None:
    """Also what came after somebody acknowledged it, which is another alert."""
    many = 40
    newest = "SELECT * FROM alerts.alert WHERE rules = 'iso20022.too_deep' ORDER BY number DESC"
    before = house.count(LOOKED_AT)
    with a_false_rail(house) as listening:
        line, _ = listening.accept()
        with line:
            line.sendall(b"".join(framed(b"<a>" * (9_000 + n)) for n in range(many)))
            house.wait_until(lambda: house.count(LOOKED_AT) == before + many)
            first = Alert(*house.database.execute(newest).fetchall()[0])
            with house.bed.operator() as operator:
                command = AcknowledgeAlert(first.number)
                assert operator.ask(Kind.ACKNOWLEDGE_ALERT, command).outcome == "ok"
            line.sendall(b"".join(framed(b"<b>" * (9_000 + n)) for n in range(3)))
            house.wait_until(lambda: house.count(LOOKED_AT) == before + many + 3)
    found = [Alert(*row) for row in house.database.execute(newest).fetchall()]
    assert len(found) == 2
    after, old = (questioned_of(house.database, alert, limit=5) for alert in found)
    # The first was raised by the test before, for the same.
    assert (after.messages, len(after.newest)) == (3, 3)
    assert (old.messages, len(old.newest)) == (many + 1, 5)
    assert {one.reason for one in (*after.newest, *old.newest)} == {"iso20022.too_deep"}
    assert old.newest[0].received_ms >= old.newest[-1].received_ms
    shell = Shell(house.bed.folder)
    (listed,) = [row for row in shell.call("alerts", "list") if row["number"] == found[0].number]
    assert listed["messages"] == 3
    rows = shell.call("alerts", "messages", str(found[0].number))
    assert [row["content_hash"] for row in rows] == [one.content_hash.hex() for one in after.newest]
    assert shell.call("audit", "verify")["faults"] == [], "it raises the same alerts from the log"
    assert "alerts.unknown" in str(shell.call("alerts", "messages", "999999", expect=1))


LOOKED_AT = "SELECT count(*) FROM rails.payment_return WHERE state = 3"
