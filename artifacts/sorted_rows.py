"""Rows in key order, in one Parquet file with page checksums: streamed in, and streamed out by time window."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from artifacts.content import Content
from artifacts.errors import BadInput
from artifacts.layout import Layout

ROW_GROUP = 65_536


def write_sorted(batches: Iterable[pa.RecordBatch], contract: Layout, path: Path) -> str:
    """Stream rows in key order into a Parquet file with page checksums; returns their content hash.

    Row groups have 65,536 rows whatever the batches. Raises as `Content.add` does; then the file is not to be used.
    """
    content = Content(contract)
    options = {"compression": "zstd", "write_page_checksum": True}
    with pq.ParquetWriter(path, contract.arrow_schema(), **options) as writer:
        for table in _regrouped(content.add(batch) for batch in batches):
            writer.write_table(table, row_group_size=ROW_GROUP)
    return content.id()


def read_rows(
    path: Path,
    moment: str,
    columns: Sequence[str],
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    batch_rows: int = ROW_GROUP,
) -> Iterator[pa.RecordBatch]:
    """Stream `columns`, in that order, of the rows with start <= `moment` < end; `moment` must be sorted.

    Page checksums are verified; row groups outside the window are not read. Raises `BadInput`
    (`contract.unknown_column`) at once.
    """
    known = pq.read_schema(path).names
    for name in columns:
        if name not in known:
            raise BadInput(
                "contract.unknown_column",
                f"{path} has no column {name!r}; it has {', '.join(known)}.",
                next_step="Correct the name, or add the column to the contract and build again.",
            )

    def stream() -> Iterator[pa.RecordBatch]:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            groups = [group for group in range(file.num_row_groups) if _overlaps(file, group, moment, start, end)]
            wanted = list(dict.fromkeys([*columns, moment]))
            for batch in file.iter_batches(batch_rows, row_groups=groups, columns=wanted):
                low, high = (_first_at(batch.column(moment), edge) for edge in (start, end))
                first, last = low if start else 0, high if end else batch.num_rows
                if last > first:
                    yield batch.slice(first, last - first).select(list(columns))

    return stream()


def _overlaps(file: pq.ParquetFile, group: int, moment: str, start: datetime | None, end: datetime | None) -> bool:
    column = file.schema_arrow.names.index(moment)
    found = file.metadata.row_group(group).column(column).statistics
    if found is None or not found.has_min_max:
        return True
    return (start is None or found.max >= start) and (end is None or found.min < end)


def _first_at(moments: pa.Array, edge: datetime | None) -> int:
    if edge is None:
        return 0
    return int(np.searchsorted(moments.to_numpy(zero_copy_only=False), np.datetime64(edge, "us"), side="left"))


def _regrouped(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    held: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        held.append(batch)
        count += batch.num_rows
        if count >= ROW_GROUP:
            table = pa.Table.from_batches(held)
            whole = count - count % ROW_GROUP
            yield table.slice(0, whole)
            held, count = table.slice(whole).to_batches(), count - whole
    if count:
        yield pa.Table.from_batches(held)
