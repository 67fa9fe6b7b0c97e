"""Reading what the gate keeps of transfers, for the app's role."""

from typing import Any

import psycopg

from countersign.transfers.model import HoldRow

SELECT_HOLD = "SELECT number, owner, reasons, until_ms FROM transfers.hold WHERE number = %s"


def hold_of(connection: psycopg.Connection[Any], number: int) -> HoldRow | None:
    """The hold that a transfer waits in."""
    row = connection.execute(SELECT_HOLD, [number]).fetchone()
    return HoldRow(*row) if row else None
