"""The ISO 20022 external status reason that each of our refusals is reported by: one table.

A refusal that may be about either side has a code for the debtor and one for the creditor. What is
not in the table is NARR, whose meaning is in the text that goes with it.
"""

from enum import Enum
from typing import Final, NamedTuple


class Side(Enum):
    """Whose account, agent or name a refusal is about."""

    NEITHER = 0
    DEBTOR = 1
    CREDITOR = 2


class Reason(NamedTuple):
    either: str
    debtor: str
    creditor: str


NARRATIVE: Final = "NARR"


def reason_code(refusal_code: str, side: Side = Side.NEITHER) -> str:
    """The reason to report for a refusal."""
    reason = REASONS.get(refusal_code, NARRATIVE)
    return reason if isinstance(reason, str) else reason[side.value]


_ACCOUNT: Final = Reason("AC01", "AC02", "AC03")
_BIC: Final = Reason("RC05", "RC06", "RC07")

REASONS: Final[dict[str, str | Reason]] = {
    "account.iban_as_other": _ACCOUNT,
    "account.malformed_iban": _ACCOUNT,
    "account.malformed_other": _ACCOUNT,
    "account.malformed_reference": _ACCOUNT,
    "accounts.not_payable": "AC14",  # Invalid account type of the creditor.
    "accounts.other_currency": Reason("AC09", "AC10", "AC11"),
    "accounts.unknown": _ACCOUNT,
    "agent.malformed": _BIC,
    "bic.malformed": _BIC,
    "channels.bad_mapping": "FF01",  # File format incomplete or invalid.
    "channels.blank_message_id": "CH16",  # Content formally incorrect.
    "channels.cheque_instruction": "CH17",  # Element not admitted.
    "channels.cheque_payment": "AG03",  # Transaction type not supported.
    "channels.contradictory_levels": "CH07",  # Not to be used at both levels.
    "channels.converted_amount": "AM12",  # Amount invalid or missing.
    "channels.duplicate_instruction_id": "DU05",
    "channels.duplicate_message_id": "DU01",
    "channels.duplicate_uetr": "DU03",
    "channels.envelope_mismatch": "FF01",
    "channels.equivalent_amount": "AM12",
    "channels.malformed_csv": "FF02",  # Syntax error, told in the text.
    "channels.malformed_execution_date": "DT01",
    "channels.malformed_mapping": "FF01",
    "channels.message_changed": "TD03",  # File structure incomplete or invalid.
    "channels.missing_column": "FF01",
    "channels.missing_creditor_account": "AC03",
    "channels.missing_creditor_name": "BE22",
    "channels.missing_debtor_account": "AC02",
    "channels.missing_instruction_id": "CH16",
    "channels.missing_settlement_date": "DT01",
    "channels.missing_trailer": "TD03",
    "channels.no_payments": "TD03",
    "channels.not_a_transfer_message": "FF01",
    "channels.not_carried": "CH17",
    "channels.repeated_column": "FF01",
    "channels.unmapped_column": "FF01",
    "channels.unmapped_field": "FF01",
    "channels.unsupported_account_scheme": _ACCOUNT,
    "channels.unsupported_agent": _BIC,
    "channels.unsupported_settlement": "AG03",
    "channels.wrong_block_control_sum": "AM17",
    "channels.wrong_block_number_of_transactions": "AM20",
    "channels.wrong_control_sum": "AM16",
    "channels.wrong_csv_encoding": "FF01",
    "channels.wrong_number_of_cells": "FF02",
    "channels.wrong_number_of_transactions": "AM19",
    "channels.wrong_total_amount": "AM16",
    "channels.zero_amount": "AM01",
    "gate.key_reused": "AM05",  # Duplication.
    "ids.malformed": "CH16",
    "iso20022.doctype": "FF01",
    "iso20022.empty": "FF01",
    "iso20022.encoding": "FF01",
    "iso20022.invalid": "FF01",
    "iso20022.not_xml": "FF02",
    "iso20022.too_deep": "FF01",
    "iso20022.too_large": "FF01",
    "iso20022.unknown_envelope": "FF01",
    "iso20022.unsupported_message": "FF01",
    "ledger.insufficient_funds": "AM04",
    "money.malformed_amount": "AM12",
    "money.out_of_range": "AM02",  # Greater than the allowed maximum.
    "money.too_many_decimals": "CH20",
    "money.unknown_currency": "AM11",
    "rules.frozen_side": "AC06",  # Blocked account.
    "transfers.control_character": "RR10",  # Invalid character set.
    "transfers.date_out_of_range": "DT01",
    "transfers.malformed_date": "DT01",
    "transfers.malformed_uetr": "CH16",
    "transfers.same_account": "AC03",
    "transfers.text_length": "CH16",
    "transfers.too_many_agents": "CH16",
    "transfers.unknown_code": "CH16",
    "vault.subject_erased": "AC04",  # Closed account.
}
