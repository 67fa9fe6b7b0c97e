"""The conformance suite: what the engine relies on, on both journals alike."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from tests.support.gate import (
    INSTANCE,
    REASON,
    START_MS,
    TODAY,
    Harness,
    MemoryHead,
    a_signer,
    index_of,
)

from countersign.accounts.model import AccountKind
from countersign.gate import commands, snapshot
from countersign.gate.batch import decide_batch, empty_batch, signed
from countersign.gate.changes import DISPATCH_DUE
from countersign.gate.commands import Answer, Command
from countersign.gate.journal.memory import Disk, MemoryJournal
from countersign.gate.journal.postgres import PostgresJournal
from countersign.gate.journal.protocol import CommitRefused, Journal, KeyRow
from countersign.gate.rows import BatchKind, Header
from countersign.gate.state import State
from countersign.infra.database import Database, Role

pytestmark = pytest.mark.every_server

Outbox = dict[tuple[int, int], tuple[int, int]]


@dataclass
class Opener:
    """New connections to one and the same journal, and what it left for the worker."""

    open: Callable[[], Journal]
    outbox: Callable[[], Outbox]

    def __call__(self) -> Journal:
        return self.open()


@pytest.fixture(params=["memory", "postgres"])
def opener(request: pytest.FixtureRequest) -> Opener:
    if request.param == "memory":
        disk = Disk()
        return Opener(lambda: MemoryJournal(disk), lambda: disk.outbox)
    database: Database = request.getfixturevalue("database")
    return Opener(
        lambda: PostgresJournal(database.dsn(Role.GATE), answer_timeout_seconds=10),
        lambda: outbox_of(database),
    )


def outbox_of(database: Database) -> Outbox:
    with database.connect(Role.APP) as connection:
        rows = connection.execute("SELECT number, topic, due_ms, cause FROM gate.outbox")
        return {(number, topic): (due_ms, cause) for number, topic, due_ms, cause in rows}


def a_gate(opener: Opener, head: MemoryHead | None = None) -> Harness:
    return Harness(opener(), head=head).start()


def test_an_empty_journal_has_nothing(opener: Opener) -> None:
    journal = opener()
    journal.open()
    assert journal.head() is None
    assert journal.snapshot() is None
    assert list(journal.tail(0)) == []
    assert journal.tiles(0) == []
    found = journal.projections()
    assert (found.accounts, found.balances, found.holds) == ([], [], [])


def test_a_life_survives_a_restart(opener: Opener) -> None:
    gate = a_gate(opener).a_city()
    held = gate.place(amount=100_000_000).number
    sent = gate.place(amount=5_000).number
    gate.dispatch(sent)
    gate.rail_says(sent, "settled")
    gate.place(creditor="bo", amount=7, day=1)
    gate.do(commands.Freeze(index_of("bo"), REASON))
    gate.do(commands.Freeze(index_of("x"), REASON))
    gate.do(commands.Unfreeze(index_of("x"), REASON))
    gate.do(commands.SetCredential(gate.channel, "erp", b"\x00" * 32, [], False))
    reversal = commands.Reverse(gate.fund(2, 9).number, REASON)
    assert gate.do(reversal).outcome == "ok"
    again = a_gate(opener, gate.head)
    before, after = gate.engine.state, again.engine.state
    assert snapshot.encode_content(before) == snapshot.encode_content(after)
    assert after.chain.term == before.chain.term + 1
    assert again.release(held).outcome == "released"
    assert again.do(reversal).outcome == "ledger.already_reversed"


def test_a_snapshot_shortens_the_tail(opener: Opener) -> None:
    gate = a_gate(opener).a_city()
    state = gate.engine.state
    journal = opener()
    journal.open()
    for _ in range(3):
        gate.place(amount=5)
        content = snapshot.encode_content(state)
        stored = snapshot.sign_snapshot(content, state.chain, state.log.size, a_signer())
        journal.keep_snapshot(state.chain.seq, stored)
        assert journal.snapshot() == stored
    gate.place(amount=6)
    again = a_gate(opener, gate.head)
    assert again.engine.statistics.replayed == 1
    assert snapshot.encode_content(state) == snapshot.encode_content(again.engine.state)


def test_keys_are_found_with_their_rows(opener: Opener) -> None:
    gate = a_gate(opener).a_city()
    first = gate.place(amount=5, key=b"a" * 16)
    refused = gate.place(amount=0, key=b"b" * 16)
    journal = opener()
    journal.open()
    channel = gate.channel
    journal.look_up_start([(channel, b"a" * 16), (channel, b"b" * 16), (channel, b"c" * 16)])
    found = journal.look_up_finish()
    assert {key: row.number for key, row in found.items()} == {
        (channel, b"a" * 16): first.number,
        (channel, b"b" * 16): refused.number,
    }
    rows = journal.rows_of([*found.values(), KeyRow(b"", 0, 10**9)])
    assert {number: row.key for number, row in rows.items()} == {
        first.number: b"a" * 16,
        refused.number: b"b" * 16,
    }
    assert journal.rows_of([]) == {}
    assert journal.wrong_keys(0) == []
    again = a_gate(opener, gate.head)
    again.channel = channel
    assert again.place(amount=5, key=b"a" * 16) == first
    assert again.place(amount=0, key=b"b" * 16) == refused


def test_a_batch_in_a_taken_place_is_refused(opener: Opener) -> None:
    """Two gates at one place: the second learns that it is fenced."""
    gate = a_gate(opener)
    rival = opener()
    rival.open()
    state = gate.engine.state
    before = state.chain
    gate.set_policy()
    late = empty_batch(
        BatchKind.TERM, before, first_number=0, batch_ms=before.batch_ms, term=before.term
    )
    late.header = signed(late.header, a_signer())
    with pytest.raises(CommitRefused) as refused:
        rival.commit_start(late)
        rival.commit_finish()
    assert refused.value.is_taken
    rival.close()


def test_a_batch_on_another_past_is_refused(opener: Opener) -> None:
    gate = a_gate(opener)
    chain = gate.engine.state.chain
    forked = chain._replace(root=b"\x05" * 32)
    batch = empty_batch(BatchKind.TERM, forked, first_number=0, batch_ms=START_MS, term=2)
    batch.header = signed(batch.header, a_signer())
    rival = opener()
    rival.open()
    with pytest.raises(CommitRefused) as refused:
        rival.commit_start(batch)
        rival.commit_finish()
    assert refused.value.is_taken
    rival.close()


def test_settling_gives_void_where_nothing_was_and_ours_where_it_was(opener: Opener) -> None:
    gate = a_gate(opener)
    journal = opener()
    journal.open()
    state = State(INSTANCE)
    state.chain = gate.engine.state.chain
    decided = decide_batch(
        state,
        [gate.submission(commands.OpenAccount(1, "EUR", index_of("x"), index_of("y"), 0, b""))],
        batch_ms=START_MS,
        term=1,
    )
    decided.header = signed(decided.header, a_signer())
    void = _void_of(decided)
    assert journal.settle(decided, void) == void
    assert journal.head() == void
    state.chain = state.chain._replace(
        seq=void.seq, root=void.root, state_hash=void.state_hash, term=void.term
    )
    ours = empty_batch(BatchKind.TERM, state.chain, first_number=0, batch_ms=START_MS, term=2)
    ours.header = signed(ours.header, a_signer())
    journal.commit_start(ours)
    journal.commit_finish()
    assert journal.settle(ours, _void_of(ours)) == ours.header
    journal.close()


def test_a_broken_rule_of_the_tables_refuses_the_batch(opener: Opener) -> None:
    """A request key used twice cannot be committed, whatever the engine thinks."""
    gate = a_gate(opener)
    first = commands.OpenAccount(1, "EUR", index_of("x"), index_of("y"), 0, b"")
    gate.do(first, key=b"a" * 16)
    journal = opener()
    journal.open()
    again = commands.OpenAccount(1, "EUR", index_of("z"), index_of("y"), 0, b"")
    decided = decide_batch(
        gate.engine.state,
        [gate.submission(again, key=b"a" * 16)],
        batch_ms=START_MS,
        term=1,
    )
    decided.header = signed(decided.header, a_signer())
    head = journal.head()
    with pytest.raises(CommitRefused) as refused:
        journal.commit_start(decided)
        journal.commit_finish()
    assert not refused.value.is_taken
    assert journal.head() == head
    journal.close()


def test_what_is_released_is_due_and_a_new_release_makes_it_due_anew(opener: Opener) -> None:
    gate = a_gate(opener).a_city()
    at_once = gate.place(amount=5_000).number
    later = gate.place(amount=5_000, day=TODAY + 2).number
    held = gate.place(creditor="a stranger", amount=90_000_000).number
    day_ms = (TODAY + 2) * 86_400_000
    due = {(at_once, DISPATCH_DUE): (START_MS, at_once), (later, DISPATCH_DUE): (day_ms, later)}
    assert opener.outbox() == due
    gate.clock.now += 60_000
    release = gate.release(held)
    gate.dispatch(at_once)
    gate.do(commands.Hold(later, "duty_officer", 24, REASON))
    # The rows of what is not released any more are the worker's to take out.
    due[held, DISPATCH_DUE] = (START_MS + 60_000, release.number)
    assert opener.outbox() == due
    due[later, DISPATCH_DUE] = (day_ms, gate.release(later).number)
    assert opener.outbox() == due


def test_what_hinders_every_commit_is_no_commands_fault(database: Database) -> None:
    """A right that is missing, a full disk: nothing is booked under a key, which stays good."""
    gate = Harness(PostgresJournal(database.dsn(Role.GATE), answer_timeout_seconds=10))
    gate.start().a_city()
    held = gate.place(amount=100_000_000).number
    with psycopg.connect(database.superuser_dsn(), autocommit=True) as superuser:
        superuser.execute("REVOKE INSERT ON ledger.posting FROM countersign_gate")
        size = gate.engine.state.log.size
        orders = [
            gate.submission(gate.order("bo", salt=str(n)), credential=gate.channel)
            for n in range(3)
        ]
        for order in [*orders, orders[0]]:
            gate.engine.submit(order)
        gate.engine.turn()
        assert {gate.answers[order.key] for order in orders} == {Answer(0, "gate.not_ready")}
        assert [code for code, _ in gate.alarms.raised] == ["gate.commit_hindered"]
        gate.clock.now += 100 * 3_600_000
        gate.engine.turn()  # The tick of the hold, which must be tried again too.
        assert gate.engine.state.log.size == size
        superuser.execute("GRANT INSERT ON ledger.posting TO countersign_gate")
    for order in orders:
        gate.engine.submit(order)
    gate.engine.drain()
    assert {gate.answers[order.key].outcome for order in orders} == {"released"}
    assert held not in gate.engine.state.open
    gate.engine.close()


def test_a_transfer_released_twice_in_one_batch_is_due_once(opener: Opener) -> None:
    gate = a_gate(opener).a_city()
    number = gate.place(amount=5_000).number
    commanded: list[Command] = [commands.Hold(number, "me", 1, REASON)]
    hold = gate.engine.state.next_number
    for _ in range(2):
        commanded.append(commands.Release(number, hold, REASON))
        commanded.append(commands.Hold(number, "me", 1, REASON))
        hold += 2
    for command in commanded:
        gate.engine.submit(gate.submission(command))
    gate.engine.drain()
    assert gate.engine.statistics.reloads == 0
    assert gate.release(number).outcome == "released"


def test_tiles_are_kept(opener: Opener) -> None:
    gate = a_gate(opener).a_city()
    gate.open_account("reserve", kind=AccountKind.RESERVE)
    for n in range(600):
        gate.engine.submit(gate.submission(gate.order(salt=str(n)), credential=gate.channel))
    gate.engine.drain()
    journal = opener()
    journal.open()
    assert [number for number, _ in journal.tiles(0)] == [0, 1]
    assert [number for number, _ in journal.tiles(1)] == [1]
    a_gate(opener, gate.head)


def _void_of(decided: Any) -> Header:
    header = decided.header
    void = empty_batch(
        BatchKind.VOID,
        decided.before,
        first_number=header.first_number,
        batch_ms=header.batch_ms,
        term=header.term,
    )
    return signed(void.header, a_signer())
