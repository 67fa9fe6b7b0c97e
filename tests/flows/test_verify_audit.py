"""The whole verification: a clean journal is clean, and each kind of tampering is named."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.support.bank import Bank
from tests.support.gate import INSTANCE, REASON, Harness, a_signer

from countersign.accounts.model import AccountKind
from countersign.flows.audit_check.report import FAULTS_MAX, AuditReport, FaultKind
from countersign.flows.verify_audit import verify_audit
from countersign.gate import commands, snapshot
from countersign.gate.head import Head
from countersign.gate.journal.postgres import PostgresJournal
from countersign.infra.database import Role


def verify(bank: Bank, kept: Head | None = None) -> AuditReport:
    return verify_audit(
        bank.app, instance=INSTANCE, gate_key=bank.gate_key, log=bank.log, kept=kept
    )


def faults(bank: Bank, kept: Head | None = None) -> list[tuple[str, str]]:
    return [(fault.kind.name, fault.what) for fault in verify(bank, kept).faults]


@pytest.fixture
def story(bank: Bank) -> int:
    """A transfer with a full life, in a log with a full tile, under a checkpoint."""
    number = bank.a_story()
    bank.checkpoint()
    bank.many(300)
    bank.checkpoint()
    bank.place(bank.order(instructed_amount=3))
    return number


def test_an_empty_journal_is_clean(bank: Bank) -> None:
    bank.tamper("DELETE FROM gate.batch")
    for table in ("transfers.transfer", "gate.command", "gate.request_key", "ledger.posting"):
        with bank.database.connect(Role.MIGRATOR) as connection:
            connection.execute(f"TRUNCATE {table}".encode())
    for table in ("ledger.balance", "accounts.account", "access.credential", "rules.policy"):
        bank.tamper(f"DELETE FROM {table}")
    assert faults(bank) == []


def test_a_whole_life_is_clean(bank: Bank, story: int) -> None:
    seen: list[tuple[int, int]] = []
    report = verify_audit(
        bank.app,
        instance=INSTANCE,
        gate_key=bank.gate_key,
        log=bank.log,
        kept=bank.gate.head.head,
        progress=lambda done, of: seen.append((done, of)),
    )
    state = bank.gate.engine.state
    assert report.faults == []
    assert report.is_clean
    assert (report.commands, report.root) == (state.log.size, state.log.root())
    assert (report.batches, report.checkpoints) == (state.chain.seq, 2)
    assert seen[-1] == (state.log.size, state.log.size)


def test_every_way_of_moving_money_is_clean(bank: Bank) -> None:
    gate = bank.gate
    for name in ("ada", "bo"):
        gate.fund(gate.open_account(name), 1_000_000_000)
    gate.open_account("reserve", kind=AccountKind.RESERVE)
    number_of = gate.engine.state.accounts.number_of
    indexes = {number: index for index, number in number_of.items()}
    reserve = indexes[max(indexes)]
    corrected = gate.do(commands.Correct(indexes[3], reserve, 5, "EUR", b"")).number
    for original in (corrected, gate.fund(3, 7).number):
        assert gate.do(commands.Reverse(original, b"")).outcome == "ok"
    gate.place(creditor="bo", amount=500)
    later = gate.place(creditor="bo", amount=600, day=gate.clock.now // 86_400_000 + 1)
    held = [gate.place(amount=100_000_000 + n).number for n in range(2)]
    gate.do(commands.Cancel(held[0], b""))
    gate.do(commands.Reject(held[1], "FRAD", b""))
    expiring = gate.place(amount=100_000_000)
    refused = gate.place(amount=90_000_000_000)
    sent = [gate.place(amount=n).number for n in range(1, 4)]
    for number, verdict in zip(sent, ("settled", "rejected", "settled"), strict=True):
        gate.dispatch(number)
        gate.rail_says(number, verdict)
    gate.returns(sent[2], amount=2)
    gate.do(commands.Freeze(reserve, b""))
    gate.clock.now += 100 * 3_600_000
    gate.engine.drain()
    gate.dispatch(later.number)
    assert (expiring.outcome, refused.outcome) == ("held", "rejected")
    assert expiring.number not in gate.engine.state.open
    again = Harness(PostgresJournal(bank.database.dsn(Role.GATE)), head=gate.head, clock=gate.clock)
    again.start().do(commands.Unfreeze(reserve, b""))
    again.engine.close()
    assert faults(bank, gate.head.head) == []


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            "UPDATE ledger.posting SET amount = amount - 1 WHERE number = {reversal}",
            [("POSTING_DIFFERS", "the posting of command {reversal} in amount")],
        ),
        (
            "UPDATE ledger.posting SET kind = 4 WHERE number = {reversal}",
            [("POSTING_DIFFERS", "the posting of command {reversal} in kind")],
        ),
        (
            "DELETE FROM ledger.posting WHERE number = {reversal}",
            [("POSTING_MISSING", "the posting of command {reversal}")],
        ),
        (
            "UPDATE ledger.posting SET amount = amount - 1 WHERE number = {funded}",
            [("POSTING_DIFFERS", "the posting of command {funded} in amount")],
        ),
    ],
)
def test_a_reversal_mirrors_what_was_booked(
    bank: Bank, statement: str, expected: list[tuple[str, str]]
) -> None:
    funded = bank.gate.fund(2, 700).number
    reversal = bank.gate.do(commands.Reverse(funded, b"")).number
    names = {"funded": funded, "reversal": reversal}
    bank.tamper(statement.format(**names))
    assert faults(bank) == [(kind, what.format(**names)) for kind, what in expected]


def test_it_runs_beside_a_live_gate(bank: Bank, story: int) -> None:
    """Also over midnight: an open transaction would keep the gate from its new partitions."""
    for _ in range(70):  # More batches than one piece holds.
        bank.place(bank.order(instructed_amount=1))
    calls = []

    def work_on(done: int, of: int) -> None:
        calls.append((done, of))
        bank.gate.clock.now += 86_400_000
        bank.place(bank.order(instructed_amount=2))
        bank.checkpoint()

    report = verify_audit(
        bank.app,
        instance=INSTANCE,
        gate_key=bank.gate_key,
        log=bank.log,
        kept=bank.gate.head.head,
        progress=work_on,
    )
    assert report.faults == []
    assert len(calls) >= 2
    assert report.commands == bank.gate.engine.state.log.size


def test_a_changed_amount_from_before_a_snapshot_is_named(bank: Bank) -> None:
    """Of what is over, the gate itself reads only the tail after its snapshot, and starts."""
    over = bank.place(bank.order(instructed_amount=3))[0].number
    assert bank.gate.do(commands.Cancel(over, REASON)).outcome == "cancelled"
    bank.many(300)
    state = bank.gate.engine.state
    stored = snapshot.sign_snapshot(
        snapshot.encode_content(state), state.chain, state.log.size, a_signer()
    )
    journal = PostgresJournal(bank.database.dsn(Role.GATE))
    journal.open()
    journal.keep_snapshot(state.chain.seq, stored)
    bank.tamper("UPDATE transfers.transfer SET amount = amount + 1 WHERE number = %s", over)
    again = Harness(journal, head=bank.gate.head, clock=bank.gate.clock).start()
    again.engine.close()
    assert faults(bank) == [("ROW_DIFFERS", f"transfer {over}")]


CHANGES = {
    "a deleted request key": (
        "DELETE FROM gate.request_key WHERE number = {story}",
        [("KEY_WRONG", "the request key of command {story}")],
    ),
    "an extra request key": (
        (
            "INSERT INTO gate.request_key SELECT credential, sha256(key), mac, day, number"
            " FROM gate.request_key WHERE number = {story}"
        ),
        [("KEY_STRANGE", "a request key that points at command {story}")],
    ),
    "a redirected request key": (
        "UPDATE gate.request_key SET number = 2 WHERE number = {story}",
        [
            ("KEY_WRONG", "the request key of command {story}"),
            ("KEY_STRANGE", "a request key that points at command 2"),
        ],
    ),
    "a changed posting": (
        "UPDATE ledger.posting SET amount = amount + 1 WHERE number = {story}",
        [("POSTING_DIFFERS", "the posting of command {story} in amount")],
    ),
    "a posting to another account": (
        "UPDATE ledger.posting SET credit_account = 77 WHERE number = {settled}",
        [("POSTING_DIFFERS", "the posting of command {settled} in credit_account")],
    ),
    "a deleted posting": (
        "DELETE FROM ledger.posting WHERE number = {settled}",
        [("POSTING_MISSING", "the posting of command {settled}")],
    ),
    "an extra posting": (
        (
            "INSERT INTO ledger.posting SELECT day, number, 1, kind, transfer, debit_account,"
            " credit_account, amount, currency FROM ledger.posting WHERE number = {story}"
        ),
        [("POSTING_STRANGE", "posting 1 of command {story}")],
    ),
    "a posting of no command": (
        (
            "INSERT INTO ledger.posting SELECT day, 999999, 0, kind, transfer, debit_account,"
            " credit_account, amount, currency FROM ledger.posting WHERE number = {story}"
        ),
        [("POSTING_STRANGE", "the posting of command 999999")],
    ),
    "a changed balance": (
        "UPDATE ledger.balance SET balance = balance + 5 WHERE number = 2",
        [
            ("BALANCE_DIFFERS", "the balance of account 2"),
            ("CURRENCY_SUM", "the balances in EUR"),
        ],
    ),
    "a deleted balance": (
        "DELETE FROM ledger.balance WHERE number = 2",
        [("BALANCE_DIFFERS", "account 2 has no balance"), ("CURRENCY_SUM", "the balances in EUR")],
    ),
    "a balance of no account": (
        "INSERT INTO ledger.balance VALUES (9, 0, 0, 0)",
        [("BALANCE_DIFFERS", "the balance of account 9")],
    ),
    "a batch on another past": (
        "UPDATE gate.batch SET prev_term = 0 WHERE seq = 4",
        [("BATCH_SIGNATURE", "batch 4"), ("BATCH_CHAIN", "batch 4")],
    ),
    "a raised overdraft": (
        "UPDATE ledger.balance SET floor = floor - 5 WHERE number = 2",
        [("BALANCE_DIFFERS", "the balance of account 2")],
    ),
    "a changed tile": (
        "UPDATE audit.tile SET hashes = set_byte(hashes, 32 * 9, 255 - get_byte(hashes, 32 * 9))",
        [("TILE_DIFFERS", "leaf 9 in tile 0")],
    ),
    "a deleted tile": ("DELETE FROM audit.tile", [("TILE_MISSING", "tile 0")]),
    "an extra tile": (
        "INSERT INTO audit.tile SELECT 5, hashes FROM audit.tile",
        [("TILE_STRANGE", "tile 5 lies beyond the log")],
    ),
    "a changed outcome": (
        "UPDATE gate.command SET outcome = 'rejected' WHERE number = {settled}",
        [("ROW_DIFFERS", "command {settled}")],
    ),
    "a command moved to another transfer": (
        "UPDATE gate.command SET transfer = transfer + 1 WHERE number = {settled}",
        [("ROW_DIFFERS", "command {settled}")],
    ),
    "an invented command": (
        (
            "INSERT INTO gate.command SELECT day, 999999, kind, credential, sha256(key), mac,"
            " transfer, digest, outcome, detail, body FROM gate.command WHERE number = {settled}"
        ),
        [("ROW_STRANGE", "command 999999")],
    ),
    "a second row of one number": (
        (
            "INSERT INTO gate.command SELECT day, {story}, kind, credential, sha256(key), mac,"
            " transfer, digest, outcome, detail, body FROM gate.command WHERE number = {settled}"
        ),
        [
            ("KEY_WRONG", "the request key of command {story}"),
            ("ROW_STRANGE", "two rows have one number in {story} to {story}"),
            ("ROW_DIFFERS", "command {story}"),
        ],
    ),
    "values that no gate wrote": (
        "UPDATE transfers.transfer SET credential = -1, action = -3 WHERE number = {story}",
        [
            ("KEY_WRONG", "the request key of command {story}"),
            ("ROW_DIFFERS", "transfer {story}"),
            ("KEY_STRANGE", "a request key that points at command {story}"),
        ],
    ),
    "a changed batch": (
        "UPDATE gate.batch SET state_hash = sha256(state_hash) WHERE seq = 4",
        [
            ("BATCH_SIGNATURE", "batch 4"),
            ("STATE_DIFFERS", "the balances after batch 4"),
        ],
    ),
    "a deleted checkpoint's batch root": (
        (
            "UPDATE audit.checkpoint SET size = size + 1 WHERE size ="
            " (SELECT max(size) FROM audit.checkpoint)"
        ),
        [("CHECKPOINT_DIFFERS", "the checkpoint of size {last}")],
    ),
    "a checkpoint of another text": (
        (
            "UPDATE audit.checkpoint SET note = replace(note, 'bank', 'Bank') WHERE size ="
            " (SELECT max(size) FROM audit.checkpoint)"
        ),
        [("CHECKPOINT_DIFFERS", "the checkpoint of size {before_last}")],
    ),
    "a checkpoint beyond the log": (
        "INSERT INTO audit.checkpoint SELECT 999999, note, made_ms FROM audit.checkpoint LIMIT 1",
        [("LOG_CUT", "a checkpoint of size 999999 is there, the log ends at {last}")],
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_tampering_is_named(bank: Bank, story: int, change: str) -> None:
    statement, expected = CHANGES[change]
    size = bank.gate.engine.state.log.size
    # The story is: order, two other orders, release, dispatch, settlement.
    names = {"story": story, "settled": story + 5, "last": size, "before_last": size - 1}
    bank.tamper(statement.format(**names))
    assert faults(bank) == [(kind, what.format(**names)) for kind, what in expected]


def test_a_byte_moved_between_columns_is_named(bank: Bank, story: int) -> None:
    """The leaf's hash stays the same, the request key does not: its order could be placed twice."""
    for table in ("transfers.transfer", "gate.request_key"):
        bank.tamper(
            f"UPDATE {table} SET mac = substr(key, 16) || mac, key = substr(key, 1, 15)"
            " WHERE number = %s",
            story,
        )
    assert faults(bank) == [("ROW_DIFFERS", f"transfer {story}")]


def test_a_deleted_batch_is_named(bank: Bank, story: int) -> None:
    """Its rows and leaves are still there, so nothing else is wrong."""
    first, seq = bank.app.execute(
        "SELECT first_number, seq FROM gate.batch WHERE first_number = %s AND leaves > 0", [story]
    ).fetchall()[0]
    bank.app.rollback()
    assert first == story
    bank.tamper("DELETE FROM gate.batch WHERE seq = %s", seq)
    assert faults(bank) == [("BATCH_MISSING", f"batches {seq} to {seq}")]


def test_a_deleted_row_is_named(bank: Bank, story: int) -> None:
    bank.tamper("DELETE FROM transfers.transfer WHERE number = %s", story)
    assert ("ROW_MISSING", f"the row of command {story}") in faults(bank)


def test_a_changed_row_at_the_right_edge_is_found(bank: Bank, story: int) -> None:
    """No full tile knows its leaf, but the signed root does."""
    last = bank.gate.engine.state.log.size - 1
    bank.tamper("UPDATE transfers.transfer SET amount = 4 WHERE number = %s", last)
    seq = bank.gate.engine.state.chain.seq
    assert faults(bank) == [("ROOT_DIFFERS", f"batch {seq}: a row of commands {last} to {last}")]


def test_a_row_in_the_wrong_partition_is_found(bank: Bank, story: int) -> None:
    """A gate that looks by day would miss it, and a look over all days would count it twice."""
    bank.tamper("SELECT gate.ensure_day(%s)", bank.gate.clock.now // 86_400_000 + 1)
    bank.tamper(
        "INSERT INTO gate.command SELECT day + 1, number, kind, credential, key, mac, transfer,"
        " digest, 'rejected', detail, body FROM gate.command WHERE number = %s",
        story + 5,
    )
    assert faults(bank) == [("ROW_STRANGE", f"command {story + 5}")]


def test_a_cut_end_shows_against_the_head_file(bank: Bank, story: int) -> None:
    kept = bank.gate.head.head
    last = bank.gate.engine.state.log.size - 1
    bank.tamper("DELETE FROM gate.batch WHERE seq = %s", kept.seq)
    bank.tamper("DELETE FROM transfers.transfer WHERE number = %s", last)
    bank.tamper("DELETE FROM gate.request_key WHERE number = %s", last)
    bank.tamper("DELETE FROM ledger.posting WHERE number = %s", last)
    bank.tamper("UPDATE ledger.balance SET held = held - 3 WHERE number = 2")
    bank.tamper("DELETE FROM transfers.hold WHERE number = %s", last)
    assert faults(bank) == []
    what = f"the head file knows batch {kept.seq}, the journal ends at {kept.seq - 1}"
    assert faults(bank, kept) == [("LOG_CUT", what)]


def test_another_head_shows(bank: Bank, story: int) -> None:
    kept = bank.gate.head.head._replace(root=b"\x07" * 32)
    assert faults(bank, kept) == [("HEAD_DIFFERS", f"batch {kept.seq}")]


def test_another_gates_journal_is_not_believed(bank: Bank, story: int) -> None:
    report = verify_audit(
        bank.app,
        instance=INSTANCE,
        gate_key=Ed25519PrivateKey.generate().public_key(),
        log=bank.log,
    )
    assert {fault.kind for fault in report.faults} == {FaultKind.BATCH_SIGNATURE}
    assert report.fault_count == report.batches


def test_the_list_of_faults_is_bounded(bank: Bank, story: int) -> None:
    bank.tamper("UPDATE transfers.transfer SET amount = amount + 1")
    report = verify(bank)
    assert len(report.faults) == FAULTS_MAX < report.fault_count
    assert not report.is_clean
