"""Read a table of the warehouse as a stream of Arrow batches in key order."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from artifacts.binning import quoted
from artifacts.layout import Layout
from features.spilling import DATABASE, spilling

BATCH_ROWS = 65_536


@contextmanager
def warehouse_rows(warehouse: Path, relation: str, contract: Layout) -> Iterator[Iterator[pa.RecordBatch]]:
    """The contract's columns of `relation`, sorted by (`observed_at`, entity), streamed; the file is closed after.

    A month is sorted at a time, so that memory does not grow with the history. Raises as `spilling` does.
    """
    config = {"enable_external_access": "false", "lock_configuration": "true"}
    file = str(warehouse / DATABASE)
    with spilling(warehouse), duckdb.connect(file, read_only=True, config=config) as connection:
        yield _by_month(connection, relation, contract)


def _by_month(connection: Any, relation: str, contract: Layout) -> Iterator[pa.RecordBatch]:
    columns = ", ".join(quoted(column.name) for column in contract.columns)
    moment = quoted(contract.observed_at)
    order = ", ".join([moment, *(quoted(name) for name in contract.entity)])
    months = f"select distinct date_trunc('month', {moment}) as month from {relation} order by month nulls first"  # noqa: S608
    for (month,) in connection.execute(months).fetchall():
        start = f"timestamp '{month}'"
        within = f"{moment} >= {start} and {moment} < {start} + interval 1 month" if month else f"{moment} is null"
        query = f"select {columns} from {relation} where {within} order by {order}"  # noqa: S608
        # `execute(…).to_arrow_reader()` would hold the whole result; a relation streams it.
        yield from connection.sql(query).to_arrow_reader(BATCH_ROWS)
