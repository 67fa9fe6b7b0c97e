"""A transfer's story read back by the app's role, and node hashes for proofs at any size."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.bank import Bank, a_bank

from countersign.audit.merkle import inclusion_path, inclusion_path_from, leaf_hash, root_from
from countersign.gate import commands
from countersign.gate.journal import reading
from countersign.gate.journal.reading import (
    NoSuchTransfer,
    RowsMissing,
    StoryTooLong,
    leaf_of,
    log_nodes,
    read_rows,
    read_story,
)
from countersign.infra.database import Database
from countersign.transfers.model import Status


@pytest.fixture
def bank(database: Database, tmp_path: Path) -> Iterator[Bank]:
    with a_bank(database, tmp_path) as made:
        yield made


def test_a_story_has_each_event_in_order(bank: Bank) -> None:
    number = bank.a_story()
    bank.many(3)
    story = read_story(bank.app, number)
    assert story.transfer.number == number
    assert story.transfer.amount == 50_000_000
    assert [event.row.number for event in story.events] == [number, *range(number + 3, number + 6)]
    assert {event.batch_ms for event in story.events} == {bank.gate.clock.now}
    assert story.status == Status.SETTLED
    accounts = bank.gate.engine.state.accounts
    assert story.debtor_index == accounts.indexes[story.transfer.debtor]


def test_a_story_goes_on_over_the_days(bank: Bank) -> None:
    number = bank.place(bank.order(instructed_amount=50_000_000))[0].number
    assert read_story(bank.app, number).status == Status.HELD
    for day in range(1, 4):
        bank.app.rollback()
        bank.gate.clock.now += 20 * 3_600_000
        bank.many(2)
        if day == 2:
            bank.gate.release(number)
    bank.gate.dispatch(number)
    story = read_story(bank.app, number)
    assert story.status == Status.DISPATCHED
    start = story.events[0].batch_ms
    hours = [(event.batch_ms - start) // 3_600_000 for event in story.events]
    assert hours == [0, 40, 60]


def test_refused_commands_are_no_part_of_the_story(bank: Bank) -> None:
    number = bank.a_story()
    assert bank.gate.do(commands.Cancel(number, b"")).outcome == "transfers.illegal_move"
    story = read_story(bank.app, number)
    assert (len(story.events), story.status) == (4, Status.SETTLED)


def test_what_is_no_transfer_has_no_story(bank: Bank) -> None:
    number = bank.a_story()
    for other in (number + 3, 0, -1, 10**12):
        with pytest.raises(NoSuchTransfer):
            read_story(bank.app, other)


def test_a_row_in_another_days_partition_is_not_read(bank: Bank) -> None:
    number = bank.a_story()
    bank.tamper("SELECT gate.ensure_day(%s)", bank.gate.clock.now // 86_400_000 + 1)
    bank.tamper(
        "INSERT INTO gate.command SELECT day + 1, number + 50, kind, credential, key, mac,"
        " transfer, digest, 'rejected', detail, body FROM gate.command WHERE transfer = %s LIMIT 1",
        number,
    )
    assert read_story(bank.app, number).status == Status.SETTLED


def test_a_story_is_bounded(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    number = bank.a_story()
    monkeypatch.setattr(reading, "EVENTS_MAX", 3)
    with pytest.raises(StoryTooLong):
        read_story(bank.app, number)


def test_nodes_give_the_root_of_every_size(bank: Bank) -> None:
    """Stored tiles below, the right edge from rows: as if all leaves were at hand."""
    bank.a_story()
    bank.many(600)
    size = bank.gate.engine.state.log.size
    days = (bank.gate.clock.now // 86_400_000,) * 2
    leaves = [
        leaf_hash(leaf_of(row, bank.gate.clock.now))
        for row in read_rows(bank.app, first=0, end=size, days=days)
    ]
    assert root_from(log_nodes(bank.app, size), size) == bank.gate.engine.state.log.root()
    known: dict[tuple[int, int], bytes] = {}
    for end in (1, 2, 255, 256, 257, 300, 511, 512, 513, size):
        nodes = log_nodes(bank.app, end, known)
        for index in {0, end // 2, end - 1}:
            assert inclusion_path_from(nodes, index=index, size=end) == inclusion_path(
                leaves[:end], index
            )
    assert set(known) == {(8, 0), (8, 1), (9, 0)}


def test_a_hole_at_the_right_edge_is_refused(bank: Bank) -> None:
    bank.a_story()
    size = bank.gate.engine.state.log.size
    bank.tamper("DELETE FROM gate.command WHERE number = %s", size - 1)
    with pytest.raises(RowsMissing):
        log_nodes(bank.app, size)
    log_nodes(bank.app, 0)
    with pytest.raises(RowsMissing):
        log_nodes(bank.app, size + 1)
