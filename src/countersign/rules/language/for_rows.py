"""Expressions compiled for one row: one Python function that gives which conditions hold.

The function is put together from checked trees alone. No text of an author's gets into it: names
become numbered variables, values are whole numbers. A condition that may be null is asked in one of
two ways, "is it true" and "is it false", so that no null is ever carried through `and` and `or`.
"""

from collections.abc import Callable, Sequence

from countersign.kernel.invariant import invariant
from countersign.rules.language.tree import (
    INT_MAX,
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
    may_be_null,
    names_in,
)

Row = Sequence[int | None]
Holding = Callable[[Row], list[int]]


def compile_rows(conditions: Sequence[Condition], names: Sequence[str]) -> Holding:
    """A function from the values of `names`, in that order, to the places of what holds."""
    place = {name: number for number, name in enumerate(names)}
    invariant(all(name in place for name in names_in(tuple(conditions))), "every name is given")
    writer = _Writer(place)
    lines = ["def holding(row):"]
    if names:
        lines.append(f"    {', '.join(f'v{n}' for n in range(len(names)))}, = row")
    lines.append("    out = []")
    for number, condition in enumerate(conditions):
        lines.append(f"    if {writer.truth(condition)}: out.append({number})")
    lines.append("    return out")
    scope = {"fit": fit, "divide": divide, "least": _least, "greatest": _greatest}
    code = compile("\n".join(lines), "<rules>", "exec")
    exec(code, scope)  # noqa: S102  # Made of checked trees only, see above.
    holding: Holding = scope["holding"]  # type: ignore[assignment]  # Defined by that code.
    return holding


def fit(value: int) -> int | None:
    """The value if it is one of 64 bits."""
    return value if INT_MIN <= value <= INT_MAX else None


def divide(left: int, right: int) -> int | None:
    """Truncated toward zero; null by zero."""
    if right == 0:
        return None
    quotient = abs(left) // abs(right)
    return fit(quotient if (left < 0) == (right < 0) else -quotient)


def _least(*values: int | None) -> int | None:
    return min((value for value in values if value is not None), default=None)


def _greatest(*values: int | None) -> int | None:
    return max((value for value in values if value is not None), default=None)


class _Writer:
    """Writes expressions; each one is closed in itself."""

    def __init__(self, place: dict[str, int]) -> None:
        self._place = place
        self._temporaries = 0

    def truth(self, node: Condition) -> str:
        """An expression that is True exactly if the condition is true."""
        return self._asked(node, is_true=True)

    def _asked(self, node: Condition, *, is_true: bool) -> str:  # noqa: PLR0911  # A case a node.
        """True exactly if the condition is true (or is false); a null one is neither."""
        match node:
            case Truth():
                return str(node.is_true == is_true)
            case Compared():
                relation = node.relation if is_true else _OPPOSITES[node.relation]
                return self._compared(relation, node.left, node.right)
            case Among():
                word = "in" if is_true else "not in"
                return self._guarded([node.of], lambda of: f"{of} {word} {set(node.values)!r}")
            case IsNull():
                word = "is" if is_true else "is not"
                return (
                    f"({self.value(node.of)} {word} None)"
                    if may_be_null(node.of)
                    else str(not is_true)
                )
            case Settled():
                inner = self._asked(node.of, is_true=node.is_true)
                return inner if is_true else f"(not {inner})"
            case Not():
                return self._asked(node.of, is_true=not is_true)
            case All() | Any():
                word = " and " if isinstance(node, All) == is_true else " or "
                return "(" + word.join(self._asked(part, is_true=is_true) for part in node.of) + ")"

    def _compared(self, relation: Relation, left: Numeric, right: Numeric) -> str:
        sign = _SIGNS[relation]
        return self._guarded([left, right], lambda a, b: f"{a} {sign} {b}")

    def value(self, node: Numeric) -> str:  # noqa: C901, PLR0911  # A case a node.
        """An expression for the number, None where it is null."""
        match node:
            case Number():
                return f"({node.value})"
            case Read():
                return f"v{self._place[node.name]}"
            case Negated():
                return self._computed([node.of], lambda a: f"fit(-{a})")
            case Absolute():
                return self._computed([node.of], lambda a: f"fit(abs({a}))")
            case Combined():
                return self._computed([node.left, node.right], _SUMS[node.sum])
            case Folded(fold=Fold.COALESCE):
                return self._first(node.of)
            case Folded():
                return f"{node.fold.lower()}({', '.join(self.value(part) for part in node.of)})"
            case Chosen():
                cases = "".join(f"{self.value(v)} if {self.truth(c)} else " for c, v in node.cases)
                return f"({cases}{'None' if node.other is None else self.value(node.other)})"

    def _first(self, of: Sequence[Numeric]) -> str:
        value = self.value(of[0])
        if len(of) == 1 or not may_be_null(of[0]):
            return value
        name = self._temporary()
        return f"({name} if ({name} := {value}) is not None else {self._first(of[1:])})"

    def _guarded(self, of: Sequence[Numeric], asked: Callable[..., str]) -> str:
        """The question, which no null answers."""
        guards, operands = self._operands(of)
        return "(" + " and ".join([*guards, asked(*operands)]) + ")"

    def _computed(self, of: Sequence[Numeric], computed: Callable[..., str]) -> str:
        """The number, null where an operand is."""
        guards, operands = self._operands(of)
        value = computed(*operands)
        return f"({value} if {' and '.join(guards)} else None)" if guards else value

    def _operands(self, of: Sequence[Numeric]) -> tuple[list[str], list[str]]:
        """What must hold before they may be used, and the operands themselves."""
        guards, operands = [], []
        for node in of:
            value = self.value(node)
            if not may_be_null(node):
                operands.append(value)
            elif isinstance(node, Read):
                guards.append(f"{value} is not None")
                operands.append(value)
            else:
                name = self._temporary()
                guards.append(f"({name} := {value}) is not None")
                operands.append(name)
        return guards, operands

    def _temporary(self) -> str:
        self._temporaries += 1
        return f"t{self._temporaries}"


_SIGNS = {
    Relation.EQUAL: "==",
    Relation.OTHER: "!=",
    Relation.LESS: "<",
    Relation.AT_MOST: "<=",
    Relation.MORE: ">",
    Relation.AT_LEAST: ">=",
}
_OPPOSITES = {
    Relation.EQUAL: Relation.OTHER,
    Relation.OTHER: Relation.EQUAL,
    Relation.LESS: Relation.AT_LEAST,
    Relation.AT_MOST: Relation.MORE,
    Relation.MORE: Relation.AT_MOST,
    Relation.AT_LEAST: Relation.LESS,
}
_SUMS: dict[Sum, Callable[[str, str], str]] = {
    Sum.ADD: lambda a, b: f"fit({a} + {b})",
    Sum.SUBTRACT: lambda a, b: f"fit({a} - {b})",
    Sum.MULTIPLY: lambda a, b: f"fit({a} * {b})",
    Sum.DIVIDE: lambda a, b: f"divide({a}, {b})",
    Sum.RATIO: lambda a, b: f"divide({a} * {MILLION}, {b})",
}
