"""The windows that the first rules need, exact and bounded, by debtor and by (debtor, creditor).

Rule: a window keeps at most EVENTS_MAX events an entity; a policy may not ask for a count beyond
it, so a count that reaches it has already answered every question that a rule can put.
"""

from typing import NamedTuple

HOUR_MS = 3_600_000
DAY_MS = 86_400_000
EVENTS_MAX = 64


class Facts(NamedTuple):
    """What is known of one order before it is counted itself."""

    amount: int
    count_1h: int  # Earlier orders of this debtor in the last hour.
    near_count_24h: int  # Those of the last 24 h just below the amount threshold.
    idle_ms: int  # Since the debtor's last order; -1 if there was none.
    is_new_creditor: bool


class Features:
    """All windows. Lists hold batch times in ms, oldest first."""

    def __init__(self) -> None:
        self.recent: dict[int, list[int]] = {}
        self.near: dict[int, list[int]] = {}
        self.last: dict[int, int] = {}
        self.pairs: set[tuple[int, bytes]] = set()

    def facts(self, debtor: int, creditor_index: bytes, amount: int, now_ms: int) -> Facts:
        last = self.last.get(debtor)
        near = self.near.get(debtor)
        recent = self.recent.get(debtor)
        return Facts(
            amount,
            0 if recent is None else _count_since(recent, now_ms - HOUR_MS),
            0 if near is None else _count_since(near, now_ms - DAY_MS),
            -1 if last is None else now_ms - last,
            (debtor, creditor_index) not in self.pairs,
        )

    def observe(self, debtor: int, creditor_index: bytes, now_ms: int, *, is_near: bool) -> None:
        """Count one decided order."""
        _append(self.recent.setdefault(debtor, []), now_ms)
        if is_near:
            _append(self.near.setdefault(debtor, []), now_ms)
        self.last[debtor] = now_ms
        self.pairs.add((debtor, creditor_index))


def _count_since(times: list[int], start_ms: int) -> int:
    if times[-1] <= start_ms:
        return 0
    if times[0] > start_ms:
        return len(times)
    return sum(1 for time in times if time > start_ms)


def _append(times: list[int], now_ms: int) -> None:
    if len(times) >= EVENTS_MAX:
        del times[0]
    times.append(now_ms)
