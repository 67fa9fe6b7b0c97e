"""What is said to a rail and what it says back: frozen values, and what a status means. Pure.

Texts from an order are restricted and in no repr. An unknown status is never a settlement, and a
refused duplicate is never a rejection: the first of the two may have been settled.
"""

from enum import StrEnum
from typing import Final

import msgspec

from countersign.kernel.account import AccountReference
from countersign.kernel.money import Money
from countersign.rails.versions import PAYMENT_RETURN

NARRATIVE: Final = "NARR"  # In place of what is no code; a text says what the rail wrote.


class CreditTransfer(msgspec.Struct, frozen=True, kw_only=True):
    """One transfer as it goes to a rail; fields of an order's name hold what the order says.

    An agent is a BIC or "SYSTEM:MEMBER" of a clearing system; an address, identifications,
    intermediaries and remittance information are lines; several service levels are parted by
    spaces: as `channels` reads them.
    """

    digest: bytes  # Of the order; every id on the rail follows from it.
    amount: Money
    settlement_date: str  # "2027-03-31".
    debtor_account: AccountReference
    creditor_account: AccountReference
    creditor_name: str
    instruction_id: str | None = None
    end_to_end_id: str | None = None
    uetr: str | None = None
    service_level: str | None = None
    local_instrument: str | None = None
    instruction_priority: str | None = None
    category_purpose: str | None = None
    purpose_code: str | None = None
    charge_bearer: str | None = None
    initiating_party: str | None = None
    debtor_name: str | None = None
    debtor_agent: str | None = None
    debtor_address: str | None = None
    debtor_identification: str | None = None
    ultimate_debtor: str | None = None
    creditor_agent: str | None = None
    intermediary_agents: str | None = None
    creditor_address: str | None = None
    creditor_identification: str | None = None
    ultimate_creditor: str | None = None
    remittance_information: str | None = None

    def __repr__(self) -> str:
        return f"CreditTransfer({self.digest.hex()[:16]})"


class ReceivedTransfer(msgspec.Struct, frozen=True, kw_only=True):
    """What a rail needs of a pacs.008: how to call the transfer, and what it moves."""

    message_id: str
    end_to_end_id: str
    transaction_id: str | None
    uetr: str | None
    amount: Money

    def __repr__(self) -> str:
        return f"ReceivedTransfer({self.transaction_id})"


class StatusRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Asks what became of one transaction; at least one of its two ids is there."""

    message_id: str  # Of the request itself.
    original_message_id: str
    transaction_id: str | None
    uetr: str | None
    end_to_end_id: str | None = None

    def __repr__(self) -> str:
        return f"StatusRequest({self.transaction_id})"


class RailStatusReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a rail says of one transaction; some rails echo the UETR alone, some the other ids."""

    message_id: str  # Of the report itself.
    original_message_id: str
    status: str  # ISO external code, for example "ACSC"; one letter to four.
    transaction_id: str | None = None
    uetr: str | None = None
    end_to_end_id: str | None = None
    reason_codes: tuple[str, ...] = ()  # ISO external codes, in the order of the report.
    proprietary_reason: str | None = None  # The rail's own code, for example "E433".
    text: str | None = None  # For people; it may repeat what the order said.

    @property
    def reason_code(self) -> str | None:
        return self.reason_codes[0] if self.reason_codes else None

    def __repr__(self) -> str:
        return f"RailStatusReport({self.transaction_id}, {self.status}, {self.reason_code})"


class PaymentReturn(msgspec.Struct, frozen=True, kw_only=True):
    """What a rail says came back of one transaction, and by which ids it names that."""

    message_id: str  # Of the message that says so.
    return_id: str
    original_message_id: str | None
    transaction_id: str | None
    uetr: str | None
    amount: Money  # What comes back.
    original_amount: Money | None = None  # What was sent, as the rail has it.
    end_to_end_id: str | None = None
    reason_code: str = NARRATIVE  # ISO external return reason.
    version: str = PAYMENT_RETURN  # The message it came in.

    def __repr__(self) -> str:
        return f"PaymentReturn({self.transaction_id}, {self.reason_code})"


class Verdict(StrEnum):
    """What a report means for the transfer."""

    SETTLED = "settled"
    REJECTED = "rejected"
    NOT_RECEIVED = "not_received"  # The rail never saw it: the same transaction may be sent again.
    IN_PROGRESS = "in_progress"  # Nothing final was said: wait, or ask.


# What a rail answers that never saw the transaction: AG09 of the ISO set of status reasons, and
# NOOR, which says the same in the sets for cancellations and returns.
NOT_RECEIVED_REASONS: Final = frozenset({"AG09", "NOOR"})
# The transaction, its message or one of its ids was seen before: what became of the first one is
# not said, so money may have moved.
DUPLICATE_REASONS: Final = frozenset({"AM05", "DU01", "DU02", "DU03", "DU04", "DU05", "DUPL"})


def verdict_of(report: RailStatusReport) -> Verdict:
    """What the report says of the transfer, on the safe side."""
    if report.status in _SETTLED:
        return Verdict.SETTLED
    if report.status != REJECTED:
        return Verdict.IN_PROGRESS
    reasons = set(report.reason_codes)
    if reasons & DUPLICATE_REASONS:
        return Verdict.IN_PROGRESS
    # Sent again on a clear word only: with another reason beside it, it was seen and refused.
    if reasons and reasons <= NOT_RECEIVED_REASONS:
        return Verdict.NOT_RECEIVED
    return Verdict.REJECTED


REJECTED: Final = "RJCT"
SETTLED: Final = "ACSC"
IN_PROCESS: Final = "ACSP"
_SETTLED = frozenset({SETTLED, "ACCC"})
