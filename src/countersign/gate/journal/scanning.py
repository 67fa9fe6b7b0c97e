"""The whole journal in bounded pieces, for `audit verify`; nothing here is checked.

Short reads only: a long one would keep the gate from making the next day's partitions.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

from countersign.gate.books import Terms
from countersign.gate.journal.bridge import (
    Connection,
    ask_rows,
    ask_values,
    read_headers,
)
from countersign.gate.journal.reading import read_rows
from countersign.gate.rows import CommandRow, Header
from countersign.infra import arrays
from countersign.ledger import store as ledger
from countersign.ledger.model import Posting
from countersign.transfers.model import TransferRow

BATCHES_A_READ = 64
STRANGERS_MAX = 100

# Of the commands of some days and a span: whose request key row is missing or differs.
SELECT_WRONG_KEYS = """
SELECT array_agg(number) FROM (
  SELECT r.number FROM (
    SELECT day, number, credential, key, mac FROM transfers.transfer
      WHERE number >= $1::bigint AND number < $2::bigint AND day >= $3::int AND day <= $4::int
    UNION ALL
    SELECT day, number, credential, key, mac FROM gate.command
      WHERE number >= $1::bigint AND number < $2::bigint AND day >= $3::int AND day <= $4::int
  ) AS r
  LEFT JOIN gate.request_key AS k
    ON k.credential = r.credential AND k.key = r.key AND k.mac = r.mac AND k.number = r.number
      AND k.day = r.day
  WHERE k.key IS NULL ORDER BY r.number
) AS wrong
"""
# What later commands of some transfers need to know of them.
SELECT_TERMS = """
SELECT t.number, t.digest, t.debtor, t.creditor, t.amount, t.currency
FROM unnest($1::bigint[]) AS u (number)
CROSS JOIN LATERAL (
  SELECT batch_ms / 86400000 AS day FROM gate.batch
  WHERE first_number <= u.number AND leaves > 0 ORDER BY first_number DESC LIMIT 1
) AS b
JOIN transfers.transfer AS t ON t.day = b.day AND t.number = u.number
"""
# How many rows there are, whichever batch they claim to be of.
COUNT_ROWS = """
SELECT (SELECT count(*) FROM transfers.transfer) + (SELECT count(*) FROM gate.command),
  (SELECT count(*) FROM ledger.posting), (SELECT count(*) FROM gate.request_key)
"""
# Rows that are of no batch, or in the partition of another day than their batch.
_STRANGE = """
SELECT array_agg(number) FROM (
  SELECT r.number FROM {table} AS r
  WHERE NOT EXISTS (SELECT FROM gate.batch AS b WHERE b.first_number <= r.number
    AND r.number < b.first_number + b.leaves AND r.day = b.batch_ms / 86400000)
  ORDER BY r.number LIMIT $1::int
) AS strange
"""
SELECT_STRANGE_TRANSFERS = _STRANGE.format(table="transfers.transfer")
SELECT_STRANGE_COMMANDS = _STRANGE.format(table="gate.command")
SELECT_STRANGE_POSTINGS = _STRANGE.format(table="ledger.posting")
# Request keys that no command has.
SELECT_STRANGE_KEYS = """
SELECT array_agg(number) FROM (
  SELECT k.number FROM gate.request_key AS k
  WHERE NOT EXISTS (SELECT FROM transfers.transfer AS t WHERE t.day = k.day
      AND t.number = k.number AND t.credential = k.credential AND t.key = k.key AND t.mac = k.mac)
    AND NOT EXISTS (SELECT FROM gate.command AS c WHERE c.day = k.day
      AND c.number = k.number AND c.credential = k.credential AND c.key = k.key AND c.mac = k.mac)
  ORDER BY k.number LIMIT $1::int
) AS strange
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """The rows of one span of commands, as they are stored."""

    rows: list[TransferRow | CommandRow]
    postings: list[Posting]
    wrong_keys: list[int]


class Counts(NamedTuple):
    rows: int
    postings: int
    keys: int


def headers_after(connection: Connection, seq: int) -> list[Header]:
    """The next batch headers."""
    condition = "WHERE seq > $1::bigint ORDER BY seq LIMIT $2::int"
    return read_headers(connection, condition, [seq, BATCHES_A_READ])


def newest_header(connection: Connection) -> Header | None:
    found = read_headers(connection, "ORDER BY seq DESC LIMIT 1")
    return found[0] if found else None


def header_at(connection: Connection, seq: int) -> Header | None:
    found = read_headers(connection, "WHERE seq = $1::bigint", [seq])
    return found[0] if found else None


def read_piece(connection: Connection, *, first: int, end: int, days: tuple[int, int]) -> Piece:
    span = [first, end, *days]
    wrong = ask_rows(connection, SELECT_WRONG_KEYS, span)[0]
    return Piece(
        rows=read_rows(connection, first=first, end=end, days=days),
        postings=ledger.read_postings(ask_rows(connection, ledger.SELECT_POSTINGS, span)[0]),
        wrong_keys=arrays.read_int8s(wrong[0]),
    )


def read_terms(connection: Connection, numbers: list[int]) -> dict[int, Terms]:
    """Transfers by number; one that is not there is left out."""
    found = ask_values(connection, SELECT_TERMS, [numbers]) if numbers else []
    return {row[0]: Terms(*row) for row in found}


def read_balances(connection: Connection) -> list[tuple[int, int, int, int]]:
    """(account, balance, held, floor) by account."""
    return ledger.read_balances(ask_rows(connection, ledger.SELECT_BALANCES)[0])


def count_rows(connection: Connection) -> Counts:
    rows: tuple[Any, ...] = ask_values(connection, COUNT_ROWS)[0]
    return Counts(*map(int, rows))


def strangers(connection: Connection, statement: str) -> list[int]:
    """The first numbers that one of the SELECT_STRANGE statements gives."""
    found = ask_rows(connection, statement, [STRANGERS_MAX])[0]
    return arrays.read_int8s(found[0])
