"""Who pays and who is paid, out of an opened side of an order: in clear, so masked for pages."""

from typing import NamedTuple

from countersign.kernel.digest import OpenSide, SideRoot
from countersign.transfers.order import ORDER_TABLE


class OrderParty(NamedTuple):
    """One side in clear; the account without its scheme, the name empty where none was given."""

    name: str
    account: str


def party_of(side: int, part: OpenSide | SideRoot) -> OrderParty | None:
    """The party of a side; None of one that was erased."""
    if not isinstance(part, OpenSide):
        return None
    name = ORDER_TABLE.sides[side]
    names = [field.name for field in ORDER_TABLE.fields if field.side == side]
    fields = dict(zip(names, part.values, strict=True))
    account = str(fields[f"{name}_account"]).rpartition(":")[2]
    return OrderParty(str(fields[f"{name}_name"] or ""), account)
