"""Sends the city's life to an instance, so many orders a second.

Rules: 1. Orders and files have names of this start. 2. All is ordered for today: the city's days
pass as fast as the rate has it. 3. Some companies send their day as a file, all others order one by
one. 4. What is answered is told to the story, so that attackers react. 5. Nothing is sent before
the accounts that it names are open.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from countersign.entrypoints.simulate.accounts import Accounts, fund
from countersign.entrypoints.simulate.answers import require_allowed
from countersign.entrypoints.simulate.client import ApiClient, Reply
from countersign.infra.clock import Clock, monotonic
from countersign.simulator.files import write_file
from countersign.simulator.model import PlannedTransfer, Receipt
from countersign.simulator.story import Story

# Whoever fell behind by more does not catch up: the machine slept, or the instance was away.
_BEHIND_SECONDS_MAX = 1.0
Progress = Callable[[str], None]


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


class Sender:
    """One story on its way to one instance. `sent` is right at any moment, also after Ctrl-C."""

    def __init__(
        self, client: ApiClient, story: Story, accounts: Accounts, clock: Clock, *, start: str
    ) -> None:
        """`start` names this start, so that its orders are no older one's."""
        self.sent = Sent()
        self._accounts = accounts
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
                self._accounts.open_those(self._client, {holder.account})
                fund(self._client, holder, turn.amount, self._new_key())
                continue
            if count is not None and self.sent.transfers >= count:
                return
            self._accounts.open_those(self._client, _named_in(turn))
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
        require_allowed(reply, "a transfer")
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
        require_allowed(reply, "a file")
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


def _named_in(turn: list[PlannedTransfer]) -> set[str]:
    """The accounts, also those that are nobody's here."""
    sides = ("debtor_account", "creditor_account")
    return {planned.body[side] for planned in turn for side in sides}


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
