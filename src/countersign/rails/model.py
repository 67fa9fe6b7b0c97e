"""A sending: one transfer on its way to the rail and back. Pure.

1. PREPARED may be sent, SENT may only be asked about, ANSWERED is over. Into SENT before the first
   byte leaves; back to PREPARED only by the rail's word that it never received this very attempt.
2. Each attempt goes in a message with an id of its own, so that a late answer to an older attempt
   is told from one to the newest. Transaction id and UETR stay the same: the rail knows it again.
3. Who does not answer is asked again, less and less often.
"""

from enum import IntEnum
from hashlib import sha256

import msgspec

from countersign.rails import ids
from countersign.rails.messages import (
    PaymentReturn,
    RailStatusReport,
    StatusRequest,
    Verdict,
    verdict_of,
)

UNKNOWN_UETR = ""


class State(IntEnum):
    """Numbers are written to the database."""

    PREPARED = 1
    SENT = 2
    ANSWERED = 3


class Sending(msgspec.Struct, frozen=True):
    """One row, in the order of its columns."""

    number: int  # Of the transfer.
    digest: bytes
    transaction_id: str
    uetr: str  # Empty if nobody can read any more what it is.
    state: State
    attempt: int  # The newest that left, or that may have; 0 before the first.
    asked: int  # Questions since that attempt.
    due_ms: int  # When to send, or to ask.
    status: str  # The rail's newest word, for example "ACSP".
    reason: str
    changed_ms: int


class ReturnState(IntEnum):
    """Numbers are written to the database."""

    RECEIVED = 1
    BOOKED = 2
    QUESTIONED = 3  # It moved nothing, and an alert says so.
    REPEATED = 4  # What it says was booked before, from another message.


class Returned(msgspec.Struct, frozen=True):
    """One message in which something came back, in the order of its columns."""

    content_hash: bytes
    file_id: bytes  # Of the sealed message.
    meaning: bytes  # Hash of what it says; messages that say the same have the same.
    state: ReturnState
    number: int  # Of the transfer that it was booked for; 0: of none.
    reason: str  # The code of why it was questioned.
    received_ms: int
    due_ms: int
    changed_ms: int


class Doubt(msgspec.Struct, frozen=True, kw_only=True):
    """Messages that were questioned for one reason within a time."""

    transfer: int  # 0: of none that is known.
    reason: str
    since_ms: int
    until_ms: int | None  # None: until now.

    def values(self) -> tuple[int | str | None, ...]:
        return (self.transfer, self.reason, self.since_ms, self.until_ms, self.until_ms)


def meaning_of(returned: PaymentReturn) -> bytes:
    """The same for two messages that say the same of one return, whatever message brought it."""
    # The customer's reference is left out: a hash of it could be guessed.
    said = msgspec.structs.replace(returned, message_id="", version="", end_to_end_id=None)
    return sha256(msgspec.json.encode(said, enc_hook=str)).digest()


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long to wait for a word before each question."""

    first_ms: int = 5_000
    longest_ms: int = 900_000

    def after(self, asked: int) -> int:
        """Twice as long each time."""
        return min(self.longest_ms, self.first_ms << min(asked, 20))


def prepared(
    *, number: int, digest: bytes, uetr: str | None, now_ms: int, is_asked_first: bool
) -> Sending:
    """A new sending; one that may have left before the records begin is asked about first."""
    return Sending(
        number=number,
        digest=digest,
        transaction_id=ids.transaction_id(digest),
        uetr=ids.uetr_of(digest) if uetr is None else uetr,
        state=State.SENT if is_asked_first else State.PREPARED,
        attempt=1 if is_asked_first else 0,
        asked=0,
        due_ms=now_ms,
        status="",
        reason="",
        changed_ms=now_ms,
    )


def question(sending: Sending) -> StatusRequest:
    """The next question about a sending."""
    return StatusRequest(
        message_id=ids.request_id(sending.digest, sending.attempt, sending.asked + 1),
        original_message_id=ids.message_id(sending.digest, sending.attempt),
        transaction_id=sending.transaction_id,
        uetr=sending.uetr or None,
    )


def verdict_for(sending: Sending, report: RailStatusReport) -> Verdict:
    """What a report means for this sending as it stands now.

    That the rail never received it counts for the newest attempt alone: of an older one it is no
    news, and the newest may be on its way. So may it be when an older one is rejected: the rail is
    asked about the newest first.
    """
    verdict = verdict_of(report)
    if verdict is Verdict.NOT_RECEIVED:
        is_newest = report.original_message_id == ids.message_id(sending.digest, sending.attempt)
        if sending.state is not State.SENT or not is_newest:
            return Verdict.IN_PROGRESS
    if verdict is Verdict.REJECTED and not sending.asked and _is_older(sending, report):
        return Verdict.IN_PROGRESS
    return verdict


def is_whole(sending: Sending) -> bool:
    """Whether the ids of a row are those of its digest, as they were when it was written."""
    return sending.transaction_id == ids.transaction_id(sending.digest)


def is_contradiction(sending: Sending, verdict: Verdict) -> bool:
    """Whether the rail takes back what it said was final."""
    final = {Verdict.SETTLED, Verdict.REJECTED}
    return sending.state is State.ANSWERED and verdict in final and sending.status != verdict


_OLDER_MAX = 100


def _is_older(sending: Sending, report: RailStatusReport) -> bool:
    """Whether a report names an attempt before the newest."""
    first = max(1, sending.attempt - _OLDER_MAX)
    older = (ids.message_id(sending.digest, n) for n in range(first, sending.attempt))
    return report.original_message_id in older
