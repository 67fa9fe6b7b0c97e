"""The numbers that a reason rests on: what its rule compared, the bound that it set, the usual.

Rules: 1. Shown is what held: of alternatives those that were met. 2. A bound is in the unit of what
it bounds, rounded so that it stays the same bound. 3. What has no such form (products of two facts,
say) is shown as its facts without a bound.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from math import gcd
from typing import NamedTuple

from countersign.entrypoints.console.knowledge import label_of, text_of
from countersign.gate.facts import VOCABULARY
from countersign.kernel.refusal import Language
from countersign.rules.language.for_rows import compile_rows
from countersign.rules.language.reading import read_condition
from countersign.rules.language.tree import (
    All,
    Any,
    Combined,
    Compared,
    Condition,
    Fold,
    Folded,
    IsNull,
    Name,
    Negated,
    Not,
    Number,
    Numeric,
    Read,
    Relation,
    Sum,
    Type,
    names_in,
)
from countersign.rules.model import Policy

Values = Mapping[str, int | None]
# How a bound is said, for the language's place in the pair.
_BOUNDS = {
    Relation.AT_LEAST: ("from {bound}", "門檻 {bound}"),
    Relation.MORE: ("above {bound}", "超過 {bound}"),
    Relation.AT_MOST: ("up to {bound}", "至多 {bound}"),
    Relation.LESS: ("below {bound}", "低於 {bound}"),
    Relation.EQUAL: ("equal to {bound}", "等於 {bound}"),
    Relation.OTHER: ("other than {bound}", "不等於 {bound}"),
}
_TURNED = {
    Relation.AT_LEAST: Relation.AT_MOST,
    Relation.MORE: Relation.LESS,
    Relation.AT_MOST: Relation.AT_LEAST,
    Relation.LESS: Relation.MORE,
}
_ROUNDED_UP = {Relation.AT_LEAST, Relation.LESS}
_STRICTER = {
    Relation.AT_LEAST: max,
    Relation.MORE: max,
    Relation.AT_MOST: min,
    Relation.LESS: min,
}
_OF_POLICY = ("The policy's amount “{word}”", "策略的「{word}」金額")
_NONE = ("none", "無")
_JOINT = (", ", "，")
# The median that is the usual of what is compared, where the policy asked for it too.
_USUAL = {
    "amount": "debtor_median_30d",
    "debtor_median_ratio_30d": "debtor_median_30d",
    "pair_median_ratio_30d": "pair_median_30d",
}


class Figure(NamedTuple):
    """One number; `bound` and `usual` are empty where there is none."""

    label: str
    value: str
    bound: str = ""
    usual: str = ""
    is_amount: bool = False  # It is the order's own amount, which lists show anyway.


class _Linear(NamedTuple):
    """A sum of facts, each so many times, and a constant."""

    terms: dict[str, int]
    constant: int


class _Found(NamedTuple):
    """A fact, or several that count together, and what bounds it."""

    names: tuple[str, ...]
    value: int | None
    bounds: dict[Relation, int]

    def with_bounds(self, others: Mapping[Relation, int]) -> "_Found":
        """Of two bounds of one kind the stricter one decides."""
        bounds = dict(others)
        for relation, bound in self.bounds.items():
            stricter = _STRICTER.get(relation, max)
            bounds[relation] = stricter(bounds.get(relation, bound), bound)
        return self._replace(bounds=bounds)


class _Of(NamedTuple):
    """What figures are of one order."""

    values: Values
    words: frozenset[str]  # That the policy adds.
    currency: str
    language: Language

    @property
    def place(self) -> int:
        return 1 if self.language == "zh" else 0

    def label(self, name: str) -> str:
        if name in self.words:
            return _OF_POLICY[self.place].format(word=name)
        return label_of(name, self.language)

    def text(self, name: str, value: int) -> str:
        return text_of(
            "amount" if name in self.words else name, value, self.currency, self.language
        )


def figures_of(
    policy: Policy, code: str, facts: Values, currency: str, language: Language
) -> list[Figure]:
    """What the rule of this code found, the figures of one fact together; empty for no rule."""
    when = next((rule.when for rule in policy.rules if rule.code == code), "")
    amounts = {word: by_currency.get(currency) for word, by_currency in policy.amounts.items()}
    values = {**facts, **amounts}
    condition = _condition(when, tuple(amounts)) if when else None
    if condition is None or not all(_is_known(name, values) for name in names_in(condition)):
        return []
    of = _Of(values, frozenset(amounts), currency, language)
    found: dict[tuple[str, ...], _Found] = {}
    for one in (one for part in _held(condition, values) for one in _found(part, of)):
        before = found.get(one.names)
        found[one.names] = one.with_bounds(before.bounds) if before else one
    return [_figure(one, of) for one in found.values()]


def _is_known(name: str, values: Values) -> bool:
    """Whether a rule can be read with this value: none where there may be none."""
    if name not in values:
        return False
    return values[name] is not None or name not in VOCABULARY or VOCABULARY[name].is_nullable


@lru_cache(maxsize=512)
def _condition(when: str, words: tuple[str, ...]) -> Condition:
    return read_condition(
        when, {**VOCABULARY, **{word: Name(Type.INT, is_nullable=True) for word in words}}
    )


@lru_cache(maxsize=2048)
def _test(condition: Condition) -> tuple[tuple[str, ...], object]:
    names = tuple(dict.fromkeys(names_in(condition)))
    return names, compile_rows([condition], names)


def _is_met(condition: Condition, values: Values) -> bool:
    names, holding = _test(condition)
    return bool(holding([values[name] for name in names]))  # type: ignore[operator]


def _held(condition: Condition, values: Values) -> Iterator[Condition]:
    """The single comparisons that were met."""
    if not _is_met(condition, values):
        return
    if isinstance(condition, All | Any):
        for part in condition.of:
            yield from _held(part, values)
    else:
        yield condition


def _found(part: Condition, of: _Of) -> Iterator[_Found]:
    if isinstance(part, Not) and isinstance(part.of, IsNull):
        return  # That something is known is no number.
    compared = _compared(part, of) if isinstance(part, Compared) else None
    if compared:
        yield compared
        return
    for name in dict.fromkeys(names_in(part)):
        yield _Found((name,), of.values[name], {})


def _compared(part: Compared, of: _Of) -> _Found | None:
    """What stands on one side, bounded by what the other side came to."""
    left, right = _linear(part.left, of.values), _linear(part.right, of.values)
    relation = part.relation
    if left is None or right is None:
        return None
    if not left.terms or left.terms.keys() <= of.words:
        left, right, relation = right, left, _TURNED.get(relation, relation)
    times = gcd(*left.terms.values()) if left.terms else 0
    if times == 0 or any(each != times for each in left.terms.values()):
        return None
    total = _total(right, of.values) - left.constant
    bound = -(-total // times) if relation in _ROUNDED_UP else total // times
    return _Found(
        tuple(left.terms),
        sum(of.values[name] or 0 for name in left.terms),
        {relation: bound},
    )


def _figure(one: _Found, of: _Of) -> Figure:
    first = one.names[0]
    bounds = [
        _BOUNDS[relation][of.place].format(bound=of.text(first, bound))
        for relation, bound in one.bounds.items()
    ]
    return Figure(
        " + ".join(of.label(name) for name in one.names),
        _NONE[of.place] if one.value is None else of.text(first, one.value),
        _JOINT[of.place].join(bounds),
        _usual(first, of) if len(one.names) == 1 else "",
        one.names == ("amount",),
    )


def _usual(name: str, of: _Of) -> str:
    median = _USUAL.get(name, "")
    value = of.values.get(median)
    return "" if value is None else of.text(median, value)


def _linear(node: Numeric, values: Values) -> _Linear | None:
    """The sum that a number is; None where it is none or was not known."""
    match node:
        case Number(value=value):
            return _Linear({}, value)
        case Read(name=name):
            return _Linear({name: 1}, 0) if values[name] is not None else None
        case Negated(of=of):
            found = _linear(of, values)
            return _times(found, -1) if found else None
        case Folded(fold=Fold.COALESCE, of=parts):
            known = (_linear(part, values) for part in parts)
            return next((one for one in known if one), None)
        case Combined(sum=kind, left=left, right=right):
            return _combined(kind, _linear(left, values), _linear(right, values))
        case _:
            return None


def _combined(kind: Sum, left: _Linear | None, right: _Linear | None) -> _Linear | None:
    if left is None or right is None:
        return None
    if kind == Sum.MULTIPLY:
        if left.terms and right.terms:
            return None
        some, times = (left, right.constant) if left.terms else (right, left.constant)
        return _times(some, times)
    if kind not in {Sum.ADD, Sum.SUBTRACT}:
        return None
    other = right if kind == Sum.ADD else _times(right, -1)
    terms = dict(left.terms)
    for name, times in other.terms.items():
        terms[name] = terms.get(name, 0) + times
    return _Linear(terms, left.constant + other.constant)


def _times(one: _Linear, times: int) -> _Linear:
    return _Linear({name: each * times for name, each in one.terms.items()}, one.constant * times)


def _total(one: _Linear, values: Values) -> int:
    return one.constant + sum((values[name] or 0) * times for name, times in one.terms.items())
