"""What an expression consists of once it was checked: plain values, no text of the author's left.

A whole number may be null unless its node says otherwise; a condition is true, false or null.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

INT_MIN, INT_MAX = -(2**63), 2**63 - 1
MILLION = 1_000_000


class Type(StrEnum):
    INT = "number"
    BOOL = "condition"
    CODE = "code"  # A name from a closed list, such as a currency; it can only be compared.


class Name(NamedTuple):
    """One word of a vocabulary. A code's values are numbers, by their text."""

    type: Type
    is_nullable: bool = False
    codes: Mapping[str, int] = {}


Vocabulary = Mapping[str, Name]


class Fold(StrEnum):
    """Functions of one or more numbers."""

    LEAST = "LEAST"
    GREATEST = "GREATEST"
    COALESCE = "COALESCE"


class Sum(StrEnum):
    """Two numbers that make one."""

    ADD = "+"
    SUBTRACT = "-"
    MULTIPLY = "*"
    DIVIDE = "QUOTIENT"  # Truncated toward zero.
    RATIO = "RATIO"  # The same in millionths, of the exact product.


class Relation(StrEnum):
    EQUAL = "="
    OTHER = "<>"
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="


class Number(NamedTuple):
    value: int


class Read(NamedTuple):
    """The value of a name: a number or a code."""

    name: str
    is_nullable: bool


class Negated(NamedTuple):
    of: "Numeric"


class Absolute(NamedTuple):
    of: "Numeric"


class Combined(NamedTuple):
    sum: Sum
    left: "Numeric"
    right: "Numeric"


class Folded(NamedTuple):
    fold: Fold
    of: tuple["Numeric", ...]


class Chosen(NamedTuple):
    """The number of the first condition that holds, or the other one, or null."""

    cases: tuple[tuple["Condition", "Numeric"], ...]
    other: "Numeric | None"


Numeric = Number | Read | Negated | Absolute | Combined | Folded | Chosen


class Truth(NamedTuple):
    is_true: bool


class Compared(NamedTuple):
    relation: Relation
    left: Numeric
    right: Numeric


class Among(NamedTuple):
    """Whether a number is one of these."""

    of: Numeric
    values: tuple[int, ...]


class IsNull(NamedTuple):
    of: Numeric


class Settled(NamedTuple):
    """Whether a condition is true (or false); never null."""

    of: "Condition"
    is_true: bool


class Not(NamedTuple):
    of: "Condition"


class All(NamedTuple):
    of: tuple["Condition", ...]


class Any(NamedTuple):
    of: tuple["Condition", ...]


Condition = Truth | Compared | Among | IsNull | Settled | Not | All | Any
Node = Numeric | Condition


def names_in(node: object) -> Iterator[str]:
    """Every name that is read, in the order of reading, again where it is read again."""
    if isinstance(node, Read):
        yield node.name
    elif isinstance(node, tuple):
        for part in node:
            yield from names_in(part)


def may_be_null(node: Numeric) -> bool:
    """Whether a number can come to null."""
    match node:
        case Number():
            return False
        case Read():
            return node.is_nullable
        case Folded(fold=Fold.COALESCE | Fold.LEAST | Fold.GREATEST, of=parts):
            return all(may_be_null(part) for part in parts)
        case _:
            return True  # It may not fit.
