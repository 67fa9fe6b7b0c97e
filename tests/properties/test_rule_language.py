"""One expression means one thing: for a row, for arrays, and to Postgres where it can say so."""

from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.expressions import NAMES, VOCABULARY, conditions, rows, small_numbers

from countersign.infra.database import Database, Role
from countersign.rules.language.for_arrays import column_of, compile_arrays
from countersign.rules.language.for_rows import compile_rows
from countersign.rules.language.reading import read_condition


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(conditions(), min_size=1, max_size=3), st.lists(rows(), min_size=1, max_size=8))
def test_a_row_and_arrays_agree(texts: list[str], values: list[tuple[int | None, ...]]) -> None:
    read = [read_condition(text, VOCABULARY) for text in texts]
    of_row = compile_rows(read, NAMES)
    columns = {
        name: column_of(column)
        for name, column in zip(NAMES, zip(*values, strict=True), strict=True)
    }
    matrix = compile_arrays(read)(columns, len(values))
    for row, holds in zip(values, matrix, strict=True):
        assert of_row(row) == [int(number) for number in holds.nonzero()[0]], texts


@pytest.fixture
def connection(database: Database) -> Any:
    with psycopg.connect(database.dsn(Role.READER)) as connection:
        yield connection


def test_postgres_agrees_where_nothing_overflows(connection: psycopg.Connection[Any]) -> None:
    @settings(max_examples=150, deadline=None, derandomize=True)
    @given(conditions(is_plain=True), rows(small_numbers))
    def check(text: str, values: tuple[int | None, ...]) -> None:
        holds = compile_rows([read_condition(text, VOCABULARY)], NAMES)(values)
        names = ", ".join(f"%s::bigint AS {name}" for name in NAMES[:4])
        asked = connection.execute(
            f"SELECT ({text}) IS TRUE FROM (SELECT {names}) AS r", values[:4]
        )
        assert asked.fetchone() == (bool(holds),), text

    check()
