"""How a simulated rail behaves: the odds of each fault, drawn alike for the same seed. Pure.

1. Whether a transfer is rejected or comes back, and how long it takes, is drawn once for it.
2. Whether a message is lost or doubled is drawn anew for each arrival and each answer, so what is
   sent again has a new chance. The numbers of both begin anew with the process.
"""

from collections import OrderedDict
from hashlib import sha256
from typing import Annotated, Final

import msgspec

Odds = Annotated[float, msgspec.Meta(ge=0, le=1)]
Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=86_400_000)]
DRAWS: Final = 2**64
_COUNTED_MAX = 50_000


class Behaviour(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Odds from 0 (never) to 1 (always)."""

    reject: Odds = 0.0
    lose_order: Odds = 0.0  # The pacs.008 vanishes before the rail stores it.
    lose_answer: Odds = 0.0  # A message to the peer is not sent, be it asked for or not.
    double_answer: Odds = 0.0  # A message to the peer is sent twice, byte for byte.
    returns: Odds = msgspec.field(default=0.0, name="return")  # What was settled comes back.
    return_less: Odds = 0.0  # Somebody keeps a part of what comes back.
    delay_min_ms: Milliseconds = 0
    delay_max_ms: Milliseconds = 0  # At least the minimum, or the minimum counts.
    says_in_process: bool = True  # An ACSP comes before what is final.


class Draws:
    """What happens to each message of one rail."""

    def __init__(self, seed: int, behaviour: Behaviour) -> None:
        self._seed = seed
        self._behaviour = behaviour
        self._counts: OrderedDict[tuple[str, str], int] = OrderedDict()

    def rejects(self, transaction_id: str) -> bool:
        return self._falls(self._behaviour.reject, "reject", transaction_id, 0)

    def delay_ms(self, transaction_id: str) -> int:
        least = self._behaviour.delay_min_ms
        spread = max(0, self._behaviour.delay_max_ms - least)
        return least + drawn(self._seed, "delay", transaction_id, 0) % (spread + 1)

    def returns(self, transaction_id: str) -> bool:
        return self._falls(self._behaviour.returns, "return", transaction_id, 0)

    def returned(self, transaction_id: str, amount: int) -> int:
        """How much of an amount comes back, in minor units: all of it, or less."""
        if not self._falls(self._behaviour.return_less, "return_less", transaction_id, 0):
            return amount
        return 1 + drawn(self._seed, "kept", transaction_id, 0) % amount

    def loses_order(self, transaction_id: str) -> bool:
        return self._next(self._behaviour.lose_order, "lose_order", transaction_id)

    def loses_answer(self, transaction_id: str) -> bool:
        return self._next(self._behaviour.lose_answer, "lose_answer", transaction_id)

    def doubles_answer(self, transaction_id: str) -> bool:
        return self._next(self._behaviour.double_answer, "double_answer", transaction_id)

    def _next(self, odds: float, what: str, transaction_id: str) -> bool:
        key = (what, transaction_id)
        number = self._counts.pop(key, 0)
        self._counts[key] = number + 1
        if len(self._counts) > _COUNTED_MAX:
            self._counts.popitem(last=False)
        return self._falls(odds, what, transaction_id, number)

    def _falls(self, odds: float, what: str, transaction_id: str, number: int) -> bool:
        return drawn(self._seed, what, transaction_id, number) < int(odds * DRAWS)


def drawn(seed: int, what: str, transaction_id: str, number: int) -> int:
    """A whole number below DRAWS, evenly spread over seeds, subjects and numbers."""
    told = f"{seed}/{what}/{transaction_id}/{number}".encode()
    return int.from_bytes(sha256(told).digest()[:8], "big")
