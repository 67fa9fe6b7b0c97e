"""Normal life of the whole city, day by day in the order of time; memory does not grow. Pure."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count

from countersign.simulator.chance import Chance
from countersign.simulator.habits import Payment, payments_of
from countersign.simulator.model import Event, Holder, PlannedTransfer, Receipt, order_body
from countersign.simulator.places import moment
from countersign.simulator.population import settle

ASLEEP_DAYS = 200
_RECEIPT_MINUTE = 5 * 60
_MONDAY = 0


class City:
    """Everybody here and what they do. A holder's balance is what the holder sees."""

    def __init__(self, seed: int, *, companies: int, persons: int, sleepers: int) -> None:
        self.seed = seed
        self.holders = settle(seed, companies=companies, persons=persons, sleepers=sleepers)
        self._references = count(1)

    def before(self, first: date) -> Iterator[Event]:
        """The last orders of those who sleep, long before the first day."""
        day = first - timedelta(ASLEEP_DAYS)
        yield from sorted((self._last(h, day) for h in self.holders if h.is_asleep), key=_when)

    def life(self, first: date, days: int) -> Iterator[Event]:
        """Everything that happens on these days. Files come as neighbours with one message id."""
        for day in (first + timedelta(number) for number in range(days)):
            yield from sorted(self._day(day), key=_when)

    def reference(self) -> str:
        return f"E{next(self._references):09d}"

    def _day(self, day: date) -> Iterator[Event]:
        for holder in self.holders:
            if day.weekday() == _MONDAY or day.day == 1:
                receipt = self._receipt(holder, day)
                if receipt:
                    yield receipt
            for payment in payments_of(holder, day, self.seed):
                if payment.amount < holder.balance:
                    holder.balance -= payment.amount
                    yield self._planned(holder, day, payment)

    def _last(self, holder: Holder, day: date) -> PlannedTransfer:
        payee, minute = holder.payees[0], 10 * 60 + holder.number % 300
        last = Payment(payee.name, payee.account, payee.amount, "OTHR", "Last one", minute)
        return self._planned(holder, day, last)

    def _receipt(self, holder: Holder, day: date) -> Receipt | None:
        """What customers and employers pay in, so that nobody runs dry."""
        missing = holder.usual_balance - holder.balance
        if missing <= 0 or holder.is_asleep:
            return None
        chance = Chance.of(self.seed, "receipt", holder.number, day.toordinal())
        amount = max(1, int(missing * chance.uniform(0.7, 1.2)))
        holder.balance += amount
        return Receipt(
            at_ms=moment(holder.place, day, _RECEIPT_MINUTE), holder=holder.number, amount=amount
        )

    def _planned(self, holder: Holder, day: date, payment: Payment) -> PlannedTransfer:
        return PlannedTransfer(
            at_ms=moment(holder.place, day, payment.minute),
            orderer=holder.number,
            amount=payment.amount,
            body=order_body(
                holder,
                (payment.name, payment.account),
                payment.amount,
                day=day.isoformat(),
                reference=self.reference(),
                purpose=payment.purpose,
                remittance=payment.remittance,
            ),
            file=f"F{holder.number}-{day:%Y%m%d}-{payment.minute}" if holder.by_file else "",
        )


def _when(event: Event) -> tuple[int, int, str]:
    if isinstance(event, Receipt):
        return event.at_ms, event.holder, ""
    return event.at_ms, event.orderer, event.file
