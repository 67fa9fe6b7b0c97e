"""One table of reasons: only codes that exist, on both sides of it."""

import importlib
import re

import pytest
from tests.support.pain001 import Message

from countersign.channels import errors
from countersign.channels.reasons import NARRATIVE, REASONS, Reason, Side, reason_code
from countersign.gate.checks import FROZEN_SIDE
from countersign.kernel.refusal import all_refusals

pytestmark = pytest.mark.fast

# External status reasons of ISO 20022 that the table may use, by their names in the standard.
STATUS_REASONS = {
    "AC01": "IncorrectAccountNumber",
    "AC02": "InvalidDebtorAccountNumber",
    "AC03": "InvalidCreditorAccountNumber",
    "AC04": "ClosedAccountNumber",
    "AC06": "BlockedAccount",
    "AC09": "InvalidAccountCurrency",
    "AC10": "InvalidDebtorAccountCurrency",
    "AC11": "InvalidCreditorAccountCurrency",
    "AC14": "InvalidCreditorAccountType",
    "AG03": "TransactionNotSupported",
    "AM01": "ZeroAmount",
    "AM02": "NotAllowedAmount",
    "AM04": "InsufficientFunds",
    "AM05": "Duplication",
    "AM11": "InvalidTransactionCurrency",
    "AM12": "InvalidAmount",
    "AM16": "InvalidGroupControlSum",
    "AM17": "InvalidPaymentInfoControlSum",
    "AM19": "InvalidGroupNumberOfTransactions",
    "AM20": "InvalidPaymentInfoNumberOfTransactions",
    "BE22": "MissingCreditorName",
    "CH07": "ElementIsNotToBeUsedAtB-andC-Level",
    "CH16": "ElementContentFormallyIncorrect",
    "CH17": "ElementNotAdmitted",
    "CH20": "DecimalPointsNotCompatibleWithCurrency",
    "DT01": "InvalidDate",
    "DU01": "DuplicateMessageID",
    "DU03": "DuplicateTransaction",
    "DU05": "DuplicateInstructionID",
    "FF01": "InvalidFileFormat",
    "FF02": "SyntaxError",
    "NARR": "Narrative",
    "RC05": "InvalidBICIdentifier",
    "RC06": "InvalidDebtorBICIdentifier",
    "RC07": "InvalidCreditorBICIdentifier",
    "RR10": "InvalidCharacterSet",
    "TD03": "IncorrectFileStructure",
}
AREAS = ("accounts", "channels", "gate", "infra.iso20022", "ledger", "transfers", "vault")


def _known_refusals() -> set[str]:
    for area in AREAS:
        importlib.import_module(f"countersign.{area}.errors")
    for module in ("account", "agent", "bic", "ids", "money"):
        importlib.import_module(f"countersign.kernel.{module}")
    return {refusal.code for refusal in all_refusals()}


def test_every_row_is_about_a_refusal_or_a_rule_that_exists() -> None:
    assert set(REASONS) <= _known_refusals() | {FROZEN_SIDE}


def test_every_reason_is_one_of_the_standard() -> None:
    used = {NARRATIVE}
    for reason in REASONS.values():
        used |= {reason} if isinstance(reason, str) else set(reason)
    assert used == set(STATUS_REASONS)


def test_every_refusal_of_a_file_or_payment_has_its_reason() -> None:
    own = {code for code in _known_refusals() if re.match(r"(channels|iso20022)\.", code)}
    # Having no schema is our fault, so it is no reason to reject anything.
    assert own - {"iso20022.no_schema"} <= set(REASONS)


def test_the_side_chooses_where_there_is_a_choice() -> None:
    assert REASONS["account.malformed_iban"] == Reason("AC01", "AC02", "AC03")
    assert reason_code("account.malformed_iban") == "AC01"
    assert reason_code("account.malformed_iban", Side.DEBTOR) == "AC02"
    assert reason_code("account.malformed_iban", Side.CREDITOR) == "AC03"
    assert reason_code("channels.zero_amount", Side.CREDITOR) == "AM01"


def test_what_is_not_in_the_table_is_told_in_words() -> None:
    assert reason_code("cases.sealed") == NARRATIVE


def test_no_sentence_of_this_package_needs_a_value_of_the_file() -> None:
    shown = {name for each in vars(errors).values() for name in _placeholders(each)}
    # A method is one of four codes of the schema; of a mapping, which is the house's own, its keys,
    # columns and encoding are shown.
    of_file = {"stated", "counted", "element", "first", "second", "message", "method", "number"}
    of_csv = {"where", "line", "key", "expected", "field", "column", "reason", "encoding"}
    assert shown == of_file | of_csv
    assert Message().message_id not in shown


def _placeholders(each: object) -> list[str]:
    return re.findall(r"\{([a-z_]+)\}", each.__doc__ or "") if isinstance(each, type) else []
