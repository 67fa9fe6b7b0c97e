"""The parties of one transfer in clear, for a look that stands in the log.

Rules: 1. The log first: nothing is opened unless the gate's command for this look is read back from
the journal. 2. A look is one credential's at one transfer, and over 60 seconds after its batch,
however often it is used. 3. What is opened is given to who asked and kept nowhere.
"""

from typing import NamedTuple

import msgspec

from countersign.gate.commands import Reveal, decode
from countersign.gate.intake import Intake, SealedOrder
from countersign.gate.journal.bridge import Connection, header_over
from countersign.gate.journal.reading import NoSuchTransfer, SealedTransfer, read_orders, read_rows
from countersign.gate.rows import DAY_MS, CommandRow
from countersign.kernel.refusal import Kind, Refusal
from countersign.transfers.order import CREDITOR_SIDE, DEBTOR_SIDE
from countersign.transfers.parties import OrderParty, party_of
from countersign.vault.errors import SubjectErased

LOOK_MS = 60_000


class LookOver(Refusal):
    """No look of yours at transfer {transfer} stands in the log, or it is over.

    Ask for another one and say why.
    """

    code = "reveal.look_over"
    kind = Kind.FORBIDDEN
    chinese = "日誌中沒有您對轉帳 {transfer} 有效的查看記錄，或已逾時；請說明理由後重新查看。"


class Look(NamedTuple):
    """A reveal that the gate let through."""

    transfer: int
    command: int  # Its number, the index of its leaf.
    credential: int


class Revealed(NamedTuple):
    """Both parties in clear, None once erased; until when they may be shown, in milliseconds."""

    debtor: OrderParty | None
    creditor: OrderParty | None
    until_ms: int


def require_transfer(connection: Connection, transfer: int) -> None:
    """Raise NoSuchTransfer, so that no look is logged at what is none."""
    _order(connection, transfer)


def reveal_parties(connection: Connection, *, intake: Intake, look: Look, now_ms: int) -> Revealed:
    """The parties for a look; raises LookOver, or NoSuchTransfer."""
    until_ms = _logged_ms(connection, look) + LOOK_MS
    if now_ms >= until_ms:
        raise LookOver(transfer=look.transfer)
    sealed = _order(connection, look.transfer)
    row = sealed.row
    try:
        debtor, creditor = intake.open_sides(
            SealedOrder(
                row.digest,
                sealed.debtor_index,
                row.creditor_index,
                row.debtor_side,
                row.creditor_side,
            )
        )
    except SubjectErased:
        return Revealed(None, None, until_ms)
    return Revealed(party_of(DEBTOR_SIDE, debtor), party_of(CREDITOR_SIDE, creditor), until_ms)


def _order(connection: Connection, transfer: int) -> SealedTransfer:
    found = read_orders(connection, [transfer]).get(transfer)
    if found is None:
        raise NoSuchTransfer(number=transfer)
    return found


def _logged_ms(connection: Connection, look: Look) -> int:
    """When the look was logged; raises LookOver for what is no such look."""
    header = header_over(connection, look.command)
    if header is not None:
        day = header.batch_ms // DAY_MS
        for row in read_rows(connection, first=look.command, end=look.command + 1, days=(day, day)):
            if isinstance(row, CommandRow) and _is_of(row, look):
                return header.batch_ms
    raise LookOver(transfer=look.transfer)


def _is_of(row: CommandRow, look: Look) -> bool:
    if row.outcome != "ok" or row.credential != look.credential or row.kind != Reveal.kind:
        return False
    try:
        command = decode(row.kind, row.body)
    except msgspec.MsgspecError:
        return False
    return isinstance(command, Reveal) and command.transfer == look.transfer
