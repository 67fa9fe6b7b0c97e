"""The running intake learns that somebody was erased, by whichever process that was done."""

from pathlib import Path

import pytest
from tests.support.bank import CREDITOR_IBAN, Bank, a_bank

from countersign.gate import preparation
from countersign.gate.commands import Command, Kind, PlaceOrder, RefusedIntake
from countersign.gate.preparation import Preparation
from countersign.gate.requests import Item, encode_body
from countersign.infra.database import Database, Role
from countersign.vault.errors import SubjectErased
from countersign.vault.subjects import SubjectKeys

pytestmark = pytest.mark.postgres


def prepared(intake: Preparation, bank: Bank, number: int) -> Command:
    item = Item(Kind.ORDER, b"order/%010d" % number, encode_body(bank.order()))
    (submission,) = intake.prepare(bank.gate.channel, [item])
    return submission.command


def test_nothing_more_is_sealed_for_who_was_erased_meanwhile(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert preparation._FORGET_SECONDS <= 1.0
    monkeypatch.setattr(preparation, "_FORGET_SECONDS", 0.0)
    with (
        a_bank(database, tmp_path) as bank,
        SubjectKeys(
            lambda: database.connect(Role.GATE), bank.keys.keyset, bank.keys.instance
        ) as own,
    ):
        intake = Preparation(own, bank.accounts)
        assert isinstance(prepared(intake, bank, 1), PlaceOrder)
        bank.keys.destroy(bank.intake.index_of(f"IBAN:{CREDITOR_IBAN}"))
        assert prepared(intake, bank, 2) == RefusedIntake(SubjectErased.code)
