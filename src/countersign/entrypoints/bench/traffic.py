"""Orders for measurements, the same for the same seed: some payers are busy, most pairs recur."""

from datetime import date
from random import Random  # noqa: TID251  # Seeded, and never near a secret.

from countersign.entrypoints.bench.bed import reference
from countersign.gate.commands import Kind
from countersign.gate.requests import Item, encode_body
from countersign.transfers.order import Order

_GIVEN = ("Anna", "Bo", "Chidi", "Dora", "Emre", "Fatima", "Goran", "Hanae")
_FAMILY = ("Okafor", "Lindqvist", "Haddad", "Moreau", "Sato", "Kowalczyk", "Nguyen", "Ferrari")


class Traffic:
    """An endless stream of orders between the customers of a bed and accounts elsewhere."""

    def __init__(self, *, accounts: int, channel: int, seed: int, today: date) -> None:
        self._random = Random(seed)  # noqa: S311
        self._accounts = accounts
        self._channel = channel
        self._today = today.isoformat()
        self._count = 0

    def order(self) -> Order:
        """One order; one in two goes to an account elsewhere."""
        random = self._random
        self._count += 1
        payer = self._payer()
        payee = (payer * 31 + random.randrange(20) * 7919) % self._accounts
        if random.random() >= 0.7 or payee == payer:  # noqa: PLR2004
            payee = (payer + random.randrange(1, self._accounts)) % self._accounts
        is_elsewhere = random.random() < 0.5  # noqa: PLR2004
        return Order(
            channel="file",
            credential=self._channel,
            instructed_amount=int(random.lognormvariate(9, 1.2)) + 100,
            currency="EUR",
            requested_execution_date=self._today,
            debtor_account=reference(payer),
            debtor_name=_name(payer),
            creditor_account=f"OTHR:EXTN:{payee:010d}" if is_elsewhere else reference(payee),
            creditor_name=_name(payee),
            creditor_agent="BNPAFRPPXXX",
            end_to_end_id=f"E2E-{self._count:012d}",
            instruction_id=f"INS-{self._count:012d}",
            message_id=f"MSG-{self._count // 1000:08d}",
            purpose_code="SUPP",
            charge_bearer="SLEV",
            remittance_information=f"Invoice {payee * 7} for delivery of goods, contract {payer}",
        )

    def item(self) -> Item:
        """One order as a request with a key of its own."""
        return Item(Kind.ORDER, self._random.randbytes(16), encode_body(self.order()))

    def keyed(self) -> tuple[str, Order]:
        """One order with a key for the API."""
        return self._random.randbytes(16).hex(), self.order()

    def _payer(self) -> int:
        if self._random.random() < 0.2:  # noqa: PLR2004
            return self._random.randrange(max(1, self._accounts // 200))
        return self._random.randrange(self._accounts)


def _name(number: int) -> str:
    return f"{_GIVEN[number % 8]} {_FAMILY[number // 8 % 8]}"
