"""What is random in the city: a generator of its own for each actor and day, made from the seed.

Nobody's draws change anybody else's, so a city with one holder more lives the same life otherwise.
"""

from hashlib import sha256
from math import log
from random import Random  # noqa: TID251  # Seeded, and never near a secret.
from typing import Self


class Chance(Random):
    """Random draws; the same for the same parts."""

    @classmethod
    def of(cls, *parts: str | int) -> Self:
        return cls(int.from_bytes(sha256(repr(parts).encode()).digest()[:8], "big"))

    def happens(self, share: float) -> bool:
        return self.random() < share

    def around(self, middle: int, spread: float) -> int:
        """A whole number with a heavy tail; half of all are below the middle."""
        return max(1, round(self.lognormvariate(log(max(middle, 1)), spread)))

    def digits(self, count: int) -> str:
        return "".join(self.choices("0123456789", k=count))
