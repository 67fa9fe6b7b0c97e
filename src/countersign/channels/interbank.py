"""One payment of a pacs.008 as an instruction, or as rejected with its reason.

1. The schema was already held against the message; here is what a schema cannot say.
2. What the header and the payment both say must agree; a contradiction is rejected.
3. The amount that settles between the banks is the order's; another instructed amount would be a
   conversion or charges taken on the way, and neither can go on.
4. The debtor's bank is this house. A bank that instructs it, or that it is to instruct, and that is
   neither the debtor's nor the next one of the payment, would be left out: it is not.
"""

from lxml import etree

from countersign.channels.carried import OF_INTERBANK
from countersign.channels.elements import Elements
from countersign.channels.errors import (
    ConvertedAmount,
    MissingDebtorAccount,
    MissingSettlementDate,
    NotCarried,
)
from countersign.channels.fields import (
    Fault,
    Ids,
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
from countersign.channels.totals import units_of
from countersign.channels.versions import Version
from countersign.kernel.account import AccountReference
from countersign.kernel.invariant import InvariantBroken
from countersign.kernel.money import Money


class InterbankReader:
    """Reads the payments of one message in order; its header comes first."""

    def __init__(self, *, header: Header, version: Version) -> None:
        self._header = header
        self._version = version
        self._of_all: Elements | None = None

    def take_header(self, header: etree._Element) -> None:
        """Keep what the header says of all payments."""
        self._of_all = Elements(header)

    def read(self, payment: etree._Element, *, path: str, position: int) -> Instruction | Rejected:
        """Read the payment at `path`."""
        if self._of_all is None:
            raise InvariantBroken("the schema demands a header before the first payment")
        get = Elements(payment)
        ids = self._ids(get, position)
        try:
            return self._instruction(get, self._of_all, ids)
        except Fault as fault:
            found = fault.at(path)
        return Rejected(
            **ids, refusal=found.refusal, reason_code=found.reason_code, element=found.element
        )

    def _ids(self, get: Elements, position: int) -> Ids:
        return {
            "position": position,
            "message_id": self._header.message_id,
            "payment_information_id": None,
            "instruction_id": get.text("PmtId/InstrId"),
            "end_to_end_id": get.text("PmtId/EndToEndId") or "",
            "transaction_id": get.text("PmtId/TxId"),
            "uetr": get.text("PmtId/UETR"),
        }

    def _instruction(self, get: Elements, of_all: Elements, ids: Ids) -> Instruction:
        require_carried(get, OF_INTERBANK)
        bic_path = self._version.agent_bic
        debtor_agent = agent_of(get, "DbtrAgt", bic_path, Side.DEBTOR)
        creditor_agent = agent_of(get, "CdtrAgt", bic_path, Side.CREDITOR)
        intermediaries = intermediaries_of(get, bic_path)
        for level in (of_all, get):
            _require_known(level, "InstgAgt", [(get, "DbtrAgt")])
            next_bank = "IntrmyAgt1" if intermediaries else "CdtrAgt"
            _require_known(level, "InstdAgt", [(get, "DbtrAgt"), (get, next_bank)])
        return Instruction(
            **ids,
            amount=_settlement_amount(get),
            requested_execution_date=_settlement_date(get, of_all, self._version),
            initiating_party=get.party("InitgPty"),
            debtor_name=get.plain("Dbtr/Nm"),
            debtor_account=_debtor_account(get),
            debtor_agent=debtor_agent,
            debtor_address=get.address("Dbtr"),
            debtor_identification=identification_of(get, "Dbtr", Side.DEBTOR),
            ultimate_debtor=get.party("UltmtDbtr"),
            creditor_name=creditor_name_of(get),
            creditor_account=creditor_account_of(get),
            creditor_agent=creditor_agent,
            intermediary_agents=intermediaries,
            creditor_address=get.address("Cdtr"),
            creditor_identification=identification_of(get, "Cdtr", Side.CREDITOR),
            ultimate_creditor=get.party("UltmtCdtr"),
            service_level=said_once(
                of_all.codes("PmtTpInf", "SvcLvl"),
                get.codes("PmtTpInf", "SvcLvl"),
                "PmtTpInf/SvcLvl",
            ),
            local_instrument=_said_once(of_all, get, "PmtTpInf/LclInstrm"),
            instruction_priority=said_once(
                of_all.plain("PmtTpInf/InstrPrty"),
                get.plain("PmtTpInf/InstrPrty"),
                "PmtTpInf/InstrPrty",
            ),
            category_purpose=_said_once(of_all, get, "PmtTpInf/CtgyPurp"),
            purpose_code=get.code("Purp"),
            charge_bearer=get.plain("ChrgBr"),
            remittance_information=get.remittance("RmtInf"),
        )


_AMOUNT = "IntrBkSttlmAmt"
_DATE = "IntrBkSttlmDt"


def _settlement_amount(get: Elements) -> Money:
    instructed = get.plain("InstdAmt")
    if instructed is not None:
        is_same = units_of(instructed) == units_of(get.plain(_AMOUNT) or "0")
        if not is_same or get.attribute("InstdAmt", "Ccy") != get.attribute(_AMOUNT, "Ccy"):
            raise Fault(ConvertedAmount(), "InstdAmt")
    return amount_of(get, _AMOUNT)


def _settlement_date(get: Elements, of_all: Elements, version: Version) -> str:
    levels = [level for level in (of_all, get) if level.has(_DATE)]
    said = [execution_date(level, version.execution_dates) for level in levels]
    if not said:
        raise Fault(MissingSettlementDate(), _DATE)
    said_once(said[0], said[-1], _DATE)
    return said[0]


def _debtor_account(get: Elements) -> AccountReference:
    if not get.has("DbtrAcct"):
        raise Fault(MissingDebtorAccount(), "DbtrAcct")
    return account_of(get, "DbtrAcct", Side.DEBTOR)


def _said_once(of_all: Elements, get: Elements, path: str) -> str | None:
    return said_once(of_all.code(path), get.code(path), path)


def _require_known(level: Elements, name: str, known: list[tuple[Elements, str]]) -> None:
    """Whether the bank of that name, if there is one, is another one that the payment names."""
    if level.has(name):
        banks = _banks(level, name)
        if not any(banks & _banks(of, other) for of, other in known):
            raise Fault(NotCarried(element=name), name)


def _banks(get: Elements, name: str) -> set[str]:
    """All that a bank can be told by: the same bank may have a BIC here and a number there."""
    bic, member = get.text(f"{name}/FinInstnId/BICFI"), "FinInstnId/ClrSysMmbId"
    number = get.plain(f"{name}/{member}/MmbId")
    found = {
        None if bic is None else bic.ljust(11, "X"),  # Branch XXX is the head office.
        None if number is None else f"{get.code(f'{name}/{member}/ClrSysId') or ''}:{number}",
        get.plain(f"{name}/FinInstnId/LEI"),
    }
    return {each for each in found if each is not None}
