"""The looks at one transfer's parties, found in the journal by the transfer.

A look's row names no transfer, because what names one moves it; its body begins with it.
"""

from typing import NamedTuple

import msgspec

from countersign.gate.commands import Reveal, decode, encode
from countersign.gate.journal.bridge import Connection, ask_values

_AFTER_NUMBER = b"\xc4"  # The reason follows as bin 8, 16 or 32.
_BEYOND = b"\xc7"
_SELECT = """
SELECT c.number, c.credential, b.batch_ms, c.body FROM gate.command AS c
CROSS JOIN LATERAL (
  SELECT first_number, leaves, batch_ms FROM gate.batch
  WHERE first_number <= c.number AND leaves > 0 ORDER BY first_number DESC LIMIT 1
) AS b
WHERE c.kind = 70 AND c.outcome = 'ok'
  AND substring(c.body FROM 1 FOR 11) >= $1::bytea AND substring(c.body FROM 1 FOR 11) < $2::bytea
  AND c.day >= (
    SELECT batch_ms / 86400000 FROM gate.batch
    WHERE first_number <= $3::bigint ORDER BY first_number DESC LIMIT 1
  )
  AND c.day = b.batch_ms / 86400000 AND c.number < b.first_number + b.leaves
ORDER BY c.number DESC LIMIT $4::int
"""


class LookRow(NamedTuple):
    number: int
    credential: int
    batch_ms: int


def read_looks(connection: Connection, transfer: int, *, count_max: int) -> list[LookRow]:
    """The newest looks that the gate let through, the newest first."""
    rows = ask_values(connection, _SELECT, [*span_of(transfer), transfer, count_max])
    return [LookRow(*row[:3]) for row in rows if _is_at(row[3], transfer)]


def span_of(transfer: int) -> tuple[bytes, bytes]:
    """From what, and to before what, the first 11 bytes of a look's body at it lie."""
    begun = encode(Reveal(transfer, b"")).removesuffix(_AFTER_NUMBER + b"\x00")
    return begun + _AFTER_NUMBER, begun + _BEYOND


def _is_at(body: bytes, transfer: int) -> bool:
    try:
        command = decode(Reveal.kind, body)
    except msgspec.MsgspecError:
        return False
    return isinstance(command, Reveal) and command.transfer == transfer
