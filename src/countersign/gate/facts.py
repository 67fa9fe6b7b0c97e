"""The words that rules may use, and how each is read of an order: what it says, and what is usual.

Values are whole numbers or null, never text: a currency is its ISO 4217 number. The windows are
those of the moment of ordering; what was read then is recorded, and asked again at dispatch.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from countersign.features.declared import FEATURES, Moment
from countersign.kernel.money import numeric_codes
from countersign.rules.judge import Facts
from countersign.rules.language.tree import Name, Type

DAY_MS = 86_400_000
_THURSDAY = 4  # 1970-01-01 was one; Monday is 1.


class OrderMoment(NamedTuple):
    """What an order's own facts are read from."""

    moment: Moment
    currency: str
    days_ahead: int
    available: int  # Of the debtor, before this order.
    is_here: bool  # The creditor has an account in this house.


class Fact(NamedTuple):
    name: Name
    english: str
    chinese: str
    read: Callable[[OrderMoment], int | None]


def _hour(of: OrderMoment) -> int:
    return of.moment.now_ms % DAY_MS // 3_600_000


def _weekday(of: OrderMoment) -> int:
    return (of.moment.now_ms // DAY_MS + _THURSDAY - 1) % 7 + 1


_CODES = numeric_codes()
_INT = Name(Type.INT)
_OWN: dict[str, Fact] = {
    "amount": Fact(_INT, "minor units of the currency", "本筆金額（最小貨幣單位）",
                   lambda of: of.moment.amount),
    "available": Fact(_INT, "what the debtor could spend before it", "付款帳戶在此前的可用餘額",
                      lambda of: of.available),
    "creditor_is_here": Fact(_INT, "1 if the creditor has an account in this house, else 0",
                             "收款帳戶在本機構為 1，否則為 0", lambda of: int(of.is_here)),
    "currency": Fact(Name(Type.CODE, codes=_CODES), "the ISO 4217 code, such as 'EUR'",
                     "ISO 4217 幣別代碼，例如 'EUR'", lambda of: _CODES.get(of.currency)),
    "days_ahead": Fact(_INT, "days until it is to be carried out", "距執行日的天數",
                       lambda of: of.days_ahead),
    "hour": Fact(_INT, "hour of the day, UTC, 0 to 23", "下單時刻（UTC，0 至 23 時）", _hour),
    "weekday": Fact(_INT, "day of the week, UTC, 1 is Monday", "星期幾（UTC，1 為星期一）",
                    _weekday),
}  # fmt: skip


def _of_feature(name: str) -> Fact:
    feature = FEATURES[name]
    read = feature.read
    return Fact(
        Name(Type.INT, is_nullable=feature.is_nullable),
        feature.english,
        feature.chinese,
        lambda of: read(of.moment),
    )


FACTS: dict[str, Fact] = {**_OWN, **{name: _of_feature(name) for name in FEATURES}}
VOCABULARY = {name: fact.name for name, fact in FACTS.items()}


def read_facts(names: tuple[str, ...], of: OrderMoment) -> Facts:
    """The values of these facts for one order."""
    return Facts(names, tuple([read(of) for read in _readers(names)]))


@lru_cache(maxsize=64)
def _readers(names: tuple[str, ...]) -> tuple[Callable[[OrderMoment], int | None], ...]:
    return tuple(FACTS[name].read for name in names)
