"""A gate on a journal in memory or on Postgres, driven by hand: one turn at a time, one clock."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.support.policies import house_policy

from countersign.access.model import OPERATOR, WORKER, Permission, verifier_of
from countersign.accounts.model import AccountKind
from countersign.gate import checks, commands, snapshot
from countersign.gate.commands import Answer, Command, Submission
from countersign.gate.engine import Engine
from countersign.gate.head import Head
from countersign.gate.journal.memory import Disk, Fault, MemoryJournal, no_fault
from countersign.gate.journal.protocol import Journal
from countersign.gate.rows import Signer
from countersign.gate.state import OpenTransfer
from countersign.gate.waiting import Limits
from countersign.rules.model import Policy, encode_policy

INSTANCE = b"\x11" * 16
START_MS = 1_800_000_000_000
TODAY = START_MS // 86_400_000
REASON = b""
_KEYS = itertools.count(1)


class ManualClock:
    """A clock that stands until it is moved."""

    def __init__(self, now_ms: int = START_MS) -> None:
        self.now = now_ms

    def now_ms(self) -> int:
        return self.now


class MemoryHead:
    """A head file in memory."""

    def __init__(self) -> None:
        self.head = Head(0, 0, b"\x00" * 32, b"\x00" * 32)

    def read(self) -> Head:
        return self.head

    def write(self, head: Head) -> None:
        self.head = head


def a_private_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(sha256(b"test gate key").digest())


def a_signer() -> Signer:
    return Signer(INSTANCE, a_private_key())


def a_return(transfer: OpenTransfer | None, number: int) -> commands.Return:
    """All of a transfer comes back; of one that is not open, a return of nothing that is known."""
    digest, amount, currency = b"\x00" * 32, 1, "EUR"
    if transfer:
        digest, amount, currency = transfer.digest, transfer.amount, transfer.currency
    content_hash = sha256(b"%d" % number).digest()
    return commands.Return(number, digest, "RTR-1", amount, currency, "AC04", content_hash, "")


def index_of(name: str) -> bytes:
    """A stand-in blind index; real ones are keyed, which the gate cannot see."""
    return sha256(b"index/" + name.encode()).digest()[:16]


@dataclass
class Alarms:
    raised: list[tuple[str, dict[str, str | int]]] = field(default_factory=list)

    def __call__(self, code: str, details: dict[str, str | int]) -> None:
        self.raised.append((code, details))


class Harness:
    """One gate and what a caller needs to talk to it. Several may share a disk, one by one."""

    def __init__(
        self,
        journal: Journal | None = None,
        *,
        disk: Disk | None = None,
        head: MemoryHead | None = None,
        clock: ManualClock | None = None,
        fault: Fault = no_fault,
        limits: Limits | None = None,
        on_answers: Callable[[list[tuple[Submission, Answer]]], None] | None = None,
        signer: Signer | None = None,
    ) -> None:
        self.on_answers = on_answers
        self.disk = disk or Disk()
        self.head = head or MemoryHead()
        self.clock = clock or ManualClock()
        self.alarms = Alarms()
        self.answers: dict[bytes, Answer] = {}
        self.every_answer: list[tuple[Submission, Answer]] = []
        self.engine = Engine(
            journal=journal or MemoryJournal(self.disk, fault),
            signer=signer or a_signer(),
            head=self.head,
            clock=self.clock,
            deliver=self._deliver,
            alarm=self.alarms,
            limits=limits,
        )

    def start(self) -> "Harness":
        self.engine.start()
        return self

    def _deliver(self, answers: list[tuple[Submission, Answer]]) -> None:
        self.every_answer.extend(answers)
        for submission, answer in answers:
            self.answers[submission.key] = answer
        if self.on_answers:
            self.on_answers(answers)

    def submission(
        self, command: Command, *, credential: int = OPERATOR, key: bytes | None = None
    ) -> Submission:
        key = key or b"harness/%08d" % next(_KEYS)
        body = commands.encode(command)
        mac = b"\x01" + sha256(b"mac" + body).digest()[:16]
        is_order = isinstance(command, commands.PlaceOrder)
        return Submission(credential, key, mac, command, b"" if is_order else body)

    def do(
        self, command: Command, *, credential: int = OPERATOR, key: bytes | None = None
    ) -> Answer:
        """Submit one command and go on until it is answered."""
        submission = self.submission(command, credential=credential, key=key)
        self.engine.submit(submission)
        self.engine.drain()
        return self.answers[submission.key]

    def set_policy(self, policy: Policy | None = None) -> Answer:
        return self.do(commands.SetPolicy(encode_policy(policy or house_policy())))

    def open_account(
        self, name: str, *, currency: str = "EUR", kind: AccountKind = AccountKind.CUSTOMER
    ) -> int:
        command = commands.OpenAccount(
            int(kind), currency, index_of(name), index_of("party/" + name), 0, b""
        )
        answer = self.do(command)
        assert answer.outcome == "ok", answer
        return self.engine.state.accounts.number_of[index_of(name)]

    def create_credential(self, name: str) -> int:
        command = commands.SetCredential(
            0, name, verifier_of(name), [Permission.TRANSFERS_ORDER], is_active=True
        )
        assert self.do(command).outcome == "ok"
        return max(self.engine.state.credentials)

    def fund(self, account: int, amount: int, currency: str = "EUR") -> Answer:
        index = self.engine.state.accounts.indexes[account]
        return self.do(commands.Fund(index, amount, currency, REASON))

    def a_city(self) -> "Harness":
        """A policy, a settlement account, two funded customers and a channel's credential."""
        self.set_policy()
        self.open_account("settlement", kind=AccountKind.SETTLEMENT)
        for name in ("ada", "bo"):
            self.fund(self.open_account(name), 100_000_000)
        self.channel = self.create_credential("erp")
        return self

    def order(
        self,
        debtor: str = "ada",
        creditor: str = "elsewhere",
        amount: int = 1_000,
        *,
        currency: str = "EUR",
        day: int = TODAY,
        credential: int | None = None,
        evidence: bytes | None = None,
        salt: str = "",
    ) -> commands.PlaceOrder:
        credential = self.channel if credential is None else credential
        digest = sha256(f"{debtor}/{creditor}/{amount}/{currency}/{day}/{salt}".encode()).digest()
        return commands.PlaceOrder(
            index_of(debtor),
            index_of(creditor),
            amount,
            currency,
            day,
            digest,
            checks.attest(credential) if evidence is None else evidence,
            b"sealed debtor side of " + digest,
            b"sealed creditor side of " + digest,
        )

    def place(self, *, key: bytes | None = None, **order: object) -> Answer:
        command = self.order(**order)  # type: ignore[arg-type]
        return self.do(command, credential=self.channel, key=key)

    def release(self, transfer: int) -> Answer:
        """Let a held transfer go for what it is held for now."""
        hold = self.engine.state.open[transfer].held_by
        return self.do(commands.Release(transfer, hold, REASON))

    def dispatch(self, transfer: int) -> Answer:
        return self.do(commands.Dispatch(transfer), credential=WORKER)

    def rail_says(self, transfer: int, verdict: str, digest: bytes | None = None) -> Answer:
        known = self.engine.state.open.get(transfer)
        digest = digest or (known.digest if known else b"\x00" * 32)
        command = commands.RailStatus(transfer, verdict, "", digest)
        return self.do(command, credential=WORKER)

    def returns(self, transfer: int, key: bytes | None = None, **changes: object) -> Answer:
        """The whole of a transfer comes back; what is changed is as given."""
        command = a_return(self.engine.state.open.get(transfer), transfer)
        command = msgspec.structs.replace(command, **changes)
        return self.do(command, credential=WORKER, key=key)

    def keep_snapshot(self) -> bytes:
        """Keep a snapshot of the state as it stands, as the gate does now and then."""
        state = self.engine.state
        content = snapshot.encode_content(state)
        stored = snapshot.sign_snapshot(content, state.chain, state.log.size, a_signer())
        MemoryJournal(self.disk, no_fault).keep_snapshot(state.chain.seq, stored)
        return content

    def restarted(self, fault: Fault = no_fault) -> "Harness":
        """A new gate on the same disk, head file and clock."""
        again = Harness(disk=self.disk, head=self.head, clock=self.clock, fault=fault)
        again.answers = self.answers
        if hasattr(self, "channel"):
            again.channel = self.channel
        return again
