"""One message: its header, its payments, and what became of each. Pure values.

Ids are kept exactly as sent, because they go back in the report. Other text loses only outer
space, and a line end inside it becomes a space; so a line end in an address or in remittance
information always parts two elements. Values are restricted: no repr shows them.
"""

from enum import StrEnum
from typing import NamedTuple

import msgspec

from countersign.kernel.account import AccountReference
from countersign.kernel.money import Money
from countersign.kernel.refusal import Refusal


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What a message says of itself; texts as sent."""

    message_id: str
    created: str  # ISO 8601 date and time, with or without an offset.
    number_of_transactions: int
    control_sum: str | None
    initiating_party: str | None
    version: str  # For example "pain.001.001.09" or "pacs.008.001.08", or "csv".

    def __repr__(self) -> str:
        return f"Header({self.version}, {self.number_of_transactions} payments)"


class Instruction(msgspec.Struct, frozen=True, kw_only=True):
    """One payment that can be ordered.

    An agent is its BIC, else "SYSTEM:MEMBER" of a clearing system, such as "USABA:021000021";
    intermediaries are lines of them. What a debtor or creditor is known by stands in the lines of
    `kernel.identification`; an ultimate party without a name is its identifications in one line.
    Codes and proprietary values of one field look alike; several service levels are parted by
    spaces.
    """

    position: int  # In the message, from 1; in a CSV file the line.
    payment_information_id: str | None  # Of its block; between banks there are none.
    message_id: str | None  # None where each payment is known by its own reference.
    instruction_id: str | None
    end_to_end_id: str | None
    transaction_id: str | None = None  # Between banks: what the sender knows it by.
    uetr: str | None
    amount: Money
    requested_execution_date: str  # "2027-03-31"; a time of day or zone is not kept.
    initiating_party: str | None
    debtor_name: str | None
    debtor_account: AccountReference
    debtor_agent: str | None
    debtor_address: str | None
    debtor_identification: str | None
    ultimate_debtor: str | None
    creditor_name: str
    creditor_account: AccountReference
    creditor_agent: str | None
    intermediary_agents: str | None
    creditor_address: str | None
    creditor_identification: str | None
    ultimate_creditor: str | None
    service_level: str | None
    local_instrument: str | None
    instruction_priority: str | None
    category_purpose: str | None
    purpose_code: str | None
    charge_bearer: str | None
    remittance_information: str | None  # Free lines, then one line for each structured part.

    def rejected(self, refusal: Refusal, *, reason_code: str, element: str) -> "Rejected":
        """This payment as one that cannot be ordered after all."""
        ids = {name: getattr(self, name) for name in _IDS}
        return Rejected(**ids, refusal=refusal, reason_code=reason_code, element=element)

    def __repr__(self) -> str:
        return f"Instruction({self.position})"


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """One payment that cannot be ordered, and why; the others of its message go on."""

    position: int
    payment_information_id: str | None  # Of its block; between banks there are none.
    message_id: str | None
    instruction_id: str | None
    end_to_end_id: str | None
    transaction_id: str | None = None
    uetr: str | None
    refusal: Refusal
    reason_code: str  # ISO 20022 external status reason.
    element: str  # The path of the element at fault.

    def __repr__(self) -> str:
        return f"Rejected({self.position}, {self.refusal.code}, {self.reason_code})"


# What an instruction and a rejected payment are both known by.
_IDS = (
    "position",
    "payment_information_id",
    "message_id",
    "instruction_id",
    "end_to_end_id",
    "transaction_id",
    "uetr",
)


class ReportHead(msgspec.Struct, frozen=True, kw_only=True):
    """A report's own id (at most 35 characters) and time."""

    message_id: str
    created_ms: int  # UTC, since 1970.


class PaymentStatus(StrEnum):
    """The status of one payment in a report (TxSts)."""

    ACCEPTED_TECHNICALLY = "ACTC"
    ACCEPTED_BY_PROFILE = "ACCP"
    ACCEPTED_WITH_CHANGE = "ACWC"
    IN_PROCESS = "ACSP"
    SETTLED = "ACSC"
    PENDING = "PDNG"
    REJECTED = "RJCT"


class PaymentResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one payment, with the ids that the sender knows it by."""

    position: int | None = None
    payment_information_id: str | None
    instruction_id: str | None
    end_to_end_id: str | None
    transaction_id: str | None = None
    uetr: str | None
    status: PaymentStatus
    reason_code: str | None
    text: str | None

    def __repr__(self) -> str:
        return f"PaymentResult({self.status}, {self.reason_code})"


class FileEnd(NamedTuple):
    """What a file came to."""

    ended_ms: int
    named: bytes
    kind: str
    group_status: str
    refusal: str
    payments: int
    statuses: str
    totals: str


class FileRow(NamedTuple):
    """One file of the register; what is not known yet is empty."""

    id: bytes
    received_ms: int
    named: bytes
    ended_ms: int | None
    kind: str
    group_status: str
    refusal: str
    payments: int
    statuses: str
    totals: str
