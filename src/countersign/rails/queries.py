"""Reading sendings."""

from collections.abc import Sequence

from countersign.rails import store
from countersign.rails.messages import PaymentReturn, RailStatusReport
from countersign.rails.model import UNKNOWN_UETR, Doubt, Returned, Sending, State, is_whole
from countersign.rails.store import Connection


def to_send(connection: Connection, now_ms: int, *, count_max: int) -> list[Sending]:
    return store.due(connection, State.PREPARED, now_ms, count_max=count_max)


def to_ask(connection: Connection, now_ms: int, *, count_max: int) -> list[Sending]:
    return store.due(connection, State.SENT, now_ms, count_max=count_max)


def sendings(connection: Connection, numbers: Sequence[int]) -> dict[int, Sending]:
    """The sendings of these transfers, where there are any."""
    return {sending.number: sending for sending in store.by_numbers(connection, numbers)}


def sending_of(connection: Connection, report: RailStatusReport | PaymentReturn) -> Sending | None:
    """What a report or a return is about: by transaction id, else by UETR if one has it.

    A report whose two ids are of different sendings is about neither.
    """
    if report.transaction_id is not None:
        found = store.by_transaction_id(connection, report.transaction_id)
    elif report.uetr is not None:
        found = store.by_uetr(connection, report.uetr)
    else:
        return None
    if len(found) != 1 or not is_whole(found[0]):
        return None
    is_same = report.uetr is None or found[0].uetr in {report.uetr, UNKNOWN_UETR}
    return found[0] if is_same else None


def returned_due(connection: Connection, now_ms: int, *, count_max: int) -> list[Returned]:
    """Messages in which something came back and of which the gate has not been told."""
    return store.returned_due(connection, now_ms, count_max=count_max)


def count_questioned(connection: Connection, about: Doubt) -> int:
    return store.count_questioned(connection, about)


def newest_questioned(connection: Connection, about: Doubt, *, limit: int) -> list[Returned]:
    """The newest first."""
    return store.newest_questioned(connection, about, limit=limit)


def is_repeated(connection: Connection, returned: Returned) -> bool:
    """Whether another message said the same and was booked."""
    return store.is_there(connection, store.IS_REPEATED, returned.meaning, returned.content_hash)


def is_returned(connection: Connection, number: int, returned: Returned) -> bool:
    """Whether a transfer came back before, by another message."""
    return store.is_there(connection, store.IS_RETURNED, number, returned.content_hash)


def is_uetr_taken(connection: Connection, sending: Sending) -> bool:
    """Whether an older sending has the same UETR: the rail could not tell the two apart."""
    found = store.by_uetr(connection, sending.uetr)
    return bool(found) and found[0].number < sending.number


def is_asked_first(connection: Connection, number: int) -> bool:
    """Whether a transfer may have left before the records begin, as after a restore."""
    return number < store.ask_first_below(connection)
