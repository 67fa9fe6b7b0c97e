"""Bodies of the public API as orders: the same words, minor units, canonical accounts."""

from collections.abc import Mapping

from countersign.kernel.account import Iban, OtherAccount, canonical
from countersign.kernel.money import Money
from countersign.transfers.order import Order

CHANNEL = "api"


def order_of_body(body: Mapping[str, str]) -> Order:
    """The order that a body asks for; raises the refusal of what it cannot say."""
    rest = {name: text for name, text in body.items() if name not in _READ}
    amount = Money.parse(body["instructed_amount"], currency=body["currency"])
    return Order(
        channel=CHANNEL,
        credential=0,
        instructed_amount=amount.minor_units,
        currency=amount.currency,
        debtor_account=reference_of(body["debtor_account"]),
        creditor_account=reference_of(body["creditor_account"]),
        requested_execution_date=body["requested_execution_date"],
        creditor_name=body["creditor_name"],
        **rest,
    )


def reference_of(text: str) -> str:
    """The canonical text of an account as people write it: an IBAN, SCHEME:NUMBER or :NUMBER."""
    scheme, colon, number = text.rpartition(":")
    if colon:
        return canonical(OtherAccount.parse(number, scheme=scheme or None))
    return canonical(Iban.parse(text))


_READ = frozenset(
    {
        *("instructed_amount", "currency", "debtor_account", "creditor_account"),
        *("requested_execution_date", "creditor_name"),
    }
)
