"""The commands: plain data, canonical on the wire and in the journal.

Rules: 1. Everything that `decide` may read is in the body or in gate state. 2. The canonical form
is the msgpack array of the fields in their order; adding a field is a new kind number. 3. Free text
is sealed before it comes here.
"""

from enum import IntEnum
from typing import Annotated, ClassVar

import msgspec

from countersign.access.model import NEVER, Permission, network

Index = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
Hash = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
Sealed = Annotated[bytes, msgspec.Meta(max_length=32_768)]
# Patterns end with \Z, because `$` would let a line end in.
# One line that shows what it is: a database holds no NUL, and a terminal obeys the others.
Name = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=64,
        pattern=r"^[^\x00-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]+\Z",
    ),
]
# As a rail wrote it; empty where its message could not be read.
ReturnId = Annotated[str, msgspec.Meta(max_length=35, pattern=r"^[ -~]*\Z")]
Code = Annotated[str, msgspec.Meta(max_length=64, pattern=r"^[A-Za-z0-9_.]*\Z")]
# A refusal's, so that no leaf says "settled" of what was never decided.
RefusalCode = Annotated[str, msgspec.Meta(max_length=64, pattern=r"^[a-z0-9_]+\.[a-z0-9_.]+\Z")]
# A role or a queue, never a person's name: it is kept in clear.
Owner = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[a-z0-9_.-]+\Z")]
ADDRESSES_MAX = 32
HOLD_HOURS_MAX = 2160  # 90 days.
Number = Annotated[int, msgspec.Meta(ge=0, lt=2**62)]
Units = Annotated[int, msgspec.Meta(ge=-(2**62), lt=2**62)]
Currency = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}\Z")]


class Kind(IntEnum):
    """Numbers are written to the journal: never reuse one."""

    OPEN_ACCOUNT = 1
    FUND = 2
    CORRECT = 3
    REVERSE = 4
    ORDER = 10
    CANCEL = 11
    HOLD = 12
    RELEASE = 13
    REJECT = 14
    DISPATCH = 15
    RAIL_STATUS = 16
    RETURN = 17
    FREEZE = 20
    UNFREEZE = 21
    SET_CREDENTIAL = 30
    SET_POLICY = 31
    TICK = 40
    REFUSED_INTAKE = 50
    ACKNOWLEDGE_ALERT = 60
    CLOSE_ALERT = 61
    REVEAL = 70
    RECEIVE_FILE = 71


class Command(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One request to change gate state."""

    kind: ClassVar[Kind]
    permission: ClassVar[Permission | None]  # None: whoever is known.


class OpenAccount(Command, frozen=True):
    kind = Kind.OPEN_ACCOUNT
    permission = Permission.ACCOUNTS_OPEN
    account_kind: int
    currency: Currency
    index: Index  # Blind index of the account's identification.
    party: Index
    overdraft: Annotated[
        int, msgspec.Meta(ge=0, le=10**15)
    ]  # Minor units that available may fall below zero.
    holder: Sealed  # Sealed name and identification.


class Fund(Command, frozen=True):
    """Money that came in from outside, by way of the settlement account of the currency."""

    kind = Kind.FUND
    permission = Permission.ACCOUNTS_FUND
    index: Index
    amount: Units
    currency: Currency
    reason: Sealed


class Correct(Command, frozen=True):
    """A correction of the ledger: one amount from one account to another, with a reason."""

    kind = Kind.CORRECT
    permission = Permission.ACCOUNTS_CORRECT
    debit_index: Index
    credit_index: Index
    amount: Units
    currency: Currency
    reason: Sealed


class Reverse(Command, frozen=True):
    """Undo what one Fund or Correct command booked: the same amount back, once."""

    kind = Kind.REVERSE
    permission = Permission.ACCOUNTS_REVERSE
    original: Number  # The command that booked it.
    reason: Sealed


class PlaceOrder(Command, frozen=True):
    """An order as the intake prepared it: digest made, text sealed, accounts as blind indexes."""

    kind = Kind.ORDER
    permission = Permission.TRANSFERS_ORDER
    debtor_index: Index
    creditor_index: Index
    amount: Units
    currency: Currency
    execution_day: Annotated[int, msgspec.Meta(ge=-(2**31), lt=2**31)]  # Days since 1970-01-01.
    digest: Hash
    evidence: Sealed
    debtor_side: Sealed
    creditor_side: Sealed


class Cancel(Command, frozen=True):
    kind = Kind.CANCEL
    permission = Permission.TRANSFERS_CANCEL
    transfer: Number
    reason: Sealed


class Hold(Command, frozen=True):
    kind = Kind.HOLD
    permission = Permission.TRANSFERS_HOLD
    transfer: Number
    owner: Owner
    hours: Annotated[int, msgspec.Meta(ge=1, le=HOLD_HOURS_MAX)]
    reason: Sealed


class Release(Command, frozen=True):
    kind = Kind.RELEASE
    permission = Permission.TRANSFERS_RELEASE
    transfer: Number
    hold: Number  # The command that held it, so that a release covers what the person saw.
    reason: Sealed


class Reject(Command, frozen=True):
    kind = Kind.REJECT
    permission = Permission.TRANSFERS_REJECT
    transfer: Number
    reason_code: Code  # ISO 20022 external status reason, for example FRAD.
    reason: Sealed


class Dispatch(Command, frozen=True):
    kind = Kind.DISPATCH
    permission = Permission.TRANSFERS_DISPATCH
    transfer: Number


class RailStatus(Command, frozen=True):
    """What the rail said of a dispatched transfer."""

    kind = Kind.RAIL_STATUS
    permission = Permission.TRANSFERS_REPORT_STATUS
    transfer: Number
    verdict: Name  # "settled" or "rejected".
    reason_code: Code
    digest: Hash  # Of the order that the rail answered for.


class Return(Command, frozen=True):
    """What the creditor's bank sent back (pacs.004), of a transfer or of none known here."""

    kind = Kind.RETURN
    permission = Permission.TRANSFERS_REPORT_STATUS
    transfer: Number  # 0: it names none that was sent.
    digest: Hash  # Of the order that was sent; zeros with transfer 0.
    return_id: ReturnId
    amount: Units  # What comes back; 0 where the message could not be read.
    currency: Currency
    reason_code: Code  # ISO 20022 external return reason, for example AC04.
    content_hash: Hash  # SHA-256 of the message as it came.
    doubt: Code  # The code of why no money may move, as whoever reports it found; empty if none.


class Freeze(Command, frozen=True):
    kind = Kind.FREEZE
    permission = Permission.ACCOUNTS_FREEZE
    index: Index
    reason: Sealed


class Unfreeze(Command, frozen=True):
    kind = Kind.UNFREEZE
    permission = Permission.ACCOUNTS_UNFREEZE
    index: Index
    reason: Sealed


class SetCredential(Command, frozen=True):
    """Create a credential (number 0) or revoke one (its number, inactive)."""

    kind = Kind.SET_CREDENTIAL
    permission = Permission.CREDENTIALS_MANAGE
    number: Annotated[int, msgspec.Meta(ge=0, lt=2**31)]
    name: Name
    verifier: Hash
    permissions: Annotated[list[Permission], msgspec.Meta(max_length=len(Permission))]
    is_active: bool
    expires_ms: Annotated[int, msgspec.Meta(ge=0, lt=2**53)] = NEVER
    addresses: Annotated[list[str], msgspec.Meta(max_length=ADDRESSES_MAX)] = []

    def __post_init__(self) -> None:
        if len(set(self.permissions)) != len(self.permissions):
            raise ValueError("a permission stands there twice")
        if any(network(address) != address for address in self.addresses):
            raise ValueError("a network is written in its one spelling")


class SetPolicy(Command, frozen=True):
    kind = Kind.SET_POLICY
    permission = Permission.POLICIES_CHANGE
    content: Annotated[bytes, msgspec.Meta(max_length=65_536)]


class AcknowledgeAlert(Command, frozen=True):
    """Somebody has seen an alert and looks into it."""

    kind = Kind.ACKNOWLEDGE_ALERT
    permission = Permission.ALERTS_ACKNOWLEDGE
    alert: Number


class CloseAlert(Command, frozen=True):
    """What an alert came to; it is closed once."""

    kind = Kind.CLOSE_ALERT
    permission = Permission.ALERTS_CLOSE
    alert: Number
    disposition: Name
    reason: Sealed


class Reveal(Command, frozen=True):
    """Somebody looks at the parties of a transfer in clear; it moves nothing."""

    kind = Kind.REVEAL
    permission = Permission.TRANSFERS_REVEAL
    transfer: Number
    reason: Sealed


class ReceiveFile(Command, frozen=True):
    """A file's message id, which is its key, taken for these bytes; it moves nothing."""

    kind = Kind.RECEIVE_FILE
    permission = Permission.TRANSFERS_ORDER
    content_hash: Hash  # SHA-256 of the file as it came.


class Tick(Command, frozen=True):
    """A timer of the gate's own is due: the hold of this transfer has run out."""

    kind = Kind.TICK
    permission = Permission.GATE_TICK
    transfer: Number
    due_ms: int


class RefusedIntake(Command, frozen=True):
    """What was refused before it could be decided; only its leaf is kept."""

    kind = Kind.REFUSED_INTAKE
    permission = None
    code: RefusalCode


COMMANDS: dict[Kind, type[Command]] = {
    command.kind: command
    for command in (
        OpenAccount, Fund, Correct, Reverse, PlaceOrder, Cancel, Hold, Release, Reject, Dispatch,
        RailStatus, Return, Freeze, Unfreeze, SetCredential, SetPolicy, AcknowledgeAlert,
        CloseAlert, Reveal, ReceiveFile, Tick, RefusedIntake,
    )
}  # fmt: skip

_encoder = msgspec.msgpack.Encoder()
_decoders = {kind: msgspec.msgpack.Decoder(command) for kind, command in COMMANDS.items()}


def encode(command: Command) -> bytes:
    """The canonical form."""
    return _encoder.encode(command)


def decode(kind: int, body: bytes) -> Command:
    """The command of a kind; raises msgspec.MsgspecError or KeyError for what is not one."""
    return _decoders[Kind(kind)].decode(body)


class Submission:
    """One command on its way: who asks, under which key, and what."""

    __slots__ = (
        "body", "command", "credential", "is_faulty", "key", "kind", "mac", "permission",
        "raises_alone", "reply",
    )  # fmt: skip

    def __init__(
        self,
        credential: int,
        key: bytes,
        mac: bytes,
        command: Command,
        body: bytes | None = None,
        *,
        kind: Kind | None = None,
    ) -> None:
        self.credential = credential
        self.key = key  # 16 bytes; together with the credential it is used once.
        self.mac = mac  # Keyed hash of the unsalted canonical request.
        self.command = command
        # Given where the command itself was not kept.
        self.kind = kind or command.kind
        self.permission = COMMANDS[kind].permission if kind else command.permission
        # Orders live in rows of their own and have no body in the journal.
        self.body = b"" if body is None else body
        self.is_faulty = False
        # A return of the journal that raised an alert of its own, as all did before they shared.
        self.raises_alone = False
        self.reply: object = None


class Answer(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What was decided. `outcome` is "ok", a status in lower case, or the code of a refusal.

    The detail of an order that was decided is its digest; of a refusal its details, if it has any.
    """

    number: int
    outcome: str
    reasons: str = ""
    detail: bytes = b""
