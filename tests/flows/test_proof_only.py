"""A proof of chosen fields alone: what is not named is withheld, restricted or not."""

from pathlib import Path
from typing import Any

import pytest
from tests.support import bank as planted
from tests.support.bank import Bank
from tests.support.proof_script import script_verdict

from countersign.flows.export_proof import UnknownOrderField, export_proof
from countersign.flows.verify_proof import verify_proof
from countersign.transfers.order import ORDER_TABLE
from countersign.vault.errors import SubjectErased

pytestmark = pytest.mark.postgres

EVERY_FIELD = {field.name for field in ORDER_TABLE.fields}
AMOUNT = 50_000_000


@pytest.fixture
def story(bank: Bank) -> int:
    number = bank.a_story()
    bank.checkpoint()
    return number


def export(bank: Bank, transfer: int, **options: Any) -> bytes:
    return export_proof(bank.app, intake=bank.intake, log=bank.log, transfer=transfer, **options)


@pytest.mark.parametrize("only", [[], ["currency"], ["creditor_name", "instructed_amount"]])
def test_only_the_named_fields_are_shown(
    bank: Bank, story: int, tmp_path: Path, only: list[str]
) -> None:
    file = export(bank, story, only=only)
    proof = verify_proof(file, bank.log)
    assert set(proof.fields) == set(only)
    assert set(proof.withheld) == EVERY_FIELD - set(only)
    stored = bank.app.execute(
        "SELECT digest FROM transfers.transfer WHERE number = %s", [story]
    ).fetchall()
    assert (proof.status, [(proof.digest,)]) == ("settled", stored)
    assert script_verdict(tmp_path, file, bank.log.text())["fields"] == dict(proof.fields)
    assert (str(AMOUNT).encode() in file) == ("instructed_amount" in only)
    assert (b"EUR" in file) == ("currency" in only)
    assert (planted.CREDITOR_NAME.encode() in file) == ("creditor_name" in only)


def test_without_it_what_is_not_restricted_is_shown(bank: Bank, story: int) -> None:
    shown = verify_proof(export(bank, story), bank.log).fields
    assert shown["instructed_amount"] == AMOUNT


def test_a_name_that_is_no_field_shows_nothing(bank: Bank, story: int) -> None:
    for only in (["amount"], ["currency", ""]):
        with pytest.raises(UnknownOrderField):
            export(bank, story, only=only)


def test_a_named_field_of_an_erased_side_is_refused(bank: Bank, story: int) -> None:
    bank.keys.destroy(bank.intake.index_of(f"IBAN:{planted.CREDITOR_IBAN}"))
    with pytest.raises(SubjectErased):
        export(bank, story, only=["creditor_agent"])
    assert verify_proof(export(bank, story, only=["currency"]), bank.log).fields == {
        "currency": "EUR"
    }
