"""What the language offers, and where it says that something is wrong."""

import pytest
from tests.support.expressions import NAMES, VOCABULARY

from countersign.rules.language.errors import MalformedExpression
from countersign.rules.language.for_rows import compile_rows
from countersign.rules.language.reading import DEPTH_MAX, read_condition
from countersign.rules.language.tree import INT_MAX

pytestmark = pytest.mark.fast

ROW = {"amount": 100, "count": 3, "idle": None, "median": 40, "currency": 978, "corridor": None}


def holds(text: str, **values: int | None) -> bool:
    row = [{**ROW, **values}[name] for name in NAMES]
    return compile_rows([read_condition(text, VOCABULARY)], NAMES)(row) == [0]


@pytest.mark.parametrize(
    "text",
    [
        "amount >= 100",
        "AMOUNT > 99 and Count = 3",
        "NOT amount < 100",
        "amount BETWEEN 100 AND 100",
        "amount IN (1, 100, -5)",
        "amount NOT IN (1, 2)",
        "idle IS NULL",
        "median IS NOT NULL",
        "(idle > 5) IS NOT TRUE",
        "(idle > 5) IS NOT FALSE",
        "currency = 'EUR'",
        "'USD' <> currency",
        "currency IN ('JPY', 'EUR')",
        "RATIO(amount, median) = 2500000",
        "RATIO(-7, 2) = -3500000",
        "QUOTIENT(-7, 2) = -3",
        "QUOTIENT(7, 0) IS NULL",
        "RATIO(amount, 0) IS NULL",
        f"amount + {INT_MAX} IS NULL",
        f"-(-{INT_MAX} - 1) IS NULL",
        "COALESCE(idle, 9) = 9",
        "LEAST(amount, idle, 50) = 50",
        "GREATEST(idle, idle) IS NULL",
        "ABS(count - 10) = 7",
        "CASE WHEN idle > 1 THEN 1 WHEN count = 3 THEN 2 ELSE 3 END = 2",
        "CASE WHEN idle > 1 THEN 1 END IS NULL",
        "amount > 1 -- a remark\nAND count > 1",
        " OR ".join(["count = 7"] * 60 + ["TRUE"]),
    ],
)
def test_holds(text: str) -> None:
    assert holds(text)


@pytest.mark.parametrize(
    "text", ["idle > 5", "NOT idle > 5", "idle = idle", "idle IN (1)", "corridor <> 'A'", "FALSE"]
)
def test_what_is_null_does_not_hold(text: str) -> None:
    assert not holds(text)


@pytest.mark.parametrize(
    ("text", "line", "column", "why"),
    [
        ("", 1, 1, "it is empty"),
        ("amount", 1, 1, "a number stands where a condition is expected"),
        ("amount > 1 AND count", 1, 16, "a number stands where a condition is expected"),
        ("amount + (count = 1) > 2", 1, 11, "a condition stands where a number is expected"),
        ("amount > 1\nAND cuont > 2", 2, 5, "there is nothing named cuont"),
        ("amount > 1.5", 1, 10, "only whole numbers are offered"),
        ("amount > '5'", 1, 10, "a text stands where a number is expected"),
        ("amount > 9223372036854775808", 1, 10, "the number does not fit in 64 bits"),
        ("amount = NULL", 1, 1, "NULL can only stand in IS NULL and IS NOT NULL"),
        ("count > 1 AND amount / 2 > 1", 1, 15,
         "/ is not offered: use QUOTIENT(a, b), or RATIO(a, b) for millionths"),
        ("SQRT(amount) > 2", 1, 1, "SQRT is not offered in rules"),
        ("nothing(amount) > 2", 1, 1, "there is no function NOTHING"),
        ("RATIO(amount) > 2", 1, 1, "RATIO takes two numbers"),
        ("currency > 'EUR'", 1, 1, "a code can only be equal to another or not"),
        ("currency = 'XXE'", 1, 12, "'XXE' is not one of its codes"),
        ("currency = 978", 1, 12, "a code is compared with a text such as 'EUR'"),
        ("currency + 1 > 2", 1, 1, "currency is a code, and a number is expected"),
        ('"amount" > 1', 1, 1, "a name is one plain word, without quotes and dots"),
        ("rules.amount > 1", 1, 1, "a name is one plain word, without quotes and dots"),
        ("amount IN (count)", 1, 12, "only whole numbers can stand in the list"),
        ("amount IN (SELECT 1)", 1, 1, "IN with query is not offered in rules"),
        ("EXISTS (SELECT 1)", 1, 16, "EXISTS is not offered in rules"),
        ("CASE count WHEN 1 THEN 2 END = 2", 1, 6, "write CASE WHEN condition THEN number ... END"),
        ("amount BETWEEN SYMMETRIC 2 AND 1", 1, 1,
          "BETWEEN with symmetric is not offered in rules"),
        ("amount IS DISTINCT FROM 1", 1, 1, "NULLSAFENEQ is not offered in rules"),
        ("amount::text = 'x'", 1, 1, "CAST is not offered in rules"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_place(text: str, line: int, column: int, why: str) -> None:
    with pytest.raises(MalformedExpression) as refused:
        read_condition(text, VOCABULARY)
    assert refused.value.details == {"line": line, "column": column, "why": why}


@pytest.mark.parametrize(
    "text",
    [
        "amount >",
        "amount > 1; DROP TABLE x",
        "amount > 1)",
        "'",
        "SELECT 1",
        "amount > 1 AND",
        "(" * 5000,
        "amount > 1 " + "OR amount > 1 " * 5000,
        "amount > " + "-" * 3900 + "1",
        "NOT " * 900 + "TRUE",
        "amount > 1 " + "+ 1" * 900,
        "\x00",
        "ＡＭＯＵＮＴ > 1",
        "amount > ١",
    ],
)
def test_what_is_no_expression_is_refused_whole(text: str) -> None:
    with pytest.raises(MalformedExpression):
        read_condition(text, VOCABULARY)


def test_the_deepest_nesting_still_runs() -> None:
    inner = "amount"
    for _ in range((DEPTH_MAX - 3) // 2):
        inner = f"(ABS({inner} + COALESCE(idle, 1)))"[1:-1]
    assert holds(f"{inner} > 0")
