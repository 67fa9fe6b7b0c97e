"""Which features there are: each entity, aggregate and window by one name, declared as data.

A value is a whole number of 64 bits or null. Null says that there is nothing to tell: no order to
have a maximum or a median, none to have passed time since, a sum that does not fit.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from countersign.features.history import History

INT64_MAX = 2**63 - 1
MILLION = 1_000_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
WINDOWS = {"1h": HOUR_MS, "24h": DAY_MS, "7d": 7 * DAY_MS, "30d": 30 * DAY_MS}
_IN_WORDS = {
    "1h": ("hour", "1 小時"),
    "24h": ("24 hours", "24 小時"),
    "7d": ("7 days", "7 天"),
    "30d": ("30 days", "30 天"),
}


class Moment(NamedTuple):
    """What features of one order are read from."""

    now_ms: int
    amount: int
    debtor: History
    creditor: History
    pair: History
    inflow: History  # What others here paid to the debtor's own account.
    fresh: History  # The debtor's orders to creditors that were new to it, see `model.Features`.


Reading = Callable[[Moment], int | None]


class Feature(NamedTuple):
    """One feature: its name, what it says, and how it is read."""

    name: str
    english: str
    chinese: str
    is_nullable: bool
    read: Reading


class _Entity(NamedTuple):
    name: str
    of: Callable[[Moment], History]
    english: str
    chinese: str
    others: str  # What its distinct other sides are called; "" where it has none.


class _Aggregate(NamedTuple):
    name: str
    of: Callable[[History, int], int | None]
    english: str
    chinese: str
    is_nullable: bool


def _fit(value: int) -> int | None:
    return value if value <= INT64_MAX else None


def _total(history: History, start_ms: int) -> int | None:
    return _fit(history.total(start_ms))


_ENTITIES = (
    _Entity("debtor", lambda m: m.debtor, "of this debtor", "此付款帳戶", "creditors"),
    _Entity("creditor", lambda m: m.creditor, "to this creditor", "付往此收款帳戶", "debtors"),
    _Entity("inflow", lambda m: m.inflow, "into the debtor's account", "流入付款帳戶", "debtors"),
    _Entity("pair", lambda m: m.pair, "of this debtor to this creditor", "此雙方之間", ""),
    _Entity("fresh", lambda m: m.fresh, "of this debtor to creditors of its last 30 days",
            "此付款帳戶付往近 30 天新收款帳戶", "creditors"),
)  # fmt: skip
_AGGREGATES = (
    _Aggregate("count", History.count, "orders {of} in the last {window}",
               "過去 {window}{of}的指令數", is_nullable=False),
    _Aggregate("sum", _total, "sum of the orders {of} in the last {window}",
               "過去 {window}{of}的金額總和", is_nullable=True),
    _Aggregate("max", History.greatest, "greatest order {of} in the last {window}",
               "過去 {window}{of}的最大金額", is_nullable=True),
)  # fmt: skip


def _windowed(entity: _Entity, aggregate: _Aggregate, window: str) -> Feature:
    span_ms, of, value = WINDOWS[window], entity.of, aggregate.of
    english, chinese = _IN_WORDS[window]

    def read(moment: Moment) -> int | None:
        return value(of(moment), moment.now_ms - span_ms)

    return Feature(
        f"{entity.name}_{aggregate.name}_{window}",
        aggregate.english.format(of=entity.english, window=english),
        aggregate.chinese.format(of=entity.chinese, window=chinese),
        aggregate.is_nullable,
        read,
    )


def _since(entity: _Entity) -> Iterator[Feature]:
    """How long ago its newest and its oldest order was."""
    of = entity.of

    def since(at_ms: Callable[[History], int]) -> Reading:
        def read(moment: Moment) -> int | None:
            then_ms = at_ms(of(moment))
            return None if then_ms < 0 else moment.now_ms - then_ms

        return read

    yield Feature(
        f"{entity.name}_idle_ms",
        f"milliseconds since the last order {entity.english}; null if there was none",
        f"距{entity.chinese}上一筆指令的毫秒數；從未有過則為空",
        is_nullable=True,
        read=since(lambda history: history.last_ms),
    )
    yield Feature(
        f"{entity.name}_age_ms",
        f"milliseconds since the first order {entity.english}; null if there was none",
        f"距{entity.chinese}首筆指令的毫秒數；從未有過則為空",
        is_nullable=True,
        read=since(lambda history: history.first_ms),
    )


def _against_median(entity: _Entity) -> Iterator[Feature]:
    of, span_ms = entity.of, WINDOWS["30d"]

    def median(moment: Moment) -> int | None:
        return of(moment).median(moment.now_ms - span_ms)

    def ratio(moment: Moment) -> int | None:
        usual = median(moment)
        return _fit(moment.amount * MILLION // usual) if usual else None

    yield Feature(
        f"{entity.name}_median_30d",
        f"median amount of the orders {entity.english} in the last 30 days",
        f"過去 30 天{entity.chinese}的金額中位數",
        is_nullable=True,
        read=median,
    )
    yield Feature(
        f"{entity.name}_median_ratio_30d",
        f"this amount in millionths of the median of the orders {entity.english}",
        f"本筆金額與{entity.chinese}中位數之比（百萬分之一）",
        is_nullable=True,
        read=ratio,
    )


def _all() -> Iterator[Feature]:
    for entity in _ENTITIES:
        for window in WINDOWS:
            for aggregate in _AGGREGATES:
                yield _windowed(entity, aggregate, window)
            if entity.others:
                yield _windowed(entity, _distinct(entity), window)
        yield from _since(entity)
        yield from _against_median(entity)


def _distinct(entity: _Entity) -> _Aggregate:
    other = {"creditors": "收款帳戶", "debtors": "付款帳戶"}[entity.others]
    return _Aggregate(
        entity.others,
        History.distinct_others,
        f"different {entity.others} of the orders {{of}} in the last {{window}}",
        f"過去 {{window}}{{of}}涉及的不同{other}數",
        is_nullable=False,
    )


FEATURES: dict[str, Feature] = {feature.name: feature for feature in _all()}
