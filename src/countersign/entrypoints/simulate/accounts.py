"""The city's accounts at an instance, each opened before the first order that names it.

Accounts are opened and funded under keys made of the seed: a second start neither opens nor funds
twice, nor do two threads that need the same account at once.
"""

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from countersign.entrypoints.simulate.answers import require_ok
from countersign.entrypoints.simulate.client import ApiClient
from countersign.kernel.money import Money
from countersign.simulator.model import Holder
from countersign.simulator.places import PLACES

# What an instance that knows the account says of opening it.
_OPEN_ALREADY = frozenset({"accounts.exists", "accounts.settlement_exists"})
_SETTLEMENT = "SIM:SETTLEMENT{currency}"
_OPENED_AT_ONCE = 8
MakeClient = Callable[[], ApiClient]


class Accounts:
    """Of these holders. Safe for threads; every method raises RefusedThere where it may not."""

    def __init__(self, make_client: MakeClient, holders: Collection[Holder], *, seed: int) -> None:
        self._make_client = make_client
        self._waiting = {holder.account: holder for holder in holders}
        self._count = len(holders)
        self._seed = seed

    def open_settlement(self) -> None:
        """Open the rails' accounts, which have to be there before anybody is paid."""
        with closing(self._make_client()) as client:
            for currency in sorted({place.currency for place in PLACES}):
                account = _SETTLEMENT.format(currency=currency)
                opened = _account(account, f"Rail {currency}", currency, kind="settlement")
                self._open(client, opened)

    def open_those(self, client: ApiClient, accounts: Collection[str]) -> None:
        """Open and fund whatever of these is a holder's and is not open yet."""
        for account in accounts:
            if holder := self._waiting.get(account):
                self._open_one(client, holder)

    def open_all(self, progress: Callable[[str], None]) -> None:
        """Open and fund everybody's."""
        waiting = list(self._waiting)
        shares = [waiting[number::_OPENED_AT_ONCE] for number in range(_OPENED_AT_ONCE)]

        def open_share(share: list[str]) -> None:
            with closing(self._make_client()) as client:
                for account in share:
                    self.open_those(client, [account])
                    progress(f"{self._count - len(self._waiting)} of {self._count} accounts")

        with ThreadPoolExecutor(_OPENED_AT_ONCE) as pool:
            for _ in pool.map(open_share, shares):
                pass

    def _open_one(self, client: ApiClient, holder: Holder) -> None:
        self._open(client, _account(holder.account, holder.name, holder.currency, kind="customer"))
        fund(client, holder, holder.usual_balance, f"{self._seed}/fund/{holder.account}")
        self._waiting.pop(holder.account, None)  # Only now: until then whoever needs it opens it.

    def _open(self, client: ApiClient, account: dict[str, str]) -> None:
        key = f"{self._seed}/open/{account['account']}"
        reply = client.post("/v1/accounts", account, key=key)
        if reply.code not in _OPEN_ALREADY:
            require_ok(reply, "to open an account")


def fund(client: ApiClient, holder: Holder, amount: int, key: str) -> None:
    """Money comes to a holder from outside; raises RefusedThere."""
    body = {
        "account": holder.account,
        "amount": Money(minor_units=amount, currency=holder.currency).text(),
        "currency": holder.currency,
        "reason": "simulated receipt",
    }
    require_ok(client.post("/v1/accounts/fund", body, key=key), "to fund an account")


def _account(account: str, holder: str, currency: str, *, kind: str) -> dict[str, str]:
    return {"account": account, "holder": holder, "currency": currency, "kind": kind}
