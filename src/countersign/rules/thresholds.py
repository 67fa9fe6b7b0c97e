"""The constants in a policy's rules: each where it stands, with `?` in its place.

`amount * 6 >= large` has the threshold `amount * ? >= large` with the value 6. Whoever has to know
the limits of a policy reads them here, so that the policy's text stays their one home.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from countersign.rules.language.reading import read_condition
from countersign.rules.language.tree import (
    Absolute,
    Among,
    Chosen,
    Combined,
    Compared,
    Folded,
    Negated,
    Number,
    Numeric,
    Read,
    Vocabulary,
)
from countersign.rules.model import Policy

WAITS = "?"


class Threshold(NamedTuple):
    """One comparison of a rule that has constants in it, in the order of reading."""

    rule: str
    text: str
    values: tuple[int, ...]


def thresholds_of(policy: Policy, vocabulary: Vocabulary) -> list[Threshold]:
    """Those of all rules, each once, in the order of the policy."""
    words = {**vocabulary, **policy.words()}
    found = (
        Threshold(rule.code, *_read(comparison))
        for rule in policy.rules
        for comparison in _comparisons(read_condition(rule.when, words))
    )
    return [one for one in dict.fromkeys(found) if one.values]


def _comparisons(node: object) -> Iterator[Compared | Among]:
    if isinstance(node, Compared | Among):
        yield node
    if isinstance(node, tuple):  # A comparison may choose its numbers by others.
        for part in node:
            yield from _comparisons(part)


def _read(comparison: Compared | Among) -> tuple[str, tuple[int, ...]]:
    if isinstance(comparison, Among):
        text, values = _written(comparison.of)
        return f"{text} IN ({WAITS})", (*values, *comparison.values)
    left, of_left = _written(comparison.left)
    right, of_right = _written(comparison.right)
    return f"{left} {comparison.relation} {right}", (*of_left, *of_right)


def _written(node: Numeric) -> tuple[str, tuple[int, ...]]:
    """How a number is come by, and the constants in it."""
    match node:
        case Number():
            # The bound between some and none is no threshold.
            return (WAITS, (node.value,)) if node.value else ("0", ())
        case Read():
            return node.name, ()
        case Combined():
            (left, of_left), (right, of_right) = _written(node.left), _written(node.right)
            text = " ".join([_inside(node.left, left), node.sum, _inside(node.right, right)])
            return text, (*of_left, *of_right)
        case Negated():
            return _called("-", [node.of])
        case Absolute():
            return _called("ABS", [node.of])
        case Folded() | Chosen():
            return _called(*_parts(node))


def _parts(node: Folded | Chosen) -> tuple[str, list[Numeric]]:
    if isinstance(node, Folded):
        return node.fold, list(node.of)
    return "CASE", [number for _, number in node.cases] + ([node.other] if node.other else [])


def _called(name: str, of: Sequence[Numeric]) -> tuple[str, tuple[int, ...]]:
    parts = [_written(part) for part in of]
    values = tuple(value for _, of_part in parts for value in of_part)
    return f"{name}({', '.join(text for text, _ in parts)})", values


def _inside(node: object, text: str) -> str:
    return f"({text})" if isinstance(node, Combined) else text
