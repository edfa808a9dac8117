"""Asks DuckDB several questions at once: of few rows, answering one, and planning it, is the work of a single core."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

Item = TypeVar("Item")
Told = TypeVar("Told")


def side_by_side(connection: Any, items: Iterable[Item], ask: Callable[[Any, Item], Told]) -> list[Told]:
    """`ask(cursor, item)` of each item, in the order of `items`, on as many threads as the connection has.

    Each has a cursor of its own, which sees what the database holds: no temporary tables, views or registered frames.
    Raises what the first of them raises, once those that have begun have ended.
    """
    asked = list(items)
    [(threads,)] = connection.execute("select current_setting('threads')").fetchall()
    cursors = [connection.cursor() for _ in asked]
    try:
        with ThreadPoolExecutor(int(threads), thread_name_prefix="side-by-side") as pool:
            return list(pool.map(ask, cursors, asked))
    finally:
        for cursor in cursors:
            cursor.close()
