"""Parties in clear for a look that stands in the log, and for nothing else."""

import pytest
from tests.support import bank as planted
from tests.support.bank import CREDITOR_IBAN, DEBTOR_IBAN, Bank
from tests.support.gate import INSTANCE

from countersign.access.model import CONSOLE, OPERATOR, WORKER
from countersign.flows.reveal_parties import (
    LOOK_MS,
    Look,
    LookOver,
    Revealed,
    require_transfer,
    reveal_parties,
)
from countersign.flows.tell_transfer import tell_transfer
from countersign.flows.verify_audit import verify_audit
from countersign.gate import commands
from countersign.gate.journal.reading import NoSuchTransfer

pytestmark = pytest.mark.postgres

DEBTOR = (planted.DEBTOR_NAME, DEBTOR_IBAN)
CREDITOR = (planted.CREDITOR_NAME, CREDITOR_IBAN)


@pytest.fixture
def story(bank: Bank) -> int:
    number = bank.a_story()
    bank.checkpoint()
    return number


def look_at(bank: Bank, transfer: int, *, by: int = CONSOLE) -> Look:
    answer = bank.gate.do(commands.Reveal(transfer, b"sealed"), credential=by)
    return Look(transfer, answer.number, by)


def revealed(bank: Bank, look: Look, *, after_ms: int = 0) -> Revealed:
    now_ms = bank.gate.clock.now_ms() + after_ms
    return reveal_parties(bank.app, intake=bank.intake, look=look, now_ms=now_ms)


def test_a_look_shows_both_parties_in_clear_for_a_minute(bank: Bank, story: int) -> None:
    look = look_at(bank, story)
    until_ms = bank.gate.clock.now_ms() + LOOK_MS
    for after_ms in (0, LOOK_MS - 1):
        assert revealed(bank, look, after_ms=after_ms) == (DEBTOR, CREDITOR, until_ms)
    with pytest.raises(LookOver) as over:
        revealed(bank, look, after_ms=LOOK_MS)
    assert over.value.code == "reveal.look_over"


def test_without_its_own_leaf_nothing_is_opened(bank: Bank, story: int) -> None:
    (other,) = bank.place(bank.order())
    look, refused = look_at(bank, story), look_at(bank, story, by=WORKER)
    missing = look_at(bank, 10**9)
    for wrong in (
        look._replace(transfer=other.number),  # Another transfer.
        look._replace(credential=OPERATOR),  # Another's look.
        look._replace(command=story),  # An order.
        look._replace(command=look.command - 2),  # Another command.
        look._replace(command=10**9),  # None at all.
        look._replace(command=-1),
        refused,
        missing,
    ):
        with pytest.raises(LookOver):
            revealed(bank, wrong)
    assert revealed(bank, look).debtor == DEBTOR


def test_who_was_erased_is_not_there(bank: Bank, story: int) -> None:
    look = look_at(bank, story)
    bank.keys.destroy(bank.intake.index_of(f"IBAN:{DEBTOR_IBAN}"))
    assert revealed(bank, look)[:2] == (None, CREDITOR)
    bank.keys.destroy(bank.intake.index_of(f"IBAN:{CREDITOR_IBAN}"))
    assert revealed(bank, look)[:2] == (None, None)


def test_what_is_no_transfer_is_not_asked_for(bank: Bank, story: int) -> None:
    require_transfer(bank.app, story)
    for wrong in (story + 10**6, 0, -1):
        with pytest.raises(NoSuchTransfer):
            require_transfer(bank.app, wrong)


def test_a_look_leaves_the_story_and_the_audit_as_they_were(bank: Bank, story: int) -> None:
    held = bank.place(bank.order(instructed_amount=50_000_000))[0]
    before = [tell_transfer(bank.app, intake=bank.intake, number=n) for n in (story, held.number)]
    for number in (story, held.number):
        look_at(bank, number)
    bank.checkpoint()
    after = [tell_transfer(bank.app, intake=bank.intake, number=n) for n in (story, held.number)]
    assert after == before
    bank.app.rollback()
    report = verify_audit(
        bank.app,
        instance=INSTANCE,
        gate_key=bank.gate_key,
        log=bank.log,
        kept=bank.gate.head.head,
    )
    assert report.faults == []
