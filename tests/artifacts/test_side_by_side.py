"""Several questions to DuckDB at once, in order, on cursors of their own."""

from threading import Barrier

import duckdb
import pytest

from artifacts.side_by_side import side_by_side


@pytest.fixture
def connection():
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute("create view numbers as select * from range(10) as t(n)")
        yield connection


def test_answers_come_in_the_order_of_the_items(connection):
    def above(cursor, least):
        return cursor.execute(f"select count(*) from numbers where n >= {least}").fetchone()[0]

    assert side_by_side(connection, [9, 0, 5], above) == [1, 10, 5]


def test_two_are_asked_at_once_where_there_are_two_threads(connection):
    both = Barrier(2, timeout=20)
    assert sorted(side_by_side(connection, range(4), lambda _, item: (both.wait(), item)[1])) == [0, 1, 2, 3]


def test_what_one_raises_is_raised_and_the_connection_goes_on(connection):
    with pytest.raises(duckdb.CatalogException, match="no_such_table"):
        side_by_side(connection, ["numbers", "no_such_table"], lambda cursor, name: cursor.execute(f"from {name}"))
    assert connection.execute("select count(*) from numbers").fetchone() == (10,)


def test_nothing_to_ask_is_no_answer(connection):
    assert side_by_side(connection, [], lambda cursor, item: item) == []
