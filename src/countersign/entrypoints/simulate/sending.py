"""Opens the city's accounts at an instance and sends its life there, so many orders a second.

Rules: 1. Accounts are opened and funded under keys made of the seed, so that a second start neither
opens nor funds twice; orders and files have names of this start. 2. All is ordered for today: the
city's days pass as fast as the rate has it. 3. Some companies send their day as a file, all others
order one by one. 4. What is answered is told to the story, so that attackers react.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from countersign.entrypoints.simulate.client import ApiClient, Reply
from countersign.entrypoints.simulate.errors import RefusedThere
from countersign.infra.clock import Clock, monotonic
from countersign.kernel.money import Money
from countersign.simulator.files import write_file
from countersign.simulator.model import Holder, PlannedTransfer, Receipt
from countersign.simulator.places import PLACES
from countersign.simulator.story import Story

# What an instance that knows the account says of opening it.
_OPEN_ALREADY = frozenset({"accounts.exists", "accounts.settlement_exists"})
_SETTLEMENT = "SIM:SETTLEMENT{currency}"
_OPENED_AT_ONCE = 8
# Whoever fell behind by more does not catch up: the machine slept, or the instance was away.
_BEHIND_SECONDS_MAX = 1.0
_DENIED = frozenset({401, 403})
Progress = Callable[[str], None]
MakeClient = Callable[[], ApiClient]


@dataclass(slots=True)
class Sent:
    """What was sent, and what became of it."""

    transfers: int = 0
    files: int = 0
    attacks: Counter[str] = field(default_factory=Counter)  # Of the transfers, by name.
    statuses: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)

    @property
    def summary(self) -> str:
        said = ", ".join(f"{count} {name}" for name, count in self.statuses.most_common())
        refused = ", ".join(f"{name} {count}" for name, count in self.refusals.most_common())
        attacks = self.attacks.total()
        text = f"{self.transfers} sent, {attacks} of attacks: {said or 'nothing'}"
        return f"{text} ({refused})" if refused else text


def open_accounts(
    make_client: MakeClient, holders: list[Holder], *, seed: int, progress: Progress
) -> None:
    """Open and fund whatever is not open yet; raises RefusedThere where it may not."""
    with closing(make_client()) as client:
        for currency in sorted({place.currency for place in PLACES}):
            account = _SETTLEMENT.format(currency=currency)
            opened = _account(account, f"Rail {currency}", currency, kind="settlement")
            _open(client, opened, seed)
    shares = [holders[number::_OPENED_AT_ONCE] for number in range(_OPENED_AT_ONCE)]
    done: Counter[str] = Counter()

    def open_share(share: list[Holder]) -> None:
        with closing(make_client()) as client:
            for holder in share:
                opened = _account(holder.account, holder.name, holder.currency, kind="customer")
                _open(client, opened, seed)
                key = f"{seed}/fund/{holder.account}"
                _fund(client, holder, holder.usual_balance, key)
                done["accounts"] += 1
                progress(f"{done['accounts']} of {len(holders)} accounts")

    with ThreadPoolExecutor(_OPENED_AT_ONCE) as pool:
        for _ in pool.map(open_share, shares):
            pass


class Sender:
    """One story on its way to one instance. `sent` is right at any moment, also after Ctrl-C."""

    def __init__(self, client: ApiClient, story: Story, clock: Clock, *, start: str) -> None:
        """`start` names this start, so that its orders are no older one's."""
        self.sent = Sent()
        self._client = client
        self._story = story
        self._clock = clock
        self._start = start
        self._keys = 0
        self._next_at = 0.0

    def send(self, *, rate: int, progress: Progress, count: int | None = None) -> None:
        """Send so many orders at this rate a second; without a count all that there are."""
        for turn in _turns(self._story):
            if isinstance(turn, Receipt):
                holder = self._story.city.holders[turn.holder]
                _fund(self._client, holder, turn.amount, self._new_key())
                continue
            if count is not None and self.sent.transfers >= count:
                return
            self._wait(len(turn) / rate)
            self._send(turn)
            progress(f"{self.sent.transfers} transfers")

    def _send(self, planned: list[PlannedTransfer]) -> None:
        today = datetime.fromtimestamp(self._clock.now_ms() / 1000, tz=UTC)
        for one in planned:
            one.body["requested_execution_date"] = today.date().isoformat()
        if planned[0].file:
            self._bring_file(planned, created=today.isoformat(timespec="seconds"))
        else:
            self._order(planned[0])

    def _order(self, planned: PlannedTransfer) -> None:
        reply = self._client.post("/v1/transfers", planned.body, key=self._new_key())
        _require_allowed(reply, "a transfer")
        status = str(reply.body.get("status", "")) if reply.is_ok else "refused"
        if planned.attack:
            self.sent.attacks[planned.attack] += 1
        self._count(status, 1, reply)
        self._story.hear(planned, status)

    def _bring_file(self, planned: list[PlannedTransfer], *, created: str) -> None:
        """The payments of one file, which is no attacker's."""
        self._keys += 1
        named = [replace(planned[0], file=f"{self._start}-{self._keys}"), *planned[1:]]
        reply = self._client.post_file("/v1/files", write_file(named, created=created))
        _require_allowed(reply, "a file")
        self.sent.files += 1
        status = str(reply.body.get("group_status", "")) if reply.is_ok else "refused"
        self._count(f"in files {status}", len(planned), reply)

    def _count(self, status: str, count: int, reply: Reply) -> None:
        self.sent.transfers += count
        self.sent.statuses[status] += count
        if not reply.is_ok:
            self.sent.refusals[reply.code] += count

    def _wait(self, seconds: float) -> None:
        """Until the one before has had its time."""
        now = monotonic()
        self._next_at = max(self._next_at, now - _BEHIND_SECONDS_MAX)
        threading.Event().wait(max(0.0, self._next_at - now))
        self._next_at += seconds

    def _new_key(self) -> str:
        self._keys += 1
        return f"{self._start}/{self._keys}"


def _turns(story: Story) -> Iterator[Receipt | list[PlannedTransfer]]:
    """What happens, with the payments of one file together."""
    file: list[PlannedTransfer] = []
    while (event := story.next()) is not None:
        if file and (isinstance(event, Receipt) or event.file != file[0].file):
            yield file
            file = []
        if isinstance(event, Receipt):
            yield event
        elif event.file:
            file.append(event)
        else:
            yield [event]
    if file:
        yield file


def _open(client: ApiClient, account: dict[str, str], seed: int) -> None:
    reply = client.post("/v1/accounts", account, key=f"{seed}/open/{account['account']}")
    if reply.code not in _OPEN_ALREADY:
        _require_ok(reply, "to open an account")


def _account(account: str, holder: str, currency: str, *, kind: str) -> dict[str, str]:
    return {"account": account, "holder": holder, "currency": currency, "kind": kind}


def _fund(client: ApiClient, holder: Holder, amount: int, key: str) -> None:
    body = {
        "account": holder.account,
        "amount": Money(minor_units=amount, currency=holder.currency).text(),
        "currency": holder.currency,
        "reason": "simulated receipt",
    }
    _require_ok(client.post("/v1/accounts/fund", body, key=key), "to fund an account")


def _require_ok(reply: Reply, what: str) -> None:
    if not reply.is_ok:
        raise RefusedThere(what=what, status=reply.status, refusal=reply.code)


def _require_allowed(reply: Reply, what: str) -> None:
    if reply.status in _DENIED:
        raise RefusedThere(what=what, status=reply.status, refusal=reply.code)
