"""From released to settled over a rail that loses, doubles, delays and rejects, killed on the way.

What the rail settled and what the gate booked must be the same, each once (I2).
"""

from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from tests.support.house import ACCOUNTS, House

from countersign.entrypoints.bench.bed import a_bed
from countersign.entrypoints.rail.behaviour import Behaviour
from countersign.entrypoints.rail.book import returned, settled
from countersign.gate.commands import Kind
from countersign.gate.queries import read_standing
from countersign.gate.requests import FreezeRequest, Query, ReleaseRequest
from countersign.rails import ids
from countersign.rails.messages import REJECTED, SETTLED

HOSTILE = Behaviour(
    reject=0.1,
    lose_order=0.25,
    lose_answer=0.25,
    double_answer=0.3,
    delay_max_ms=600,
    returns=0.3,
    return_less=0.4,
)


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with a_bed(name="rail") as bed:
        made = House(bed, HOSTILE)
        with made.database:
            yield made


def is_over(house: House) -> bool:
    """Nothing is open, and the rail has a receipt for everything that it sent back."""
    return house.is_quiet() and all(b.is_received for b in returned(house.bed.rail_store))


def agree(house: House) -> Counter[str]:
    """Hold the rail's book against the gate's; how many transfers ended how."""
    house.wait_until(lambda: is_over(house))
    told = house.outcomes()
    rows: list[Any] = house.database.execute(
        "SELECT number, digest, amount FROM transfers.transfer"
    ).fetchall()
    by_id = {ids.transaction_id(bytes(digest)): (number, amount) for number, digest, amount in rows}
    ends: Counter[str] = Counter()
    moved = 0
    for entry in settled(house.bed.rail_store):
        number, amount = by_id[entry.transaction_id]
        assert entry.amount.minor_units == amount
        assert entry.times_settled == (entry.status == SETTLED)
        assert entry.status in {SETTLED, REJECTED}
        assert told.pop(number) == [{SETTLED: "settled", REJECTED: "rejected"}[entry.status]]
        moved += amount if entry.status == SETTLED else 0
        ends[entry.status] += 1
    assert told == {}  # The gate booked nothing that the rail does not know.
    back = returned(house.bed.rail_store)
    ends["returned"] = len(back)
    posted: list[Any] = house.database.execute(RETURNED).fetchall()
    wanted = [(by_id[one.transaction_id][0], one.amount) for one in back]
    assert sorted(posted) == sorted(wanted)
    less = house.count("SELECT count(*) FROM alerts.alert WHERE rules ~ 'transfers.returned_less'")
    assert less == sum(one.amount < by_id[one.transaction_id][1] for one in back)
    assert house.count("SELECT count(*) FROM gate.command WHERE outcome = 'questioned'") == 0
    assert house.count(SETTLEMENT) == moved - sum(one.amount for one in back)
    assert house.count("SELECT count(*) FROM rails.sending WHERE state <> 3") == 0
    return ends


SETTLEMENT = """
SELECT b.balance + (SELECT coalesce(sum(amount), 0) FROM ledger.posting AS p
  WHERE p.debit_account = b.number AND p.kind = 4)
FROM ledger.balance AS b JOIN accounts.account AS a ON a.number = b.number WHERE a.kind = 3
"""


RETURNED = "SELECT transfer, amount FROM ledger.posting WHERE kind = 6"


def test_i2_each_transfer_settles_once_whoever_is_killed_and_whatever_the_rail_does(
    house: House,
) -> None:
    random = Random(11)
    with house.bed.channel_client() as client:
        for _ in range(3):
            client.submit([house.traffic.item() for _ in range(100)])
    for _ in range(14):
        house.wait_for_answers(4)
        house.strike(random.choice(("worker", "worker", "rail", "gate")))
    house.wait_until(house.is_quiet)
    ends = agree(house)
    assert ends[SETTLED] > 60
    assert ends[REJECTED] > 0
    assert ends["returned"] > 10
    # The rail was made to lose orders, so some were sent again, and only after it was asked.
    assert house.count("SELECT count(*) FROM rails.sending WHERE attempt > 1") > 0


def test_two_workers_send_nothing_twice(house: House) -> None:
    second = house.a_worker()
    with house.bed.channel_client() as client:
        client.submit([house.traffic.item() for _ in range(100)])
    house.wait_until(house.is_quiet)
    house.worker.kill()  # The other one takes its place.
    with house.bed.channel_client() as client:
        client.submit([house.traffic.item() for _ in range(50)])
    house.wait_until(house.is_quiet)
    house.worker = second
    agree(house)


def test_i8_nothing_leaves_from_a_frozen_account(house: House) -> None:
    house.worker.stop()
    with house.bed.channel_client() as client:
        answers = client.submit([house.traffic.item() for _ in range(60)])
    released = [answer.number for answer in answers if answer.outcome == "released"]
    assert released
    with house.bed.operator() as operator:
        for number in range(ACCOUNTS):
            reference = f"OTHR:CUST:{number:010d}"
            assert operator.ask(Kind.FREEZE, FreezeRequest(reference, "stop")).outcome == "ok"
        house.worker = house.a_worker()
        house.wait_until(house.is_quiet)
        assert house.count(f"SELECT count(*) FROM rails.sending WHERE number >= {released[0]}") == 0
        held = house.count(f"SELECT count(*) FROM transfers.hold WHERE number >= {released[0]}")
        assert held >= len(released)
        standing = read_standing(operator.ask(Query.TRANSFER, released[0]))
        assert standing
        again = operator.ask(Kind.RELEASE, ReleaseRequest(released[0], standing.hold, "go"))
        assert again.outcome == "released"
    house.wait_until(house.is_quiet)
    assert house.count(f"SELECT count(*) FROM rails.sending WHERE number >= {released[0]}") == 0
    agree(house)


def test_nothing_of_an_order_stands_in_clear_with_rail_and_worker(house: House) -> None:
    words = [b"Okafor", b"CUST", b"EXTN", b"Invoice", b"BNPAFRPP"]
    files = [
        file
        for file in house.bed.folder.iterdir()
        if file.name.startswith(("rail.db", "rail.log", "worker.log"))
    ]
    assert len(files) >= 3
    for file in files:
        content = file.read_bytes()
        assert not [word for word in words if word in content], file
