"""The answer that a recorded command was given, from its row: what a resent request gets again."""

from collections.abc import Mapping

from countersign.gate.commands import Answer
from countersign.gate.errors import Tampered
from countersign.gate.journal.protocol import KeyRow, RequestKey
from countersign.gate.rows import CommandRow
from countersign.transfers.model import Status, TransferRow


def answer_again(
    asked: RequestKey, key: KeyRow, rows: Mapping[int, TransferRow | CommandRow]
) -> Answer:
    """The answer that a key was given; `rows` has what keys point at, by number."""
    row = rows.get(key.number)
    if row is None or (row.credential, row.key, row.mac) != (*asked, key.mac):
        raise Tampered(what=f"the request key of command {key.number} points elsewhere")
    if isinstance(row, CommandRow):
        return Answer(row.number, row.outcome, "", row.detail)
    return Answer(row.number, Status(row.status).name.lower(), row.reasons, row.digest)
