"""Expressions compiled for arrays: many rows at once, with numpy. Says what `for_rows` says.

A number is a pair of arrays: values, and where they are null. A condition is a pair too: where it
is true, and where it is false. Where a step may leave 64 bits it is done exactly, element by
element; everything else is vectorised.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from countersign.rules.language.for_rows import divide, fit
from countersign.rules.language.tree import (
    INT_MIN,
    MILLION,
    Absolute,
    All,
    Among,
    Any,
    Chosen,
    Combined,
    Compared,
    Condition,
    Fold,
    Folded,
    IsNull,
    Negated,
    Not,
    Number,
    Numeric,
    Read,
    Relation,
    Settled,
    Sum,
    Truth,
)

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Column(NamedTuple):
    """The values of one name, (n,) int64, and where they are null, (n,) bool."""

    values: Ints
    is_null: Bools


class _Asked(NamedTuple):
    is_true: Bools
    is_false: Bools


Columns = Mapping[str, Column]
Matrix = NDArray[np.bool_]


def compile_arrays(conditions: Sequence[Condition]) -> Callable[[Columns, int], Matrix]:
    """A function from columns of n rows to what holds, (n, conditions) bool."""

    def holding(columns: Columns, rows: int) -> Matrix:
        evaluation = _Evaluation(columns, rows)
        out = np.zeros((rows, len(conditions)), dtype=np.bool_)
        for number, condition in enumerate(conditions):
            out[:, number] = evaluation.condition(condition).is_true
        return out

    return holding


def column_of(values: Sequence[int | None]) -> Column:
    """A column from plain values."""
    return Column(
        np.array([0 if value is None else value for value in values], dtype=np.int64),
        np.array([value is None for value in values], dtype=np.bool_),
    )


class _Evaluation:
    def __init__(self, columns: Columns, rows: int) -> None:
        self._columns = columns
        self._rows = rows
        self._nowhere = np.zeros(rows, dtype=np.bool_)

    def condition(self, node: Condition) -> _Asked:  # noqa: C901, PLR0911  # A case a node.
        match node:
            case Truth():
                asked = _Asked(~self._nowhere, self._nowhere)
                return asked if node.is_true else _Asked(*reversed(asked))
            case Compared():
                left, right = self.number(node.left), self.number(node.right)
                there = ~(left.is_null | right.is_null)
                holds = _RELATIONS[node.relation](left.values, right.values)
                return _Asked(there & holds, there & ~holds)
            case Among():
                of = self.number(node.of)
                holds = np.isin(of.values, np.array(node.values, dtype=np.int64))
                return _Asked(~of.is_null & holds, ~of.is_null & ~holds)
            case IsNull():
                is_null = self.number(node.of).is_null
                return _Asked(is_null, ~is_null)
            case Settled():
                asked = self.condition(node.of)
                holds = asked.is_true if node.is_true else asked.is_false
                return _Asked(holds, ~holds)
            case Not():
                asked = self.condition(node.of)
                return _Asked(asked.is_false, asked.is_true)
            case All():
                parts = [self.condition(part) for part in node.of]
                return _Asked(
                    _every([p.is_true for p in parts]), _some([p.is_false for p in parts])
                )
            case Any():
                parts = [self.condition(part) for part in node.of]
                return _Asked(
                    _some([p.is_true for p in parts]), _every([p.is_false for p in parts])
                )

    def number(self, node: Numeric) -> Column:
        match node:
            case Number():
                return Column(np.full(self._rows, node.value, dtype=np.int64), self._nowhere)
            case Read():
                return self._columns[node.name]
            case Negated() | Absolute():
                return _turned(self.number(node.of), node)
            case Combined():
                return _combined(node.sum, self.number(node.left), self.number(node.right))
            case Folded():
                return reduce(_FOLDS[node.fold], [self.number(part) for part in node.of])
            case Chosen():
                return self._chosen(node)

    def _chosen(self, node: Chosen) -> Column:
        nothing = Column(np.zeros(self._rows, dtype=np.int64), ~self._nowhere)
        found = nothing if node.other is None else self.number(node.other)
        for condition, number in reversed(node.cases):
            holds, column = self.condition(condition).is_true, self.number(number)
            found = _where(holds, column, found)
        return found


def _where(holds: Bools, column: Column, other: Column) -> Column:
    values = np.where(holds, column.values, other.values)
    return Column(values, np.where(holds, column.is_null, other.is_null))


def _every(parts: Sequence[Bools]) -> Bools:
    return reduce(np.logical_and, parts)


def _some(parts: Sequence[Bools]) -> Bools:
    return reduce(np.logical_or, parts)


def _turned(of: Column, node: Negated | Absolute) -> Column:
    values = -of.values if isinstance(node, Negated) else np.abs(of.values)
    return Column(values, of.is_null | (of.values == INT_MIN))  # Its opposite does not fit.


def _combined(kind: Sum, left: Column, right: Column) -> Column:
    is_null = left.is_null | right.is_null
    a, b = np.where(is_null, 0, left.values), np.where(is_null, 0, right.values)
    with np.errstate(over="ignore"):
        values, is_sure = _SUMS[kind](a, b)
    # Floats tell where a result surely fits; the others are few and are done exactly.
    for place in np.flatnonzero(~is_sure & ~is_null):
        exact = _EXACT[kind](int(a[place]), int(b[place]))
        is_null[place] = exact is None
        values[place] = 0 if exact is None else exact
    return Column(values, is_null)


def _added(a: Ints, b: Ints) -> tuple[Ints, Bools]:
    return a + b, np.abs(a.astype(np.float64) + b.astype(np.float64)) < _SURE


def _subtracted(a: Ints, b: Ints) -> tuple[Ints, Bools]:
    return a - b, np.abs(a.astype(np.float64) - b.astype(np.float64)) < _SURE


def _multiplied(a: Ints, b: Ints) -> tuple[Ints, Bools]:
    return a * b, np.abs(a.astype(np.float64) * b.astype(np.float64)) < _SURE


def _divided(a: Ints, b: Ints) -> tuple[Ints, Bools]:
    is_sure = (b != 0) & (a != INT_MIN) & (b != INT_MIN)
    divisor = np.where(is_sure, b, 1)
    quotient = np.abs(np.where(is_sure, a, 0)) // np.abs(divisor)
    return np.where((a < 0) == (divisor < 0), quotient, -quotient), is_sure


def _ratio(a: Ints, b: Ints) -> tuple[Ints, Bools]:
    product, is_sure = _multiplied(a, np.full_like(a, MILLION))
    values, is_divided = _divided(np.where(is_sure, product, 0), b)
    return values, is_sure & is_divided


def _coalesce(first: Column, second: Column) -> Column:
    return _where(~first.is_null, first, second)


def _least(first: Column, second: Column) -> Column:
    is_first = ~first.is_null & (second.is_null | (first.values <= second.values))
    return _where(is_first, first, second)


def _greatest(first: Column, second: Column) -> Column:
    is_first = ~first.is_null & (second.is_null | (first.values >= second.values))
    return _where(is_first, first, second)


_SURE = np.float64(2**62)
_SUMS: dict[Sum, Callable[[Ints, Ints], tuple[Ints, Bools]]] = {
    Sum.ADD: _added,
    Sum.SUBTRACT: _subtracted,
    Sum.MULTIPLY: _multiplied,
    Sum.DIVIDE: _divided,
    Sum.RATIO: _ratio,
}
_EXACT: dict[Sum, Callable[[int, int], int | None]] = {
    Sum.ADD: lambda a, b: fit(a + b),
    Sum.SUBTRACT: lambda a, b: fit(a - b),
    Sum.MULTIPLY: lambda a, b: fit(a * b),
    Sum.DIVIDE: divide,
    Sum.RATIO: lambda a, b: divide(a * MILLION, b),
}
_FOLDS: dict[Fold, Callable[[Column, Column], Column]] = {
    Fold.COALESCE: _coalesce,
    Fold.LEAST: _least,
    Fold.GREATEST: _greatest,
}
_RELATIONS: dict[Relation, Callable[[Ints, Ints], Bools]] = {
    Relation.EQUAL: np.equal,
    Relation.OTHER: np.not_equal,
    Relation.LESS: np.less,
    Relation.AT_MOST: np.less_equal,
    Relation.MORE: np.greater,
    Relation.AT_LEAST: np.greater_equal,
}
