"""One transfer's story as the journal holds it, and node hashes of the log for its proof.

Nothing here is checked against a signature: a proof is verified before it is given out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from countersign.accounts import store as accounts
from countersign.audit.compact_range import TILE_LEAVES
from countersign.audit.merkle import NodeHash, leaf_hash
from countersign.audit.queries import StoredNodes
from countersign.gate.journal import statements
from countersign.gate.journal.bridge import (
    Connection,
    ask_rows,
    ask_values,
    header_over,
    read_headers,
)
from countersign.gate.rows import DAY_MS, CommandRow, Header, command_leaf, order_leaf
from countersign.infra import arrays
from countersign.kernel.refusal import Kind, Refusal
from countersign.transfers import store as transfers
from countersign.transfers.model import Status, TransferRow

EVENTS_MAX = 1000

# What happened to one transfer after its order, with the batch times. A row in another partition
# than its batch's was never written by a gate.
SELECT_COMMANDS_OF = """
SELECT array_agg(number), array_agg(kind), array_agg(credential), array_agg(key), array_agg(mac),
  array_agg(transfer), array_agg(digest), array_agg(outcome), array_agg(detail), array_agg(body),
  array_agg(batch_ms)
FROM (
  SELECT c.*, b.batch_ms FROM gate.command AS c
  CROSS JOIN LATERAL (
    SELECT first_number, leaves, batch_ms FROM gate.batch
    WHERE first_number <= c.number AND leaves > 0 ORDER BY first_number DESC LIMIT 1
  ) AS b
  WHERE c.transfer = $1::bigint AND c.transfer > 0 AND c.day >= $2::int
    AND c.day = b.batch_ms / 86400000 AND c.number < b.first_number + b.leaves
  ORDER BY c.number LIMIT $3::int
) AS ordered
"""


# The day of the batch that each of these commands belongs to.
SELECT_DAYS_OF = """
SELECT asked.number, (b.batch_ms / 86400000)::int
FROM unnest($1::bigint[]) AS asked (number) CROSS JOIN LATERAL (
  SELECT first_number, leaves, batch_ms FROM gate.batch
  WHERE first_number <= asked.number AND leaves > 0 ORDER BY first_number DESC LIMIT 1
) AS b
WHERE asked.number < b.first_number + b.leaves
"""


class NoSuchTransfer(Refusal):
    """The journal has no transfer {number}; check the number. A refused order has no story."""

    code = "gate.no_such_transfer"
    kind = Kind.NOT_FOUND
    chinese = "日誌中沒有編號 {number} 的轉帳；請核對編號。被拒絕的指令沒有後續記錄。"


class StoryTooLong(Refusal):
    """Transfer {number} has more than {events_max} events; examine it with `audit verify`."""

    code = "gate.story_too_long"
    kind = Kind.CONFLICT
    chinese = "轉帳 {number} 的事件超過 {events_max} 個；請以 `audit verify` 檢查。"


class RowsMissing(Refusal):
    """The rows of commands {first} to {last} are not complete; restore, or run `audit verify`."""

    code = "gate.rows_missing"
    kind = Kind.UNAVAILABLE
    chinese = "命令 {first} 至 {last} 的資料列不完整；請還原，或執行 `audit verify`。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One row of a transfer's story, with the time of its batch."""

    row: TransferRow | CommandRow
    batch_ms: int

    @property
    def leaf(self) -> bytes:
        """The data of its leaf, made from the row."""
        return leaf_of(self.row, self.batch_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedTransfer:
    """An order as the journal holds it, unchecked, with what opening its text needs."""

    row: TransferRow
    debtor_index: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A transfer from its order to what happened last."""

    transfer: TransferRow
    debtor_index: bytes
    events: tuple[Event, ...]  # The order first.

    @property
    def status(self) -> Status:
        """What the order came to, then what the last command made of it."""
        status = Status(self.transfer.status)
        for event in self.events[1:]:
            if isinstance(event.row, CommandRow):
                status = _STATUSES.get(event.row.outcome, status)
        return status


def read_story(connection: Connection, number: int) -> Story:
    """Everything that happened to the transfer of this number."""
    header = header_over(connection, number)
    transfer = header and _transfer(connection, number, header)
    if header is None or transfer is None:
        raise NoSuchTransfer(number=number)
    events = [Event(row=transfer, batch_ms=header.batch_ms)]
    found = ask_rows(
        connection, SELECT_COMMANDS_OF, [number, header.batch_ms // DAY_MS, EVENTS_MAX]
    )[0]
    commands = statements.read_commands(found)
    # The order is an event itself.
    if len(commands) >= EVENTS_MAX:
        raise StoryTooLong(number=number, events_max=EVENTS_MAX)
    times = arrays.read_int8s(found[10])
    events += [
        Event(row=row, batch_ms=batch_ms) for row, batch_ms in zip(commands, times, strict=True)
    ]
    index = ask_values(connection, accounts.SELECT_ACCOUNT_INDEX, [transfer.debtor])
    return Story(
        transfer=transfer, debtor_index=index[0][0] if index else b"", events=tuple(events)
    )


def read_orders(connection: Connection, numbers: Sequence[int]) -> dict[int, SealedTransfer]:
    """The orders of these transfers, by number; what is not there is left out."""
    if not numbers:
        return {}  # A worker that has nothing to do asks ten times a second.
    days = ask_values(connection, SELECT_DAYS_OF, [list(numbers)])
    chosen = [[day for _, day in days], [number for number, _ in days]]
    rows = transfers.read_transfers(
        ask_rows(connection, transfers.SELECT_CHOSEN_TRANSFERS, chosen)[0]
    )
    indexes = dict(
        ask_values(connection, accounts.SELECT_ACCOUNT_INDEXES, [[row.debtor for row in rows]])
    )
    return {
        row.number: SealedTransfer(row=row, debtor_index=indexes[row.debtor])
        for row in rows
        if row.debtor in indexes
    }


def log_nodes(
    connection: Connection, size: int, known: dict[tuple[int, int], bytes] | None = None
) -> NodeHash:
    """Node hashes of the log's first `size` leaves: stored tiles, the edge made from the rows."""
    return StoredNodes(connection, size=size, edge=_edge(connection, size), known=known)


def leaf_of(row: TransferRow | CommandRow, batch_ms: int) -> bytes:
    """The data of any row's leaf."""
    if isinstance(row, TransferRow):
        return order_leaf(row, batch_ms)
    return command_leaf(row, batch_ms)


def read_rows(
    connection: Connection, *, first: int, end: int, days: tuple[int, int]
) -> list[TransferRow | CommandRow]:
    """The orders and commands of a span, by number, from the partitions of the days given."""
    span = [first, end, *days]
    rows: list[TransferRow | CommandRow] = [
        *transfers.read_transfers(ask_rows(connection, transfers.SELECT_TRANSFERS, span)[0]),
        *statements.read_commands(ask_rows(connection, statements.SELECT_COMMANDS, span)[0]),
    ]
    return sorted(rows, key=lambda row: row.number)


_STATUSES = {status.name.lower(): status for status in Status}


def _transfer(connection: Connection, number: int, header: Header) -> TransferRow | None:
    day = header.batch_ms // DAY_MS
    found = read_rows(connection, first=number, end=number + 1, days=(day, day))
    return next((row for row in found if isinstance(row, TransferRow)), None)


def _edge(connection: Connection, size: int) -> bytes:
    first = size - size % TILE_LEAVES
    if first == size:
        return b""
    condition = (
        "WHERE first_number < $1::bigint AND first_number + leaves > $2::bigint AND leaves > 0 "
        "ORDER BY first_number DESC LIMIT $3::int"
    )
    headers = read_headers(connection, condition, [size, first, TILE_LEAVES])[::-1]
    times = {
        number: header.batch_ms
        for header in headers
        for number in range(
            max(first, header.first_number), min(size, header.first_number + header.leaves)
        )
    }
    rows: list[TransferRow | CommandRow] = []
    if headers:
        days = (headers[0].batch_ms // DAY_MS, headers[-1].batch_ms // DAY_MS)
        rows = read_rows(connection, first=first, end=size, days=days)
    if [row.number for row in rows] != list(range(first, size)) or len(times) != len(rows):
        raise RowsMissing(first=first, last=size - 1)
    return b"".join([leaf_hash(leaf_of(row, times[row.number])) for row in rows])
