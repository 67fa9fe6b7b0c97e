"""Changing sendings, as the worker does. Each says whether it was still the one to change it."""

from countersign.rails import store
from countersign.rails.messages import RailStatusReport
from countersign.rails.model import Patience, Returned, ReturnState, Sending
from countersign.rails.store import Connection


def keep(connection: Connection, sending: Sending) -> bool:
    """Write down a new sending; one that is there already stays as it is."""
    return store.add(connection, sending)


def mark_sent(connection: Connection, sending: Sending, *, now_ms: int, patience: Patience) -> bool:
    """Before its bytes leave: from now on it is asked about."""
    return store.change(
        connection,
        store.MARK_SENT,
        now_ms + patience.after(0),
        now_ms,
        sending.number,
        sending.attempt,
    )


def mark_asked(
    connection: Connection, sending: Sending, *, now_ms: int, patience: Patience
) -> bool:
    """Before a question leaves."""
    return store.change(
        connection,
        store.MARK_ASKED,
        now_ms + patience.after(sending.asked + 1),
        now_ms,
        sending.number,
        sending.attempt,
        sending.asked,
    )


def mark_not_received(connection: Connection, sending: Sending, *, now_ms: int) -> bool:
    """The rail says that it never received this attempt: it may be sent again, at once."""
    return store.change(
        connection, store.MARK_NOT_RECEIVED, now_ms, now_ms, sending.number, sending.attempt
    )


def mark_answered(
    connection: Connection, sending: Sending, *, status: str, reason: str, now_ms: int
) -> bool:
    """The end, once the gate has booked it."""
    return store.change(connection, store.MARK_ANSWERED, status, reason, now_ms, sending.number)


def note_status(
    connection: Connection, sending: Sending, report: RailStatusReport, *, now_ms: int
) -> bool:
    """The rail's newest word, when it is not final."""
    reason = report.reason_code or ""
    return store.change(
        connection, store.NOTE_STATUS, report.status, reason, now_ms, sending.number
    )


def postpone(connection: Connection, sending: Sending, *, until_ms: int) -> bool:
    """Not now: something else has to be put right first."""
    return store.change(connection, store.POSTPONE, until_ms, sending.number)


def keep_returned(connection: Connection, returned: Returned) -> bool:
    """Write down what came back; a message that is there already stays as it is."""
    return store.add_returned(connection, returned)


def end_returned(
    connection: Connection,
    returned: Returned,
    state: ReturnState,
    *,
    number: int,
    reason: str,
    now_ms: int,
) -> bool:
    """What became of it, once the gate has said so."""
    return store.change(
        connection, store.END_RETURNED, state, number, reason, now_ms, returned.content_hash
    )


def postpone_returned(connection: Connection, returned: Returned, *, until_ms: int) -> bool:
    """Not now: what it is about is not over yet."""
    return store.change(connection, store.POSTPONE_RETURNED, until_ms, returned.content_hash)


def ask_first(connection: Connection, *, below: int, now_ms: int) -> None:
    """After a restore, as the migrator: ask about every transfer of the copy before it is sent.

    Orders were sent since that the copy shows as unsent. One without a sending is known by its
    number, one that was prepared counts as sent (I2).
    """
    store.be_cautious(connection, below, now_ms)
