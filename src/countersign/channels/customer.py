"""One payment of a pain.001 as an instruction, or as rejected with its reason.

1. The schema was already held against the message; here is what a schema cannot say.
2. What the block and the payment both say must agree; a contradiction is rejected, never resolved.
3. A fault of the block rejects each payment of the block, and no other.
"""

from dataclasses import dataclass

from lxml import etree

from countersign.channels.carried import OF_CUSTOMER
from countersign.channels.elements import Elements
from countersign.channels.errors import ChequeInstruction, ChequePayment, EquivalentAmount
from countersign.channels.fields import (
    Fault,
    Ids,
    Rejection,
    account_of,
    agent_of,
    amount_of,
    creditor_account_of,
    creditor_name_of,
    execution_date,
    identification_of,
    intermediaries_of,
    require_carried,
    said_once,
)
from countersign.channels.model import Header, Instruction, Rejected
from countersign.channels.reasons import Side
from countersign.channels.versions import Version
from countersign.kernel.account import AccountReference


class CustomerReader:
    """Reads the payments of one message in order, and the values of each block once."""

    def __init__(self, *, header: Header, version: Version) -> None:
        self._header = header
        self._version = version
        self._block_path = ""
        self._block_id = ""
        self._block: _Block | Rejection | None = None

    def take_header(self, header: etree._Element) -> None:
        """What a header says of all payments is in `Header` already."""

    def read(self, payment: etree._Element, *, path: str, position: int) -> Instruction | Rejected:
        """Read the payment at `path`, which is its block's path and one step more."""
        block_path = path.rpartition("/")[0]
        if self._block is None or block_path != self._block_path:
            get = Elements(next(payment.iterancestors()), without="CdtTrfTxInf")
            self._block_path = block_path
            self._block_id = get.text("PmtInfId") or ""
            self._block = self._block_or_rejection(get, block_path)
        get = Elements(payment)
        ids = self._ids(get, position)
        found = self._block
        if isinstance(found, _Block):
            try:
                return self._instruction(get, found, ids)
            except Fault as fault:
                found = fault.at(path)
        return Rejected(
            **ids, refusal=found.refusal, reason_code=found.reason_code, element=found.element
        )

    def _ids(self, get: Elements, position: int) -> Ids:
        uetr_path = self._version.uetr
        return {
            "position": position,
            "message_id": self._header.message_id,
            "payment_information_id": self._block_id,
            "instruction_id": get.text("PmtId/InstrId"),
            "end_to_end_id": get.text("PmtId/EndToEndId") or "",
            "transaction_id": None,
            "uetr": get.text(uetr_path) if uetr_path else None,
        }

    def _block_or_rejection(self, get: Elements, path: str) -> "_Block | Rejection":
        try:
            _require_transfer(get)
            require_carried(get, OF_CUSTOMER)
            return _Block(
                requested_execution_date=execution_date(get, self._version.execution_dates),
                debtor_name=get.plain("Dbtr/Nm"),
                debtor_account=account_of(get, "DbtrAcct", Side.DEBTOR),
                debtor_agent=agent_of(get, "DbtrAgt", self._version.agent_bic, Side.DEBTOR),
                debtor_address=get.address("Dbtr"),
                debtor_identification=identification_of(get, "Dbtr", Side.DEBTOR),
                ultimate_debtor=get.party("UltmtDbtr"),
                service_level=get.codes("PmtTpInf", "SvcLvl"),
                local_instrument=get.code("PmtTpInf/LclInstrm"),
                instruction_priority=get.plain("PmtTpInf/InstrPrty"),
                category_purpose=get.code("PmtTpInf/CtgyPurp"),
                charge_bearer=get.plain("ChrgBr"),
            )
        except Fault as fault:
            return fault.at(path)

    def _instruction(self, get: Elements, block: "_Block", ids: Ids) -> Instruction:
        if get.has("ChqInstr"):
            raise Fault(ChequeInstruction(), "ChqInstr")
        require_carried(get, OF_CUSTOMER)
        creditor_name = creditor_name_of(get)
        creditor_account = creditor_account_of(get)
        if not get.has("Amt/InstdAmt"):
            raise Fault(EquivalentAmount(), "Amt/EqvtAmt")
        return Instruction(
            **ids,
            amount=amount_of(get, "Amt/InstdAmt"),
            requested_execution_date=block.requested_execution_date,
            initiating_party=self._header.initiating_party,
            debtor_name=block.debtor_name,
            debtor_account=block.debtor_account,
            debtor_agent=block.debtor_agent,
            debtor_address=block.debtor_address,
            debtor_identification=block.debtor_identification,
            ultimate_debtor=said_once(block.ultimate_debtor, get.party("UltmtDbtr"), "UltmtDbtr"),
            creditor_name=creditor_name,
            creditor_account=creditor_account,
            creditor_agent=agent_of(get, "CdtrAgt", self._version.agent_bic, Side.CREDITOR),
            intermediary_agents=intermediaries_of(get, self._version.agent_bic),
            creditor_address=get.address("Cdtr"),
            creditor_identification=identification_of(get, "Cdtr", Side.CREDITOR),
            ultimate_creditor=get.party("UltmtCdtr"),
            service_level=said_once(
                block.service_level, get.codes("PmtTpInf", "SvcLvl"), "PmtTpInf/SvcLvl"
            ),
            local_instrument=said_once(
                block.local_instrument, get.code("PmtTpInf/LclInstrm"), "PmtTpInf/LclInstrm"
            ),
            instruction_priority=said_once(
                block.instruction_priority, get.plain("PmtTpInf/InstrPrty"), "PmtTpInf/InstrPrty"
            ),
            category_purpose=said_once(
                block.category_purpose, get.code("PmtTpInf/CtgyPurp"), "PmtTpInf/CtgyPurp"
            ),
            purpose_code=get.code("Purp"),
            charge_bearer=said_once(block.charge_bearer, get.plain("ChrgBr"), "ChrgBr"),
            remittance_information=get.remittance("RmtInf"),
        )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class _Block:
    """What a payment information block says for each of its payments."""

    requested_execution_date: str
    debtor_name: str | None
    debtor_account: AccountReference
    debtor_agent: str | None
    debtor_address: str | None
    debtor_identification: str | None
    ultimate_debtor: str | None
    service_level: str | None
    local_instrument: str | None
    instruction_priority: str | None
    category_purpose: str | None
    charge_bearer: str | None


def _require_transfer(get: Elements) -> None:
    if get.text("PmtMtd") == "CHK":
        raise Fault(ChequePayment(), "PmtMtd")
