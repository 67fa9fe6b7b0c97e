"""What stands in the tables is held against the log: each difference is named, and only that."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import psycopg
import pytest
from tests.support.bank import Bank, a_bank
from tests.support.gate import INSTANCE, REASON, Harness, index_of
from tests.support.policies import house_policy

from countersign.flows.verify_audit import verify_audit
from countersign.gate import commands
from countersign.gate.journal import standing
from countersign.gate.journal.postgres import PostgresJournal
from countersign.infra.database import Database, Role

ADA, THIEF = index_of("ada"), index_of("thief")
LARGE = 200_000_000
CHANNEL, REVOKED = 100, 101


@pytest.fixture
def bank(database: Database, tmp_path: Path) -> Iterator[Bank]:
    """A bank in which something of each kind stands, was changed, or stood once."""
    with a_bank(database, tmp_path) as made:
        gate = made.gate
        gate.fund(gate.open_account("ada"), 10 * LARGE)
        for index in (index_of("cleared"), THIEF, ADA):
            gate.do(commands.Freeze(index, REASON))
        for index in (index_of("cleared"), ADA):
            gate.do(commands.Unfreeze(index, REASON))
        revoke = commands.SetCredential(
            gate.create_credential("second"), "second", b"\x00" * 32, [], is_active=False
        )
        assert gate.do(revoke).outcome == "ok"
        yield made


@pytest.fixture
def places(bank: Bank) -> dict[str, int]:
    """Numbers by name: transfers that leave something standing, and some that do not."""
    gate = bank.gate
    amounts = {"rule": LARGE, "let_go": LARGE, "ended": LARGE, "hand": 1, "frozen": 2}
    amounts |= {"released": 3, "again": 4, "sent": 5}
    numbers = {name: gate.place(amount=amount).number for name, amount in amounts.items()}
    for name, hours in (("hand", 5), ("again", 6)):
        gate.do(commands.Hold(numbers[name], "ann", hours, REASON))
    for name in ("again", "let_go"):
        gate.release(numbers[name])
    gate.do(commands.Cancel(numbers["ended"], REASON))
    gate.do(commands.CloseAlert(numbers["ended"], "false_positive", REASON))
    gate.do(commands.AcknowledgeAlert(numbers["rule"]))
    gate.set_policy(msgspec.structs.replace(house_policy(), hold_hours=9))
    gate.clock.now += 3_600_000
    gate.dispatch(numbers["sent"])
    numbers["freeze"] = gate.do(commands.Freeze(ADA, REASON)).number
    assert gate.dispatch(numbers["frozen"]).outcome == "held"
    return numbers


def faults(bank: Bank) -> list[tuple[str, str]]:
    report = verify_audit(bank.app, instance=INSTANCE, gate_key=bank.gate_key, log=bank.log)
    return [(fault.kind.name, fault.what) for fault in report.faults]


def test_what_stands_is_clean_and_is_what_a_gate_loads(
    bank: Bank, places: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a table is more than one page."""
    assert faults(bank) == []
    monkeypatch.setattr(standing, "ROWS_A_PAGE", 1)
    assert faults(bank) == []
    journal = PostgresJournal(bank.database.dsn(Role.GATE))
    again = Harness(journal, head=bank.gate.head, clock=bank.gate.clock).start()
    assert again.engine.state.accounts.frozen.keys() == {THIEF, ADA}
    again.engine.close()


INVENTED = "is there, but no command made it"
FREEZE = f"decode('{ADA.hex()}', 'hex')"
CHANGES = {
    "a deleted freeze": (
        f"DELETE FROM accounts.freeze WHERE index = {FREEZE}",
        [("FREEZE_DIFFERS", f"freeze {ADA.hex()} is missing")],
    ),
    "an invented freeze": (
        "INSERT INTO accounts.freeze VALUES ('\\x00', 5)",
        [("FREEZE_DIFFERS", f"freeze 00 {INVENTED}")],
    ),
    "a freeze without an index": (
        "INSERT INTO accounts.freeze VALUES ('', 5)",
        [("FREEZE_DIFFERS", f"freeze  {INVENTED}")],
    ),
    "a freeze by another command": (
        f"UPDATE accounts.freeze SET number = 5 WHERE index = {FREEZE}",
        [("FREEZE_DIFFERS", f"freeze {ADA.hex()} differs in number")],
    ),
    "a freeze moved to another account": (
        f"UPDATE accounts.freeze SET index = '\\xffff' WHERE index = {FREEZE}",
        [
            ("FREEZE_DIFFERS", f"freeze ffff {INVENTED}"),
            ("FREEZE_DIFFERS", f"freeze {ADA.hex()} is missing"),
        ],
    ),
    "a deleted hold": (
        "DELETE FROM transfers.hold WHERE number = {rule}",
        [("HOLD_DIFFERS", "hold of transfer {rule} is missing")],
    ),
    "an invented hold": (
        "INSERT INTO transfers.hold VALUES ({ended}, 'ann', 'operator', 5)",
        [("HOLD_DIFFERS", "hold of transfer {ended} " + INVENTED)],
    ),
    "a hold that was put back": (
        "INSERT INTO transfers.hold VALUES ({let_go}, 'duty_officer', 'rules.amount', 5)",
        [("HOLD_DIFFERS", "hold of transfer {let_go} " + INVENTED)],
    ),
    "a hold by rule that ends at another time": (
        "UPDATE transfers.hold SET until_ms = until_ms + 1 WHERE number = {rule}",
        [("HOLD_DIFFERS", "hold of transfer {rule} differs in until_ms")],
    ),
    "a hold by hand that ends at another time": (
        "UPDATE transfers.hold SET until_ms = until_ms - 1 WHERE number = {hand}",
        [("HOLD_DIFFERS", "hold of transfer {hand} differs in until_ms")],
    ),
    "a hold by a freeze that ends at another time": (
        "UPDATE transfers.hold SET until_ms = until_ms - 1 WHERE number = {frozen}",
        [("HOLD_DIFFERS", "hold of transfer {frozen} differs in until_ms")],
    ),
    "a hold of another owner": (
        "UPDATE transfers.hold SET owner = 'bo' WHERE number = {hand}",
        [("HOLD_DIFFERS", "hold of transfer {hand} differs in owner")],
    ),
    "a hold for other reasons": (
        "UPDATE transfers.hold SET reasons = 'operator' WHERE number = {frozen}",
        [("HOLD_DIFFERS", "hold of transfer {frozen} differs in reasons")],
    ),
    "a swapped token": (
        "UPDATE access.credential SET verifier = sha256(verifier) WHERE number = 100",
        [("CREDENTIAL_DIFFERS", "credential 100 differs in verifier")],
    ),
    "wider permissions": (
        (
            "UPDATE access.credential SET permissions = permissions || ',transfers:release'"
            " WHERE number = 100"
        ),
        [("CREDENTIAL_DIFFERS", "credential 100 differs in permissions")],
    ),
    "a revoked credential made good again": (
        "UPDATE access.credential SET is_active = true WHERE number = 101",
        [("CREDENTIAL_DIFFERS", "credential 101 differs in is_active")],
    ),
    "a renamed credential": (
        "UPDATE access.credential SET name = 'web' WHERE number = 100",
        [("CREDENTIAL_DIFFERS", "credential 100 differs in name")],
    ),
    "a forged credential": (
        (
            "INSERT INTO access.credential SELECT -7, 'thief', verifier, permissions, true, 0, ''"
            " FROM access.credential WHERE number = 100"
        ),
        [("CREDENTIAL_DIFFERS", f"credential -7 {INVENTED}")],
    ),
    "a deleted credential": (
        "DELETE FROM access.credential WHERE number = 101",
        [("CREDENTIAL_DIFFERS", "credential 101 is missing")],
    ),
    "another policy in the place of an old one": (
        (
            "UPDATE rules.policy SET (hash, content) ="
            " (SELECT hash, content FROM rules.policy WHERE number = 2) WHERE number = 1"
        ),
        [("POLICY_DIFFERS", "policy 1 differs in hash")],
    ),
    "a policy of other content": (
        "UPDATE rules.policy SET content = content || ' ' WHERE number = 2",
        [("POLICY_DIFFERS", "policy 2 differs in content")],
    ),
    "an invented policy": (
        "INSERT INTO rules.policy SELECT 3, hash, content FROM rules.policy WHERE number = 1",
        [("POLICY_DIFFERS", f"policy 3 {INVENTED}")],
    ),
    "a deleted policy": (
        "DELETE FROM rules.policy WHERE number = 1",
        [("POLICY_DIFFERS", "policy 1 is missing")],
    ),
    "an account of another holder": (
        "UPDATE accounts.account SET holder = sha256(holder) WHERE number = 2",
        [("ACCOUNT_DIFFERS", "account 2 differs")],
    ),
    "an account of another number": (
        "UPDATE accounts.account SET index = sha256(index) WHERE number = 3",
        [("ACCOUNT_DIFFERS", "account 3 differs")],
    ),
    "an account of another kind": (
        "UPDATE accounts.account SET kind = 3 WHERE number = 3",
        [("ACCOUNT_DIFFERS", "account 3 differs")],
    ),
    "a deleted account": (
        "DELETE FROM accounts.account WHERE number = 3",
        [("ACCOUNT_DIFFERS", "account 3 is missing")],
    ),
    "an invented account": (
        (
            "INSERT INTO accounts.account SELECT 9, kind, currency, sha256(index), party, holder"
            " FROM accounts.account WHERE number = 3"
        ),
        [("ACCOUNT_DIFFERS", f"account 9 {INVENTED}")],
    ),
    "a released transfer that nothing dispatches": (
        "DELETE FROM gate.outbox WHERE number = {released}",
        [("OUTBOX_MISSING", "released transfer {released} is not in the outbox")],
    ),
    "an outbox without what was released by hand": (
        "DELETE FROM gate.outbox WHERE number IN ({again}, {let_go})",
        [
            ("OUTBOX_MISSING", "released transfer {let_go} is not in the outbox"),
            ("OUTBOX_MISSING", "released transfer {again} is not in the outbox"),
        ],
    ),
    "an outbox row of another topic": (
        "UPDATE gate.outbox SET topic = 9 WHERE number = {released}",
        [("OUTBOX_MISSING", "released transfer {released} is not in the outbox")],
    ),
    "a released transfer that waits longer than it must": (
        "UPDATE gate.outbox SET due_ms = due_ms + 1 WHERE number IN ({released}, {again})",
        [
            ("OUTBOX_DIFFERS", "released transfer {released} is due at another time"),
            ("OUTBOX_DIFFERS", "released transfer {again} is due at another time"),
        ],
    ),
    "an outbox without what was sent or is held": (
        "DELETE FROM gate.outbox WHERE number IN ({sent}, {hand}, {frozen})",
        [],
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_difference_is_named(bank: Bank, places: dict[str, int], change: str) -> None:
    statement, expected = CHANGES[change]
    bank.tamper(statement.format(**places))
    assert faults(bank) == [(kind, what.format(**places)) for kind, what in expected]


def test_a_missing_batch_puts_no_hold_in_doubt(bank: Bank, places: dict[str, int]) -> None:
    """When its holds run out nobody can say then; all else of them is still compared."""
    ((seq,),) = bank.app.execute(
        "SELECT seq FROM gate.batch WHERE first_number = %s AND leaves > 0", [places["rule"]]
    ).fetchall()
    bank.app.rollback()
    bank.tamper("DELETE FROM gate.batch WHERE seq = %s", seq)
    before = faults(bank)
    assert ("BATCH_MISSING", f"batches {seq} to {seq}") in before
    assert "HOLD_DIFFERS" not in {kind for kind, _ in before}
    bank.tamper("UPDATE transfers.hold SET owner = 'bo' WHERE number = %s", places["rule"])
    what = f"hold of transfer {places['rule']} differs in owner"
    assert faults(bank) == [*before, ("HOLD_DIFFERS", what)]


def test_a_changed_row_is_taken_as_it_stands(bank: Bank, places: dict[str, int]) -> None:
    """A freeze that is no longer in the log is no longer wanted either: both faults are named."""
    bank.tamper(
        "UPDATE gate.command SET outcome = 'accounts.already_frozen' WHERE number = %s",
        places["freeze"],
    )
    kinds = {kind for kind, _ in faults(bank)}
    assert kinds == {"ROOT_DIFFERS", "FREEZE_DIFFERS"}
    unreadable = "UPDATE gate.command SET outcome = 'ok', body = '\\xc1' WHERE number = %s"
    bank.tamper(unreadable, places["freeze"])
    assert {kind for kind, _ in faults(bank)} == kinds


def test_a_long_list_is_compared_page_by_page(
    bank: Bank, places: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "ROWS_A_PAGE", 1)
    bank.tamper("DELETE FROM gate.outbox")
    bank.tamper("DELETE FROM transfers.hold")
    waiting = sorted(places[name] for name in ("released", "again", "let_go"))
    held = sorted(places[name] for name in ("rule", "hand", "frozen"))
    assert faults(bank) == [
        *(("HOLD_DIFFERS", f"hold of transfer {number} is missing") for number in held),
        *(
            ("OUTBOX_MISSING", f"released transfer {number} is not in the outbox")
            for number in waiting
        ),
    ]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("DELETE FROM alerts.alert WHERE number = {ended}", "alert {ended} is missing"),
        (
            "UPDATE alerts.alert SET disposition = 'suspicious' WHERE number = {ended}",
            "alert {ended} differs in disposition",
        ),
        (
            "UPDATE alerts.alert SET typologies = 'typologies.x=1' WHERE number = {rule}",
            "alert {rule} differs in typologies",
        ),
        (
            "UPDATE alerts.alert SET raised_ms = raised_ms + 1 WHERE number = {rule}",
            "alert {rule} differs in raised_ms",
        ),
        ("UPDATE alerts.alert SET number = 7 WHERE number = {rule}", f"alert 7 {INVENTED}"),
    ],
)
def test_a_changed_alert_is_named(
    bank: Bank, places: dict[str, int], change: str, what: str
) -> None:
    with psycopg.connect(bank.database.superuser_dsn()) as connection:
        connection.execute(change.format(**places).encode())
    assert ("ALERT_DIFFERS", what.format(**places)) in faults(bank)
