"""From SQL text to a checked expression.

Rules: 1. sqlglot parses, in the dialect of Postgres; what is not named here is refused, down to
each argument of each part, because one that is passed over could turn the meaning round. 2. Names
are those of the vocabulary, types must fit, and whatever is refused says where. 3. Text, nesting
and the number of parts are bounded before and after parsing.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from countersign.rules.language.errors import MalformedExpression
from countersign.rules.language.tree import (
    INT_MAX,
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
    Name,
    Negated,
    Not,
    Number,
    Numeric,
    Read,
    Relation,
    Settled,
    Sum,
    Truth,
    Type,
    Vocabulary,
)

TEXT_LENGTH_MAX = 4000
PARTS_MAX = 400
DEPTH_MAX = 40


def read_condition(text: str, vocabulary: Vocabulary) -> Condition:
    """The condition that the text states; raises MalformedExpression, which names the place."""
    if not text.strip():
        raise MalformedExpression(line=1, column=1, why="it is empty")
    if len(text) > TEXT_LENGTH_MAX:
        why = f"it is longer than {TEXT_LENGTH_MAX} characters"
        raise MalformedExpression(line=1, column=TEXT_LENGTH_MAX + 1, why=why)
    return _Reader(text, vocabulary).condition(_parsed(text))


def _parsed(text: str) -> exp.Expr:
    _check_nesting(text)
    try:
        parsed = sqlglot.parse(text, dialect="postgres")
    except ParseError as error:
        raise _misspelt(error) from None
    except (TokenError, RecursionError):
        raise MalformedExpression(line=1, column=1, why="it cannot be read as SQL") from None
    if len(parsed) != 1 or not isinstance(parsed[0], exp.Expr):
        raise MalformedExpression(line=1, column=1, why="it is not one expression")
    if sum(1 for _ in parsed[0].walk()) > PARTS_MAX:
        why = f"it has more than {PARTS_MAX} parts"
        raise MalformedExpression(line=1, column=1, why=why)
    return parsed[0]


def _check_nesting(text: str) -> None:
    """Before it is parsed, because a parser descends as deep as the text does."""
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth > DEPTH_MAX:
            line, column = _line_and_column(text, place)
            raise MalformedExpression(line=line, column=column, why="it is nested too deeply")


def _misspelt(error: ParseError) -> MalformedExpression:
    first = error.errors[0] if error.errors else {}
    near = (first.get("highlight") or "").strip()
    why = f"it cannot be read as SQL near {near!r}" if near else "it cannot be read as SQL"
    return MalformedExpression(line=first.get("line") or 1, column=first.get("col") or 1, why=why)


def _line_and_column(text: str, place: int) -> tuple[int, int]:
    before = text[:place]
    return before.count("\n") + 1, place - (before.rfind("\n") + 1) + 1


class _Reader:
    """Reads one parsed expression; methods are named for what they expect."""

    def __init__(self, text: str, vocabulary: Vocabulary) -> None:
        self._text = text
        self._vocabulary = vocabulary
        self._depth = 0

    def condition(self, node: exp.Expr) -> Condition:
        with self._deeper(node):
            handler = _CONDITIONS.get(type(node))
            if handler is None:
                self._expected(node, Type.BOOL)
            self._require_known_arguments(node)
            return handler(self, node)

    def number(self, node: exp.Expr) -> Numeric:
        with self._deeper(node):
            handler = _NUMBERS.get(type(node))
            if handler is None:
                self._expected(node, Type.INT)
            self._require_known_arguments(node)
            return handler(self, node)

    @contextmanager
    def _deeper(self, node: exp.Expr) -> Iterator[None]:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            self.refuse(node, "it is nested too deeply")
        yield
        self._depth -= 1

    def refuse(self, node: exp.Expr, why: str) -> NoReturn:
        starts = [part.meta["start"] for part in node.walk() if "start" in part.meta]
        line, column = _line_and_column(self._text, min(starts, default=0))
        raise MalformedExpression(line=line, column=column, why=why)

    def _require_known_arguments(self, node: exp.Expr) -> None:
        known = _OPERANDS | _ARGUMENTS.get(type(node), set())
        other = sorted(name for name, value in node.args.items() if value and name not in known)
        if other:
            self.refuse(node, f"{node.key.upper()} with {other[0]} is not offered in rules")

    def _expected(self, node: exp.Expr, wanted: Type) -> NoReturn:
        other = Type.INT if wanted is Type.BOOL else Type.BOOL
        if isinstance(node, exp.Null):
            self.refuse(node, "NULL can only stand in IS NULL and IS NOT NULL")
        if isinstance(node, exp.Div):
            self.refuse(node, "/ is not offered: use QUOTIENT(a, b), or RATIO(a, b) for millionths")
        if type(node) in (_NUMBERS if wanted is Type.BOOL else _CONDITIONS):
            self.refuse(node, f"a {other} stands where a {wanted} is expected")
        self.refuse(node, f"{node.key.upper()} is not offered in rules")

    def _word(self, node: exp.Expr) -> tuple[str, Name]:
        identifier = node.this
        if not isinstance(node, exp.Column) or not isinstance(identifier, exp.Identifier):
            self.refuse(node, "a name is expected")
        if node.args.get("table") is not None or identifier.quoted:
            self.refuse(node, "a name is one plain word, without quotes and dots")
        name = identifier.name.lower()
        word = self._vocabulary.get(name)
        if word is None:
            self.refuse(node, f"there is nothing named {name}")
        return name, word

    def read(self, node: exp.Expr) -> Read:
        name, word = self._word(node)
        if word.type is not Type.INT:
            self.refuse(node, f"{name} is a {word.type}, and a number is expected")
        return Read(name, word.is_nullable)

    def literal(self, node: exp.Expr, sign: int = 1) -> Number:
        digits = node.name
        if node.is_string:
            self.refuse(node, "a text stands where a number is expected")
        if not (digits.isascii() and digits.isdigit()):
            self.refuse(node, "only whole numbers are offered")
        value = sign * int(digits)
        if not -INT_MAX <= value <= INT_MAX:
            self.refuse(node, "the number does not fit in 64 bits")
        return Number(value)

    def negated(self, node: exp.Expr) -> Numeric:
        if isinstance(node.this, exp.Literal):
            return self.literal(node.this, -1)
        return Negated(self.number(node.this))

    def absolute(self, node: exp.Expr) -> Numeric:
        return Absolute(self.number(node.this))

    def combined(self, node: exp.Expr) -> Numeric:
        return Combined(_SUMS[type(node)], self.number(node.this), self.number(node.expression))

    def folded(self, node: exp.Expr) -> Numeric:
        of = (node.this, *node.expressions)
        return Folded(_FOLDS[type(node)], tuple(self.number(part) for part in of))

    def function(self, node: exp.Expr) -> Numeric:
        name = str(node.this).upper()
        if name not in {Sum.RATIO, Sum.DIVIDE}:
            self.refuse(node, f"there is no function {name}")
        if len(node.expressions) != 2:  # noqa: PLR2004  # The sentence says so.
            self.refuse(node, f"{name} takes two numbers")
        left, right = node.expressions
        return Combined(Sum(name), self.number(left), self.number(right))

    def chosen(self, node: exp.Expr) -> Numeric:
        if node.this is not None:
            self.refuse(node, "write CASE WHEN condition THEN number ... END")
        other = node.args.get("default")
        return Chosen(
            tuple((self.condition(c.this), self.number(c.args["true"])) for c in node.args["ifs"]),
            None if other is None else self.number(other),
        )

    def inner_number(self, node: exp.Expr) -> Numeric:
        return self.number(node.this)

    def inner_condition(self, node: exp.Expr) -> Condition:
        return self.condition(node.this)

    def truth(self, node: exp.Expr) -> Condition:
        return Truth(bool(node.this))

    def denied(self, node: exp.Expr) -> Condition:
        return Not(self.condition(node.this))

    def all(self, node: exp.Expr) -> Condition:
        return All(tuple(self.condition(part) for part in node.flatten(unnest=False)))

    def any(self, node: exp.Expr) -> Condition:
        return Any(tuple(self.condition(part) for part in node.flatten(unnest=False)))

    def compared(self, node: exp.Expr) -> Condition:
        relation = _RELATIONS[type(node)]
        left, right = node.this, node.expression
        for side, other in ((left, right), (right, left)):
            codes = self._codes(side)
            if codes is not None:
                if relation not in {Relation.EQUAL, Relation.OTHER}:
                    self.refuse(side, "a code can only be equal to another or not")
                return Compared(relation, codes[0], self._code(codes[1], other))
        return Compared(relation, self.number(left), self.number(right))

    def among(self, node: exp.Expr) -> Condition:
        codes = self._codes(node.this)
        if codes is not None:
            return Among(codes[0], tuple(self._code(codes[1], e).value for e in node.expressions))
        values = [self.number(each) for each in node.expressions]
        for each, value in zip(node.expressions, values, strict=True):
            if not isinstance(value, Number):
                self.refuse(each, "only whole numbers can stand in the list")
        return Among(
            self.number(node.this), tuple(v.value for v in values if isinstance(v, Number))
        )

    def between(self, node: exp.Expr) -> Condition:
        of = self.number(node.this)
        low, high = self.number(node.args["low"]), self.number(node.args["high"])
        return All((Compared(Relation.AT_LEAST, of, low), Compared(Relation.AT_MOST, of, high)))

    def settled(self, node: exp.Expr) -> Condition:
        what = node.expression
        settled: Condition
        if isinstance(what, exp.Boolean):
            settled = Settled(self.condition(node.this), bool(what.this))
        elif isinstance(what, exp.Null):
            settled = IsNull(self.number(node.this))
        else:
            self.refuse(node, "IS is followed by NULL, TRUE or FALSE")
        return Not(settled) if node.args.get("negate") else settled

    def _codes(self, node: exp.Expr) -> tuple[Read, Name] | None:
        """The name, if it is one of a code."""
        if not isinstance(node, exp.Column):
            return None
        name, word = self._word(node)
        return (Read(name, word.is_nullable), word) if word.type is Type.CODE else None

    def _code(self, word: Name, node: exp.Expr) -> Number:
        if not isinstance(node, exp.Literal) or not node.is_string:
            self.refuse(node, "a code is compared with a text such as 'EUR'")
        value = word.codes.get(node.name)
        if value is None:
            self.refuse(node, f"{node.name!r} is not one of its codes")
        return Number(value)


# What the readers above read of a part; anything else that is set refuses it.
_OPERANDS = {"this", "expression", "expressions"}
_ARGUMENTS: dict[type[exp.Expr], set[str]] = {
    exp.Between: {"low", "high"},
    exp.Case: {"ifs", "default"},
    exp.Column: {"table"},  # Refused by a sentence of its own.
    exp.Greatest: {"ignore_nulls"},
    exp.Is: {"negate"},
    exp.Least: {"ignore_nulls"},
    exp.Literal: {"is_string"},
}
_SUMS: dict[type[exp.Expr], Sum] = {
    exp.Add: Sum.ADD,
    exp.Sub: Sum.SUBTRACT,
    exp.Mul: Sum.MULTIPLY,
}
_FOLDS: dict[type[exp.Expr], Fold] = {
    exp.Least: Fold.LEAST,
    exp.Greatest: Fold.GREATEST,
    exp.Coalesce: Fold.COALESCE,
}
_RELATIONS: dict[type[exp.Expr], Relation] = {
    exp.EQ: Relation.EQUAL,
    exp.NEQ: Relation.OTHER,
    exp.LT: Relation.LESS,
    exp.LTE: Relation.AT_MOST,
    exp.GT: Relation.MORE,
    exp.GTE: Relation.AT_LEAST,
}
_NUMBERS: dict[type[exp.Expr], Callable[[_Reader, exp.Expr], Numeric]] = {
    exp.Literal: _Reader.literal,
    exp.Column: _Reader.read,
    exp.Paren: _Reader.inner_number,
    exp.Neg: _Reader.negated,
    exp.Abs: _Reader.absolute,
    exp.Anonymous: _Reader.function,
    exp.Case: _Reader.chosen,
    **dict.fromkeys(_SUMS, _Reader.combined),
    **dict.fromkeys(_FOLDS, _Reader.folded),
}
_CONDITIONS: dict[type[exp.Expr], Callable[[_Reader, exp.Expr], Condition]] = {
    exp.Boolean: _Reader.truth,
    exp.Paren: _Reader.inner_condition,
    exp.Not: _Reader.denied,
    exp.And: _Reader.all,
    exp.Or: _Reader.any,
    exp.In: _Reader.among,
    exp.Between: _Reader.between,
    exp.Is: _Reader.settled,
    **dict.fromkeys(_RELATIONS, _Reader.compared),
}
