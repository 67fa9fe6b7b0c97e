"""The real gate in this process: intake, engine, checks, rules; only its journal is in memory.

Nothing that is measured here hangs on what is durable, and the journal in memory, which keeps
the same rules as Postgres, lets a city live its weeks in a minute. Orders go the way of any
channel: text is checked, sealed, turned into digests and blind indexes; each is a batch at its
own time.
"""

import secrets
from collections.abc import Iterable, Sequence

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from countersign.access.model import OPERATOR, WORKER, Permission, verifier_of
from countersign.accounts.model import AccountKind
from countersign.alerts.model import Alert
from countersign.gate.commands import (
    Answer,
    Dispatch,
    Kind,
    RailStatus,
    SetCredential,
    SetPolicy,
    Submission,
)
from countersign.gate.engine import Engine
from countersign.gate.head import Head
from countersign.gate.journal.memory import Disk, MemoryJournal
from countersign.gate.preparation import Preparation
from countersign.gate.requests import (
    KEY_BYTES,
    FundRequest,
    Item,
    OpenAccountRequest,
    RejectRequest,
    ReleaseRequest,
    encode_body,
)
from countersign.gate.rows import Signer
from countersign.infra.logs import get_logger
from countersign.kernel.ids import ID_BYTES
from countersign.kernel.invariant import invariant
from countersign.rules.model import Policy, encode_policy
from countersign.vault.keyset import Keyset, fresh_keyset
from countersign.vault.subjects import SubjectKey

_log = get_logger(__name__)


class SimulatedClock:
    """A clock that stands until it is moved, and never goes back."""

    def __init__(self, now_ms: int) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        return self._now_ms

    def move_to(self, now_ms: int) -> None:
        self._now_ms = max(self._now_ms, now_ms)


class SimulatedGate:
    """One gate with a policy, a channel and a settlement account for each currency."""

    def __init__(self, policy: Policy, *, clock: SimulatedClock, currencies: Iterable[str]) -> None:
        keys = _Keys()
        self.disk = Disk()
        self._clock = clock
        self._made = 0
        self._answers: dict[bytes, Answer] = {}
        self._engine = Engine(
            journal=MemoryJournal(self.disk),
            signer=Signer(keys.instance, keys.keyset.signing_key("gate")),
            head=_Head(),
            clock=clock,
            deliver=self._deliver,
            alarm=_alarm,
        )
        self._engine.start()
        self._preparation = Preparation(keys, _Accounts(self._engine))
        self.operate(Kind.SET_POLICY, SetPolicy(encode_policy(policy)))
        permissions = [Permission.TRANSFERS_ORDER]
        channel = SetCredential(0, "city", verifier_of("city"), permissions, is_active=True)
        self.operate(Kind.SET_CREDENTIAL, channel)
        self._channel = max(self._engine.state.credentials)
        for currency in currencies:
            self.open_account(f"OTHR::{currency}", "Rail", currency, AccountKind.SETTLEMENT)

    def submit(self, items: Sequence[Item]) -> list[Answer]:
        """Decide what the channel sends, as one batch at this moment."""
        return self._decide(self._channel, items)

    def operate(self, kind: Kind, request: object) -> Answer:
        """Do one thing as the operator; it may not be refused."""
        answer = self._decide(OPERATOR, [Item(kind, self.new_key(), encode_body(request))])[0]
        invariant("." not in answer.outcome, f"the operator is not refused: {answer.outcome}")
        return answer

    def open_account(
        self, account: str, holder: str, currency: str, kind: AccountKind = AccountKind.CUSTOMER
    ) -> None:
        self.operate(Kind.OPEN_ACCOUNT, OpenAccountRequest(kind, currency, account, holder, 0))

    def fund(self, account: str, amount: int, currency: str) -> None:
        self.operate(Kind.FUND, FundRequest(account, amount, currency, "receipt"))

    def release(self, transfer: int) -> None:
        hold = self._engine.state.open[transfer].held_by
        self.operate(Kind.RELEASE, ReleaseRequest(transfer, hold, "called the debtor"))

    def reject(self, transfer: int) -> None:
        self.operate(Kind.REJECT, RejectRequest(transfer, "FRAD", "not theirs"))

    def is_held(self, transfer: int) -> bool:
        known = self._engine.state.open.get(transfer)
        return known is not None and known.status.name == "HELD"

    def dispatch(self, transfers: Sequence[int]) -> list[str]:
        """Have released transfers leave and be settled; what the gate said of each."""
        items = [
            Item(Kind.DISPATCH, self.new_key(), encode_body(Dispatch(number)))
            for number in transfers
        ]
        answers = self._decide(WORKER, items)
        reports = [
            Item(Kind.RAIL_STATUS, self.new_key(), encode_body(self._settled(number)))
            for number, answer in zip(transfers, answers, strict=True)
            if answer.outcome == "dispatched"
        ]
        self._decide(WORKER, reports)
        return [answer.outcome for answer in answers]

    def reasons_of(self, transfer: int) -> str:
        """What a held transfer is held for."""
        return self._engine.state.open[transfer].reasons

    def alerts(self) -> list[Alert]:
        return list(self.disk.alerts.values())

    def new_key(self) -> bytes:
        self._made += 1
        return self._made.to_bytes(KEY_BYTES, "big")

    def _settled(self, transfer: int) -> RailStatus:
        digest = self._engine.state.open[transfer].digest
        return RailStatus(transfer, "settled", "", digest)

    def _decide(self, credential: int, items: Sequence[Item]) -> list[Answer]:
        submissions = self._preparation.prepare(credential, items)
        for submission in submissions:
            self._engine.submit(submission)
        self._engine.drain()
        return [self._answers.pop(submission.key) for submission in submissions]

    def _deliver(self, answers: list[tuple[Submission, Answer]]) -> None:
        for submission, answer in answers:
            self._answers[submission.key] = answer


class _Keys:
    """Data keys of subjects, as SubjectKeys keeps them, in memory."""

    def __init__(self) -> None:
        self.keyset: Keyset = fresh_keyset()
        self.instance = secrets.token_bytes(ID_BYTES)
        self._keys: dict[bytes, SubjectKey] = {}

    def ensure(self, subjects: Iterable[bytes]) -> dict[bytes, SubjectKey]:
        return {subject: self._key(subject) for subject in subjects}

    find = ensure

    def forget_erased(self, *, every_seconds: float) -> int:
        del every_seconds
        return 0

    def _key(self, subject: bytes) -> SubjectKey:
        key = self._keys.get(subject)
        if key is None:
            aead = AESGCM(AESGCM.generate_key(256))
            key = self._keys[subject] = SubjectKey(epoch=1, aead=aead)
        return key


class _Accounts:
    """Which accounts are open, as the gate's own state has it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def unknown_of(self, indexes: Iterable[bytes]) -> set[bytes]:
        return set(indexes) - self._engine.state.accounts.number_of.keys()


class _Head:
    """A head file in memory."""

    def __init__(self) -> None:
        self._head = Head(0, 0, b"\x00" * 32, b"\x00" * 32)

    def read(self) -> Head:
        return self._head

    def write(self, head: Head) -> None:
        self._head = head


def _alarm(code: str, details: dict[str, str | int]) -> None:
    _log.error(code, **details)
