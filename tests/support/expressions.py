"""Random rule expressions as text, with the vocabulary that they are written in."""

from hypothesis import strategies as st

from countersign.rules.language.tree import INT_MAX, INT_MIN, Name, Type

VOCABULARY = {
    "amount": Name(Type.INT),
    "count": Name(Type.INT),
    "idle": Name(Type.INT, is_nullable=True),
    "median": Name(Type.INT, is_nullable=True),
    "currency": Name(Type.CODE, codes={"EUR": 978, "USD": 840, "JPY": 392}),
    "corridor": Name(Type.CODE, is_nullable=True, codes={"A": 1, "B": 2}),
}
NAMES = tuple(VOCABULARY)

_near_edges = st.sampled_from(
    [0, 1, -1, 2, -2, 999_999, 10**13, -(10**13), 2**62, -(2**62), INT_MAX, INT_MIN, INT_MIN + 1]
)
_numbers = st.one_of(st.integers(-20, 20), _near_edges, st.integers(INT_MIN, INT_MAX))
small_numbers = st.integers(-20, 20)


def rows(numbers: st.SearchStrategy[int] = _numbers) -> st.SearchStrategy[tuple[int | None, ...]]:
    """Values for NAMES."""
    nullable = st.none() | numbers
    currency = st.sampled_from([978, 840, 392])
    return st.tuples(numbers, numbers, nullable, nullable, currency, st.sampled_from([None, 1, 2]))


def conditions(*, is_plain: bool = False) -> st.SearchStrategy[str]:
    """Texts of conditions; plain ones mean the same to Postgres, where nothing overflows."""
    return _conditions(2, is_plain=is_plain)


def _literals(*, is_plain: bool) -> st.SearchStrategy[str]:
    wide = st.none() if is_plain else st.integers(-INT_MAX, INT_MAX)
    values = st.integers(-20, 20) if is_plain else st.integers(-20, 20) | wide
    return values.map(lambda value: str(value) if value is None or value >= 0 else f"({value})")


def _numeric(depth: int, *, is_plain: bool) -> st.SearchStrategy[str]:
    leaf = st.one_of(
        st.sampled_from(["amount", "count", "idle", "median"]), _literals(is_plain=is_plain)
    )
    if depth == 0:
        return leaf
    inner = _numeric(depth - 1, is_plain=is_plain)
    conditions = _conditions(depth - 1, is_plain=is_plain)
    pairs = st.tuples(inner, inner)
    shapes = [
        leaf,
        st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(lambda p: f"({' '.join(p)})"),
        inner.map("(- {})".format),
        inner.map("ABS({})".format),
        pairs.map(lambda p: f"COALESCE({p[0]}, {p[1]})"),
        st.tuples(st.sampled_from(["LEAST", "GREATEST"]), inner, inner, inner).map(
            lambda p: f"{p[0]}({p[1]}, {p[2]}, {p[3]})"
        ),
        st.tuples(conditions, inner, inner).map(
            lambda p: f"CASE WHEN {p[0]} THEN {p[1]} ELSE {p[2]} END"
        ),
        st.tuples(conditions, inner).map(lambda p: f"CASE WHEN {p[0]} THEN {p[1]} END"),
    ]
    if not is_plain:
        shapes.append(
            st.tuples(st.sampled_from(["RATIO", "QUOTIENT"]), inner, inner).map(
                lambda p: f"{p[0]}({p[1]}, {p[2]})"
            )
        )
    return st.one_of(shapes)


def _conditions(depth: int, *, is_plain: bool) -> st.SearchStrategy[str]:
    number = _numeric(depth, is_plain=is_plain)
    literal = _literals(is_plain=is_plain)
    relation = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
    # To Postgres a code is the text itself, so a plain one is not asked about.
    codes = (
        []
        if is_plain
        else [
            st.sampled_from(["currency = 'EUR'", "'USD' <> currency", "corridor IN ('A')"]),
            st.sampled_from(["corridor <> 'B'", "currency NOT IN ('EUR', 'JPY')"]),
        ]
    )
    leaf = st.one_of(
        st.sampled_from(["TRUE", "FALSE"]),
        st.tuples(number, relation, number).map(" ".join),
        st.tuples(number, literal, literal).map(lambda p: f"{p[0]} BETWEEN {p[1]} AND {p[2]}"),
        st.tuples(number, literal, literal).map(lambda p: f"{p[0]} IN ({p[1]}, {p[2]})"),
        number.map("({}) IS NULL".format),
        number.map("({}) IS NOT NULL".format),
        *codes,
    )
    if depth == 0:
        return leaf
    inner = _conditions(depth - 1, is_plain=is_plain)
    return st.one_of(
        leaf,
        st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(lambda p: f"({' '.join(p)})"),
        inner.map("NOT ({})".format),
        st.tuples(inner, st.sampled_from(["TRUE", "FALSE", "NOT TRUE", "NOT FALSE"])).map(
            lambda p: f"({p[0]}) IS {p[1]}"
        ),
    )
