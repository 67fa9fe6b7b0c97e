"""Which elements of a file go on with its orders, and which say nothing about them.

Whatever else stands there would change the order if it were left out: such a payment is rejected,
with the element's name, and never sent without it; and so is a file, for an element of its header.
One table for each part of a message; code asks it and nothing else.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final


class Carried:
    """The elements of one part of a message that can go on.

    Of `elements` themselves alone: what is inside them has lines of its own. `trees` go on with all
    that is in them. Of an account its type, currency, name and alias say nothing that its number
    does not; of a party its contacts and its country of residence go no further, and of an ultimate
    party what stands beside its name; of a bank what stands beside its code.
    """

    def __init__(self, *, elements: Iterable[str] = (), trees: Iterable[str]) -> None:
        self._elements = frozenset(elements)
        self._trees = frozenset(trees)
        self._has = lru_cache(maxsize=4096)(self._look_up)

    def first_other(self, paths: Iterable[str]) -> str | None:
        """The first element that cannot go on."""
        return next((path for path in paths if not self._has(path)), None)

    def _look_up(self, path: str) -> bool:
        if path in self._elements:
            return True
        steps = path.split("/")
        return any("/".join(steps[:depth]) in self._trees for depth in range(1, 4))


_AGENTS = ("CdtrAgt", "DbtrAgt", "IntrmyAgt1", "IntrmyAgt2", "IntrmyAgt3")
_KIND_ELEMENTS = ("PmtTpInf", "PmtTpInf/InstrPrty")
_KIND_TREES = ("PmtTpInf/CtgyPurp", "PmtTpInf/LclInstrm", "PmtTpInf/SvcLvl")
_PARTY_TREES = ("Cdtr", "CdtrAcct", "Dbtr", "DbtrAcct", "UltmtCdtr", "UltmtDbtr")


def _institutions(names: Iterable[str]) -> list[str]:
    return [f"{name}/FinInstnId" for name in names]


# pain.001: a payment, and the block around it.
OF_CUSTOMER: Final = Carried(
    elements={
        "Amt",
        "Amt/InstdAmt",
        "ChrgBr",
        "PmtId",
        "PmtInfId",
        "PmtMtd",
        *_KIND_ELEMENTS,
        *("BtchBookg", "NbOfTxs", "CtrlSum"),  # How the debtor's own statement looks; counted.
        *_AGENTS,
    },
    trees={
        "Amt/EqvtAmt",  # Rejected by a name of its own, as is the next.
        "ChqInstr",
        "PmtId/EndToEndId",
        "PmtId/InstrId",
        "PmtId/UETR",
        "Purp",
        "ReqdExctnDt",
        "RmtInf",
        *_KIND_TREES,
        *_PARTY_TREES,
        *_institutions(_AGENTS),
    },
)
# Ids, counts and sums are checked, and of the initiating party its name goes on. Authstn may ask
# for somebody's word before anything is paid, and FwdgAgt names a bank that forwards: neither can
# be passed on.
OF_CUSTOMER_HEADER: Final = Carried(trees={"MsgId", "CreDtTm", "NbOfTxs", "CtrlSum", "InitgPty"})

# Who instructs whom in this message is checked against the banks of the payment.
_INSTRUCTING = ("InstgAgt", "InstdAgt")

# pacs.008. TxId is what the sender knows the payment by, and stands in the answer: on the rail
# every transfer has one made of its digest.
OF_INTERBANK: Final = Carried(
    elements={
        "ChrgBr",
        "InstdAmt",  # Must be the amount that settles.
        "IntrBkSttlmAmt",
        "IntrBkSttlmDt",
        "PmtId",
        *_KIND_ELEMENTS,
        *_AGENTS,
        *_INSTRUCTING,
    },
    trees={
        "InitgPty",
        "PmtId/EndToEndId",
        "PmtId/InstrId",
        "PmtId/TxId",
        "PmtId/UETR",
        "Purp",
        "RmtInf",
        *_KIND_TREES,
        *_PARTY_TREES,
        *_institutions(_AGENTS),
        *_institutions(_INSTRUCTING),
    },
)
# Which clearing system is the business of the rail behind this gate; that it is one is checked.
OF_INTERBANK_HEADER: Final = Carried(
    elements={"SttlmInf", *_KIND_ELEMENTS, *_INSTRUCTING},
    trees={
        "MsgId",
        "CreDtTm",
        "BtchBookg",
        "NbOfTxs",
        "CtrlSum",
        "TtlIntrBkSttlmAmt",
        "IntrBkSttlmDt",
        "SttlmInf/SttlmMtd",
        "SttlmInf/ClrSys",
        *_KIND_TREES,
        *_institutions(_INSTRUCTING),
    },
)
