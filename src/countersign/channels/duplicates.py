"""Finds an id that occurs twice among millions, with 20 bytes of memory for each.

An id is kept as a keyed 16-byte hash: the random key leaves a sender no way to choose collisions.
"""

import secrets
from array import array
from hashlib import blake2b

import numpy as np

_HASH_BYTES = 16


class SeenIds:
    """The ids of one kind in one message, each with the position of its payment."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(_HASH_BYTES)
        self._hashes = bytearray()
        self._positions = array("I")

    def add(self, text: str, position: int) -> None:
        self._hashes += blake2b(text.encode(), digest_size=_HASH_BYTES, key=self._key).digest()
        self._positions.append(position)

    def first_duplicate(self) -> tuple[int, int] | None:
        """The positions of the first payment with an id seen before: that one, and this one."""
        first, second = np.frombuffer(self._hashes, dtype=np.uint64).reshape(-1, 2).T
        order = np.argsort(first, kind="stable")  # Like ids stay in their order.
        arranged = first[order]
        at = np.flatnonzero(arranged[1:] == arranged[:-1])
        earlier, later = order[at], order[at + 1]
        is_same = second[earlier] == second[later]
        if not is_same.any():
            return None
        again, before = min(zip(later[is_same], earlier[is_same], strict=True))
        return self._positions[int(before)], self._positions[int(again)]
