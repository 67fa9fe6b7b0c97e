"""A small bank day for the console: ordinary orders, some that the rules hold, some that alert."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import Random

from tests.support.pain001 import Block, Message, Payment

from countersign.accounts.model import AccountKind
from countersign.entrypoints.bench.bed import TOKEN, Bed
from countersign.entrypoints.receiving import archive_of, kind_of, receive
from countersign.flows.ingest_file import Ingested
from countersign.gate.client import GateClient, new_key
from countersign.gate.commands import Answer, Kind
from countersign.gate.requests import (
    FundRequest,
    Item,
    OpenAccountRequest,
    encode_body,
)
from countersign.infra.clock import SystemClock
from countersign.transfers.order import Order

HOUSES = (
    ("Meadow Precision Tools", "EUR"),
    ("Harbour Textile Trading", "EUR"),
    ("Northgate Medical Supply", "EUR"),
    ("Blue Finch Foods", "EUR"),
    ("Castle Row Properties", "EUR"),
    ("Sundial Energy", "EUR"),
    ("Oakline Paper Works", "EUR"),
    ("Lantern Auto Parts", "EUR"),
    ("Silver Brook Logistics", "GBP"),
    ("Copper Kettle Catering", "GBP"),
    ("臨江精密儀器", "CNY"),
    ("瀾悅貿易", "CNY"),
)
ELSEWHERE = (
    "Falcon Metals",
    "Orchard Seeds",
    "Granite Bau",
    "Amber Shipping",
    "Delta Grain",
    "Willow Clinics",
    "Pebble Software",
)
LARGE = 1_200_000_00
_PAYEES = 60


@dataclass
class Scene:
    """Orders for one bed, the same for the same seed."""

    bed: Bed
    seed: int = 7

    def __post_init__(self) -> None:
        self._random = Random(self.seed)
        self._count = 0
        self._today = (
            datetime.fromtimestamp(SystemClock().now_ms() / 1000, tz=UTC).date().isoformat()
        )

    def open_accounts(self) -> None:
        with self.bed.operator() as operator:
            for currency in ("GBP", "CNY"):
                settlement = OpenAccountRequest(
                    AccountKind.SETTLEMENT, currency, f"OTHR::SETTLE{currency}", "Rail", 0
                )
                assert operator.ask(Kind.OPEN_ACCOUNT, settlement).outcome == "ok"
            for place, (name, currency) in enumerate(HOUSES):
                account = OpenAccountRequest(AccountKind.CUSTOMER, currency, house(place), name, 0)
                assert operator.ask(Kind.OPEN_ACCOUNT, account).outcome == "ok"
                funds = FundRequest(house(place), 10**11, currency, "opening balance")
                assert operator.ask(Kind.FUND, funds).outcome == "ok"

    def ordinary(self, count: int) -> list[Answer]:
        """Small orders of the known pairs."""
        return self._placed([self._ordinary() for _ in range(count)])

    def large(self, debtor: int, creditor: int, units: int = LARGE) -> int:
        """An order that the rules hold; gives its number."""
        (answer,) = self._placed([self._order(debtor, creditor, units)])
        assert answer.outcome == "held", answer
        return answer.number

    def placed_by(self, debtor: int, creditor: int) -> list[Answer]:
        """One small order of this debtor."""
        return self._placed([self._order(debtor, creditor, 4_200_00)])

    def chain(self) -> list[Answer]:
        """Money that comes in from many and goes on at once."""
        into = [self._order(place, 7, 310_000_00, is_here=True) for place in range(6)]
        return self._placed(into) + self._placed([self._order(7, 6, 1_650_000_00)])

    def bring(self, message_id: str, amounts: list[str], *, wrong: int = 0) -> Ingested:
        """A pain.001 of one debtor, of which so many payments name an account that is none."""
        self._count += 1
        good = [self._payment(place, amount) for place, amount in enumerate(amounts)]
        bad = [replace(good[0], creditor_account_xml=_account("FR00"))] * wrong
        name, _ = HOUSES[0]
        block = Block(
            payments=(*good, *bad),
            execution_date=self._today,
            debtor_name=name,
            debtor_account_xml=_other(house(0)),
        )
        file = self.bed.folder.with_name(f"{message_id.lower()}.xml")
        file.write_bytes(Message(blocks=(block,), message_id=message_id).bytes())
        with GateClient(
            self.bed.installation.sockets, "channel.sock", token=TOKEN, timeout_seconds=60
        ) as channel:
            return receive(
                file,
                replies=file.parent,
                archive=archive_of(self.bed.installation),
                gate=channel,
                kind=kind_of(None, schema_dir=None),
                progress=lambda *_: None,
            )

    def _payment(self, place: int, amount: str) -> Payment:
        payee = place % len(ELSEWHERE)
        return Payment(
            end_to_end_id=f"SCENE-FILE-{place}",
            amount=amount,
            creditor_name=ELSEWHERE[payee],
            creditor_account_xml=f"<CdtrAcct>{_other(elsewhere(payee))}</CdtrAcct>",
        )

    def _placed(self, orders: list[Order]) -> list[Answer]:
        items = [Item(Kind.ORDER, new_key(), encode_body(order)) for order in orders]
        with GateClient(
            self.bed.installation.sockets, "channel.sock", token=TOKEN, timeout_seconds=60
        ) as channel:
            return channel.submit(items)

    def _ordinary(self) -> Order:
        debtor = self._random.randrange(len(HOUSES))
        units = int(self._random.lognormvariate(12.6, 0.9)) + 10_000
        return self._order(debtor, self._random.randrange(_PAYEES), min(units, 90_000_00))

    def _order(self, debtor: int, creditor: int, units: int, *, is_here: bool = False) -> Order:
        self._count += 1
        name, currency = HOUSES[debtor]
        payee = HOUSES[creditor][0] if is_here else ELSEWHERE[creditor % len(ELSEWHERE)]
        return Order(
            channel="file",
            credential=self.bed.channel or 100,
            instructed_amount=units,
            currency=currency,
            requested_execution_date=self._today,
            debtor_account=house(debtor),
            debtor_name=name,
            creditor_account=house(creditor) if is_here else elsewhere(creditor),
            creditor_name=payee,
            creditor_agent="BNPAFRPPXXX",
            end_to_end_id=f"SCENE-{self.seed}-{self._count:06d}",
            remittance_information=f"Invoice {2026000 + self._count}",
        )


def _account(iban: str) -> str:
    return f"<CdtrAcct><Id><IBAN>{iban}1420041010050500013M02606</IBAN></Id></CdtrAcct>"


def _other(reference: str) -> str:
    _, scheme, number = reference.split(":")
    kind = f"<SchmeNm><Prtry>{scheme}</Prtry></SchmeNm>"
    return f"<Id><Othr><Id>{number}</Id>{kind}</Othr></Id>"


def house(place: int) -> str:
    """The account reference of a customer of the scene."""
    return f"OTHR:CUST:{62148300004402 + place * 137}"


def elsewhere(place: int) -> str:
    """The account reference of a payee in another house."""
    return f"OTHR:EXTN:{80553900007100 + place * 91}"
