"""What the city gives out: orders and receipts; who has accounts, and whom they pay. Pure."""

from dataclasses import dataclass, field

from countersign.kernel.money import Money
from countersign.simulator.places import Place


@dataclass(slots=True, kw_only=True)
class Payee:
    """Somebody whom a holder pays now and then."""

    name: str
    account: str
    amount: int  # What is usual, in minor units of the payer.
    every_days: int  # Working days between two payments.
    purpose: str = "SUPP"


@dataclass(slots=True, kw_only=True)
class Holder:
    """A person or a company with an account here."""

    number: int
    name: str
    account: str
    place: Place
    is_company: bool
    scale: int  # What this holder usually pays, in minor units.
    usual_balance: int
    balance: int  # As the holder sees it; what is held is gone.
    by_file: bool = False  # Its orders come in files, one a day.
    is_asleep: bool = False
    payees: list[Payee] = field(default_factory=list)
    staff: list[Payee] = field(default_factory=list)

    @property
    def currency(self) -> str:
        return self.place.currency


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTransfer:
    """One order that somebody is about to give. `body` has the fields of the public API."""

    at_ms: int
    orderer: int  # The holder's number.
    amount: int
    body: dict[str, str]
    file: str = ""  # The message id of the file that it comes in; "" where it comes by itself.
    attack: str = ""  # The name of the attack, "" for normal life.
    attack_id: str = ""
    takes_value: bool = False  # The attacker's gain, and no step on the way to it.


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Money that comes to a holder from outside."""

    at_ms: int
    holder: int
    amount: int


Event = PlannedTransfer | Receipt


def order_body(
    debtor: Holder,
    creditor: tuple[str, str],
    amount: int,
    *,
    day: str,
    reference: str,
    purpose: str,
    remittance: str,
) -> dict[str, str]:
    """The body of one order; `creditor` is a name and an account."""
    name, account = creditor
    return {
        "debtor_account": debtor.account,
        "debtor_name": debtor.name,
        "creditor_account": account,
        "creditor_name": name,
        "instructed_amount": Money(minor_units=amount, currency=debtor.currency).text(),
        "currency": debtor.currency,
        "requested_execution_date": day,
        "end_to_end_id": reference,
        "purpose_code": purpose,
        "remittance_information": remittance,
    }
