"""The SQL of schema gate and audit, and which statements a batch needs, in the order they are sent.

The batch row goes first: it is the fence, so a gate that has lost its place fails before it writes.
"""

from collections.abc import Iterator, Sequence

from countersign.access import store as access
from countersign.accounts import store as accounts
from countersign.accounts.model import Freeze
from countersign.alerts import store as alerts
from countersign.gate.batch import Decided
from countersign.gate.changes import Changes
from countersign.gate.rows import CommandRow, Header
from countersign.infra import arrays
from countersign.ledger import store as ledger
from countersign.rules import store as rules
from countersign.transfers import store as transfers

INSERT_BATCH = """
INSERT INTO gate.batch (seq, term, prev_seq, prev_term, prev_root, kind, batch_ms, first_number,
  leaves, root, state_hash, signature)
VALUES ($1::bigint, $2::bigint, $3::bigint, $4::bigint, $5::bytea, $6::smallint, $7::bigint,
  $8::bigint, $9::int, $10::bytea, $11::bytea, $12::bytea)
"""
SELECT_BATCHES = """
SELECT seq, term, kind, batch_ms, first_number, leaves, prev_term, prev_root, root, state_hash,
  signature
FROM gate.batch
"""
INSERT_COMMANDS = """
INSERT INTO gate.command (day, number, kind, credential, key, mac, transfer, digest, outcome,
  detail, body)
SELECT $1::int, u.* FROM unnest($2::bigint[], $3::smallint[], $4::int[], $5::bytea[], $6::bytea[],
  $7::bigint[], $8::bytea[], $9::text[], $10::bytea[], $11::bytea[]) AS u
"""
_COMMAND_COLUMNS = """
SELECT array_agg(number), array_agg(kind), array_agg(credential), array_agg(key), array_agg(mac),
  array_agg(transfer), array_agg(digest), array_agg(outcome), array_agg(detail), array_agg(body)
"""
_COMMANDS_OF_A_SPAN = """
FROM (SELECT * FROM gate.command WHERE number >= $1::bigint AND number < $2::bigint
  AND day >= $3::int AND day <= $4::int ORDER BY number) AS ordered
"""
_CHOSEN_COMMANDS = """
FROM (SELECT c.* FROM unnest($1::int[], $2::bigint[]) AS chosen (day, number)
  JOIN gate.command AS c ON c.day = chosen.day AND c.number = chosen.number) AS ordered
"""
SELECT_COMMANDS = _COMMAND_COLUMNS + _COMMANDS_OF_A_SPAN
SELECT_CHOSEN_COMMANDS = _COMMAND_COLUMNS + _CHOSEN_COMMANDS
INSERT_KEYS = """
INSERT INTO gate.request_key (credential, key, mac, day, number)
SELECT u.credential, u.key, u.mac, $1::int, u.number
FROM unnest($2::int[], $3::bytea[], $4::bytea[], $5::bigint[]) AS u (credential, key, mac, number)
"""
LOOK_UP_KEYS = """
SELECT k.credential, k.key, k.mac, k.day, k.number
FROM unnest($1::int[], $2::bytea[]) AS u (credential, key)
JOIN gate.request_key AS k ON k.credential = u.credential AND k.key = u.key
"""
SELECT_WRONG_KEYS = """
SELECT array_agg(number) FROM (
  SELECT r.number FROM (
    SELECT number, credential, key, mac FROM transfers.transfer
      WHERE number >= $1::bigint AND day >= $2::int
    UNION ALL
    SELECT number, credential, key, mac FROM gate.command
      WHERE number >= $1::bigint AND day >= $2::int
  ) AS r
  LEFT JOIN gate.request_key AS k
    ON k.credential = r.credential AND k.key = r.key AND k.mac = r.mac AND k.number = r.number
  WHERE k.key IS NULL ORDER BY r.number LIMIT 100
) AS wrong
"""
INSERT_OUTBOX = """
INSERT INTO gate.outbox (number, topic, due_ms, cause)
SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::bigint[])
ON CONFLICT (number, topic) DO UPDATE SET due_ms = excluded.due_ms, cause = excluded.cause
"""
INSERT_TILES = """
INSERT INTO audit.tile (number, hashes) SELECT * FROM unnest($1::bigint[], $2::bytea[])
"""
SELECT_TILES = """
SELECT array_agg(number), array_agg(hashes)
FROM (SELECT * FROM audit.tile WHERE number >= $1::bigint ORDER BY number) AS ordered
"""

# What the batcher asks before it decides, on a connection that it only reads with.
QUESTIONS = {
    "keys": LOOK_UP_KEYS,
    "transfers": transfers.SELECT_CHOSEN_TRANSFERS,
    "commands": SELECT_CHOSEN_COMMANDS,
}
STATEMENTS = {
    "batch": INSERT_BATCH,
    "transfers": transfers.INSERT_TRANSFERS,
    "commands": INSERT_COMMANDS,
    "keys": INSERT_KEYS,
    "accounts": accounts.INSERT_ACCOUNTS,
    "open_balances": ledger.INSERT_BALANCES,
    "balances": ledger.UPDATE_BALANCES,
    "postings": ledger.INSERT_POSTINGS,
    "freezes_gone": accounts.DELETE_FREEZES,
    "freezes": accounts.INSERT_FREEZES,
    "holds_gone": transfers.DELETE_HOLDS,
    "holds": transfers.INSERT_HOLDS,
    "alerts": alerts.UPSERT_ALERTS,
    "credentials": access.UPSERT_CREDENTIALS,
    "policies": rules.INSERT_POLICIES,
    "outbox": INSERT_OUTBOX,
    "tiles": INSERT_TILES,
}

Parameters = list[bytes | None]


def statements_of(decided: Decided) -> Iterator[tuple[str, Parameters]]:
    """(name, parameters) of everything that one batch writes."""
    yield "batch", header_parameters(decided.header)
    changes, day = decided.changes, decided.day
    if changes.transfers:
        yield "transfers", [*transfers.transfer_columns(day, changes.transfers)]
    if changes.commands:
        yield "commands", _command_columns(day, changes.commands)
    if decided.submissions:
        yield "keys", _key_columns(day, changes)
    yield from _money(decided)
    yield from _net_changes(changes)


def header_parameters(header: Header) -> Parameters:
    """Columns of INSERT_BATCH; the first batch has none before it."""
    is_first = header.seq == 1
    return [
        arrays.int8(header.seq),
        arrays.int8(header.term),
        None if is_first else arrays.int8(header.seq - 1),
        None if is_first else arrays.int8(header.prev_term),
        None if is_first else header.prev_root,
        arrays.int2(header.kind),
        arrays.int8(header.batch_ms),
        arrays.int8(header.first_number),
        arrays.int4(header.leaves),
        header.root,
        header.state_hash,
        header.signature,
    ]


def read_commands(row: Sequence[bytes | None]) -> list[CommandRow]:
    columns = (
        arrays.read_int8s(row[0]),
        arrays.read_int2s(row[1]),
        arrays.read_int4s(row[2]),
        arrays.read_byteas(row[3]),
        arrays.read_byteas(row[4]),
        arrays.read_int8s(row[5]),
        arrays.read_byteas(row[6]),
        arrays.read_texts(row[7]),
        arrays.read_byteas(row[8]),
        arrays.read_byteas(row[9]),
    )
    return list(map(CommandRow, *columns))


def _command_columns(day: int, rows: Sequence[CommandRow]) -> Parameters:
    columns = list(zip(*rows, strict=True))
    return [
        arrays.int4(day),
        arrays.int8s(columns[0]),
        arrays.int2s(columns[1]),
        arrays.int4s(columns[2]),
        arrays.byteas(columns[3]),
        arrays.byteas(columns[4]),
        arrays.int8s(columns[5]),
        arrays.byteas(columns[6]),
        arrays.texts(columns[7]),
        arrays.byteas(columns[8]),
        arrays.byteas(columns[9]),
    ]


def _key_columns(day: int, changes: Changes) -> Parameters:
    rows = [(row.credential, row.key, row.mac, row.number) for row in changes.transfers]
    rows += [(row.credential, row.key, row.mac, row.number) for row in changes.commands]
    credentials, keys, macs, numbers = zip(*rows, strict=True)
    return [
        arrays.int4(day),
        arrays.int4s(credentials),
        arrays.byteas(keys),
        arrays.byteas(macs),
        arrays.int8s(numbers),
    ]


def _money(decided: Decided) -> Iterator[tuple[str, Parameters]]:
    changes = decided.changes
    opened = {account.number for account in changes.accounts}
    if opened:
        yield "accounts", [*accounts.account_columns(changes.accounts, changes.holders)]
        new = [values for values in decided.balances if values[0] in opened]
        yield "open_balances", [arrays.int8s(column) for column in zip(*new, strict=True)]
    changed = [values[:3] for values in decided.balances if values[0] not in opened]
    if changed:
        yield "balances", [arrays.int8s(column) for column in zip(*changed, strict=True)]
    if changes.postings:
        yield "postings", [*ledger.posting_columns(decided.day, changes.postings)]


def _net_changes(changes: Changes) -> Iterator[tuple[str, Parameters]]:
    if changes.freezes:
        yield "freezes_gone", [arrays.byteas(list(changes.freezes))]
        frozen = [Freeze(index, at) for index, at in changes.freezes.items() if at is not None]
        yield "freezes", [*accounts.freeze_columns(frozen)]
    if changes.holds:
        gone = [number for number, hold in changes.holds.items() if hold is None]
        held = [hold for hold in changes.holds.values() if hold is not None]
        yield "holds_gone", [arrays.int8s(gone)]
        yield "holds", [*transfers.hold_columns(held)]
    if changes.alerts:
        yield "alerts", [*alerts.alert_columns(list(changes.alerts.values()))]
    if changes.credentials:
        yield "credentials", [*access.credential_columns(list(changes.credentials.values()))]
    if changes.policies:
        yield "policies", [*rules.policy_columns(changes.policies)]
    if changes.outbox:
        yield "outbox", _outbox_columns(changes)
    if changes.tiles:
        numbers, tiles = zip(*changes.tiles, strict=True)
        yield "tiles", [arrays.int8s(numbers), arrays.byteas(tiles)]


def _outbox_columns(changes: Changes) -> Parameters:
    # Of a transfer that was released twice in one batch the newest: a statement writes a row once.
    newest = {row[:2]: row for row in changes.outbox}.values()
    numbers, topics, due, causes = zip(*newest, strict=True)
    return [arrays.int8s(numbers), arrays.int2s(topics), arrays.int8s(due), arrays.int8s(causes)]
