"""Everything that `decide` reads: the gate state, in memory, changed by commands alone.

The journal is its source; the tables are projections of it. `describe` and `restore` give and take
the whole as plain values for a snapshot.
"""

import heapq
from dataclasses import dataclass
from typing import NamedTuple

from countersign.access.errors import UnknownCredential
from countersign.access.model import BUILT_IN, Credential, Permission
from countersign.accounts.model import AccountBook
from countersign.alerts.model import Alert, Looks
from countersign.audit.compact_range import CompactRange
from countersign.audit.merkle import EMPTY_ROOT
from countersign.features.model import Features
from countersign.gate.errors import NoPolicy
from countersign.gate.facts import VOCABULARY
from countersign.gate.rows import ZERO_HASH
from countersign.ledger.model import Balances
from countersign.ledger.reversible import ReversibleEntries
from countersign.rules.judge import Facts, Judge
from countersign.rules.model import Policy, decode_policy
from countersign.transfers.errors import UnknownTransfer
from countersign.transfers.model import FINAL, Status

FIRST_CREDENTIAL = 100  # Below it are the built-in ones.
RETURN_WINDOW_MS = 30 * 86_400_000


@dataclass(slots=True)
class OpenTransfer:
    """A transfer that can still move."""

    number: int
    digest: bytes
    status: Status
    debtor: int
    counter: int  # Who is credited: the creditor's account here, or the settlement account.
    creditor_index: bytes
    amount: int
    currency: str
    execution_day: int
    ordered_day: int  # Where its row stands.
    # What the decision at dispatch reads again.
    credential: int
    evidence: bytes
    facts: Facts
    covered: tuple[str, ...] = ()  # Codes that releases have covered.
    alerted: tuple[str, ...] = ()  # Typologies with scores for which alerts were raised.
    held_by: int = 0  # The command that holds it, or held it last.
    owner: str = ""
    reasons: str = ""
    until_ms: int = 0


class Chain(NamedTuple):
    """Where the state stands in the chain of batches."""

    seq: int
    term: int
    root: bytes
    state_hash: bytes
    batch_ms: int


class State:
    """One instance's gate state."""

    def __init__(self, instance: bytes) -> None:
        self.instance = instance
        self.accounts = AccountBook()
        self.balances = Balances()
        self.reversible = ReversibleEntries()
        self.features = Features()
        self.credentials: dict[int, Credential] = {c.number: c for c in BUILT_IN}
        self.next_credential = FIRST_CREDENTIAL
        self.judge: Judge | None = None
        self.policy_number = 0
        self.policy_content = b""
        self.open: dict[int, OpenTransfer] = {}
        self.alerts: dict[int, Alert] = {}  # Those that are not closed.
        self.looks = Looks()  # Of these, as they say.
        self.log = CompactRange()
        self.chain = Chain(0, 0, EMPTY_ROOT, ZERO_HASH, 0)
        # Heaps of (due, transfer): holds that run out, settled transfers that cannot come back.
        self.hold_timers: list[tuple[int, int]] = []
        self.return_timers: list[tuple[int, int]] = []

    @property
    def next_number(self) -> int:
        return self.log.size

    def require(self, credential: int, permission: Permission | None, now_ms: int) -> Credential:
        """The one door for permissions of commands; a batch asks with its own time."""
        known = self.credentials.get(credential)
        if known is None:
            raise UnknownCredential
        known.require(permission, now_ms)
        return known

    def transfer(self, number: int) -> OpenTransfer:
        transfer = self.open.get(number)
        if transfer is None:
            raise UnknownTransfer(number=number)
        return transfer

    def judge_in_force(self) -> Judge:
        if self.judge is None:
            raise NoPolicy
        return self.judge

    def policy_in_force(self) -> Policy:
        return self.judge_in_force().policy

    def set_policy(self, number: int, content: bytes) -> None:
        """Judge by this policy from now on; one that cannot be used is refused."""
        self.judge = Judge(decode_policy(content), VOCABULARY)
        self.policy_number, self.policy_content = number, content

    def set_status(self, transfer: OpenTransfer, status: Status) -> None:
        """Set the status and forget the transfer once nothing can move it any more."""
        transfer.status = status
        if status in FINAL:
            del self.open[transfer.number]

    def hold_until(self, transfer: OpenTransfer, owner: str, reasons: str, until_ms: int) -> None:
        transfer.owner, transfer.reasons, transfer.until_ms = owner, reasons, until_ms
        heapq.heappush(self.hold_timers, (until_ms, transfer.number))

    def due_holds(self, now_ms: int, limit: int) -> list[tuple[int, int]]:
        """(due, transfer) of holds that have run out and still stand."""
        due: list[tuple[int, int]] = []
        while self.hold_timers and self.hold_timers[0][0] <= now_ms and len(due) < limit:
            timer = heapq.heappop(self.hold_timers)
            transfer = self.open.get(timer[1])
            if transfer and transfer.status == Status.HELD and transfer.until_ms == timer[0]:
                due.append(timer)
        # They stay due until a Tick has been decided: a lost batch must find them again.
        for timer in due:
            heapq.heappush(self.hold_timers, timer)
        return due

    def forget_old_returns(self, batch_ms: int) -> None:
        """Drop settled transfers whose return window has closed; a function of batch time alone."""
        while self.return_timers and self.return_timers[0][0] <= batch_ms:
            _, number = heapq.heappop(self.return_timers)
            transfer = self.open.get(number)
            if transfer and transfer.status == Status.SETTLED:
                del self.open[number]
