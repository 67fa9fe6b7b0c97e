"""The batch while it is decided: the state, the batch time, the number of the command at hand."""

import msgspec

from countersign.gate.changes import Changes
from countersign.gate.commands import Answer, Command, PlaceOrder, Submission
from countersign.gate.rows import NO_DIGEST, CommandRow
from countersign.gate.state import OpenTransfer, State
from countersign.kernel.money import MINOR_UNITS_MAX, AmountOutOfRange
from countersign.kernel.refusal import Refusal


class RefusedOrder(msgspec.Struct, array_like=True, frozen=True):
    """What is kept of an order that was refused: enough to decide it again, no text."""

    debtor_index: bytes
    creditor_index: bytes
    amount: int
    currency: str
    execution_day: int
    evidence: bytes


class Redecision(msgspec.Struct, array_like=True, frozen=True):
    """The detail of a dispatch: by which policy it was decided again, and what that found."""

    policy: int
    reasons: str  # Codes joined by ","; empty where the transfer went on.
    alerts: str  # Typologies with scores, joined by ",", that raised an alert then.


class Batch:
    """What handlers see. `number` is the number of the command at hand, the index of its leaf."""

    __slots__ = ("batch_ms", "changes", "number", "state")

    def __init__(self, state: State, batch_ms: int) -> None:
        self.state = state
        self.batch_ms = batch_ms
        self.changes = Changes()
        self.number = state.next_number

    @property
    def day(self) -> int:
        return self.batch_ms // 86_400_000

    def record(
        self,
        submission: Submission,
        *,
        outcome: str = "ok",
        detail: bytes = b"",
        transfer: OpenTransfer | None = None,
    ) -> Answer:
        """Write the row of the command at hand and give its answer."""
        self.changes.commands.append(
            CommandRow(
                self.number,
                submission.command.kind,
                submission.credential,
                submission.key,
                submission.mac,
                transfer.number if transfer else 0,
                transfer.digest if transfer else NO_DIGEST,
                outcome,
                detail,
                submission.body,
            )
        )
        return Answer(self.number, outcome, "", detail)

    def record_refusal(
        self, submission: Submission, refusal: Refusal, *, is_forbidden: bool = False
    ) -> Answer:
        """Write the row of a refused command; of it only what deciding it again needs.

        What a credential may not do is decided by credential and kind alone, so its body, which
        may be anybody's, is not kept.
        """
        # Details are small public values, so the answer can say which transfer, status or number.
        detail = _encode(dict(sorted(refusal.details.items()))) if refusal.details else b""
        command: Command = submission.command
        body, digest = b"" if is_forbidden else submission.body, NO_DIGEST
        if isinstance(command, PlaceOrder):
            digest = command.digest
            body = _encode(
                RefusedOrder(
                    command.debtor_index,
                    command.creditor_index,
                    command.amount,
                    command.currency,
                    command.execution_day,
                    command.evidence,
                )
            )
        self.changes.commands.append(
            CommandRow(
                self.number,
                submission.kind,
                submission.credential,
                submission.key,
                submission.mac,
                0,
                digest,
                refusal.code,
                detail,
                body,
            )
        )
        return Answer(self.number, refusal.code, "", detail)


def read_redecision(detail: bytes) -> Redecision | None:
    """What a dispatch recorded; None of what is no such detail."""
    try:
        return _read_redecision(detail)
    except msgspec.MsgspecError:
        return None


def check_amount(units: int) -> None:
    """Refuse what no transfer may carry."""
    if not 0 < units <= MINOR_UNITS_MAX:
        raise AmountOutOfRange


def order_of_refused(row: CommandRow) -> PlaceOrder:
    """The order that was refused, as far as deciding it again needs it."""
    kept = _decode(row.body)
    return PlaceOrder(
        kept.debtor_index,
        kept.creditor_index,
        kept.amount,
        kept.currency,
        kept.execution_day,
        row.digest,
        kept.evidence,
        b"",
        b"",
    )


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(RefusedOrder).decode
_read_redecision = msgspec.msgpack.Decoder(Redecision).decode
