"""Which elements of a file go on with its orders, and which say nothing about them.

Whatever else stands there would change the order if it were left out: such a payment is rejected,
with the element's name, and never sent without it; and so is a file, for an element of its header.
One table; code asks it and nothing else.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

# These alone: what is inside them has lines of its own.
ELEMENTS: Final = frozenset(
    {
        "Amt",
        "Amt/InstdAmt",
        "ChrgBr",
        "PmtId",
        "PmtInfId",
        "PmtMtd",
        "PmtTpInf",
        "PmtTpInf/InstrPrty",
        *("BtchBookg", "NbOfTxs", "CtrlSum"),  # How the debtor's own statement looks; counted.
        *("CdtrAgt", "DbtrAgt", "IntrmyAgt1", "IntrmyAgt2", "IntrmyAgt3"),
    }
)
# These with all that is in them. Of an account its type, currency, name and alias say nothing that
# its number does not; of a party its contacts and its country of residence go no further, and of
# an ultimate party what stands beside its name; of a bank what stands beside its code.
TREES: Final = frozenset(
    {
        "Amt/EqvtAmt",  # Rejected by a name of its own, as is the next.
        "ChqInstr",
        "Cdtr",
        "CdtrAcct",
        "CdtrAgt/FinInstnId",
        "Dbtr",
        "DbtrAcct",
        "DbtrAgt/FinInstnId",
        "IntrmyAgt1/FinInstnId",
        "IntrmyAgt2/FinInstnId",
        "IntrmyAgt3/FinInstnId",
        "PmtId/EndToEndId",
        "PmtId/InstrId",
        "PmtId/UETR",
        "PmtTpInf/CtgyPurp",
        "PmtTpInf/LclInstrm",
        "PmtTpInf/SvcLvl",
        "Purp",
        "ReqdExctnDt",
        "RmtInf",
        "UltmtCdtr",
        "UltmtDbtr",
    }
)


# Of the header: ids, counts and sums are checked, and of the initiating party its name goes on.
# Authstn may ask for somebody's word before anything is paid, and FwdgAgt names a bank that
# forwards: neither can be passed on.
HEADER_TREES: Final = frozenset({"MsgId", "CreDtTm", "NbOfTxs", "CtrlSum", "InitgPty"})


def first_not_of_header(paths: Iterable[str]) -> str | None:
    """The first element of a header that no order can hold."""
    return next((path for path in paths if path.partition("/")[0] not in HEADER_TREES), None)


def first_not_carried(paths: Iterable[str]) -> str | None:
    """The first element that an order cannot hold."""
    return next((path for path in paths if not _is_carried(path)), None)


@lru_cache(maxsize=4096)
def _is_carried(path: str) -> bool:
    if path in ELEMENTS:
        return True
    first, _, rest = path.partition("/")
    second, _, _ = rest.partition("/")
    return first in TREES or f"{first}/{second}" in TREES
