"""Reading sendings."""

from collections.abc import Sequence

from countersign.rails import store
from countersign.rails.messages import RailStatusReport
from countersign.rails.model import UNKNOWN_UETR, Sending, State, is_whole
from countersign.rails.store import Connection


def to_send(connection: Connection, now_ms: int, *, count_max: int) -> list[Sending]:
    return store.due(connection, State.PREPARED, now_ms, count_max=count_max)


def to_ask(connection: Connection, now_ms: int, *, count_max: int) -> list[Sending]:
    return store.due(connection, State.SENT, now_ms, count_max=count_max)


def sendings(connection: Connection, numbers: Sequence[int]) -> dict[int, Sending]:
    """The sendings of these transfers, where there are any."""
    return {sending.number: sending for sending in store.by_numbers(connection, numbers)}


def sending_of(connection: Connection, report: RailStatusReport) -> Sending | None:
    """What a report is about: by transaction id, else by UETR if that is of one sending only.

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


def is_uetr_taken(connection: Connection, sending: Sending) -> bool:
    """Whether an older sending has the same UETR: the rail could not tell the two apart."""
    found = store.by_uetr(connection, sending.uetr)
    return bool(found) and found[0].number < sending.number


def is_asked_first(connection: Connection, number: int) -> bool:
    """Whether a transfer may have left before the records begin, as after a restore."""
    return number < store.ask_first_below(connection)
