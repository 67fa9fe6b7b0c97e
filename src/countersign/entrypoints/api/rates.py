"""How often somebody may do something: so many at once, and so many a second from then on."""

from collections import OrderedDict
from collections.abc import Hashable

from countersign.infra.clock import monotonic

_MICROSECONDS = 1_000_000
_KNOWN_MAX = 10_000


class Rates:
    """One allowance for each key, in bounded memory; the one not used the longest is forgotten.

    The generic cell rate algorithm: for each key the time at which its allowance is whole again.
    """

    def __init__(self, *, per_second: int, at_once: int) -> None:
        self._interval = _MICROSECONDS // per_second
        self._burst = self._interval * at_once
        self._whole_at: OrderedDict[Hashable, int] = OrderedDict()

    def spend(self, key: Hashable, cost: int = 1) -> int:
        """Take from the allowance and give 0, or take nothing and give the ms until there is some.

        Whoever has something left may take more than that, and waits the longer afterwards.
        """
        if retry_ms := self.is_spent(key):
            return retry_ms
        now = _now()
        self._whole_at[key] = max(now, self._whole_at.get(key, now)) + cost * self._interval
        self._whole_at.move_to_end(key)
        if len(self._whole_at) > _KNOWN_MAX:
            self._whole_at.popitem(last=False)
        return 0

    def is_spent(self, key: Hashable) -> int:
        """The ms until something can be taken; 0 if it can now."""
        now = _now()
        missing = max(now, self._whole_at.get(key, now)) + self._interval - now - self._burst
        return max(0, -(-missing // 1000))


def _now() -> int:
    return int(monotonic() * _MICROSECONDS)
