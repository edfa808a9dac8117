"""A table of facts: checked for its `known_at`, put into one order, named by its cells, written as Parquet."""

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

from artifacts.errors import BadInput
from artifacts.publish import check_name

MOMENT = pa.timestamp("us")


def checked(what: str, name: str, table: pa.Table) -> pa.Table:
    """The rows of fact `name` by `known_at`, then by the other columns, without schema metadata.

    Raises `BadInput` (`raw.fact_invalid`) unless every row has a `known_at`, a naive UTC timestamp in microseconds.
    """
    check_name(name, "fact")
    if "known_at" not in table.column_names:
        raise _wrong(what, name, "it has no column known_at")
    kind = table.schema.field("known_at").type
    if kind != MOMENT:
        raise _wrong(what, name, f"known_at is {kind}, wanted {MOMENT} (naive UTC)")
    if table["known_at"].null_count:
        raise _wrong(what, name, f"known_at is null in {table['known_at'].null_count} rows")
    return ordered(table, "known_at")


def ordered(table: pa.Table, *first: str) -> pa.Table:
    """The rows by the columns `first`, then by all others: the same table for the same rows."""
    columns = [*first, *(name for name in table.column_names if name not in first)]
    order = pc.sort_indices(table, sort_keys=[(name, "ascending") for name in columns])
    return table.replace_schema_metadata(None).take(order).combine_chunks()


def content_id(tables: Mapping[str, pa.Table]) -> str:
    """The sha256 of names, types and cells (as CSV text): the same whatever version writes the Parquet files."""
    digest = hashlib.sha256()
    for name in sorted(tables):
        table = tables[name]
        digest.update(repr((name, [(field.name, str(field.type)) for field in table.schema])).encode())
        text = io.BytesIO()
        csv.write_csv(table, text, csv.WriteOptions(quoting_style="all_valid"))
        digest.update(text.getbuffer())
    return digest.hexdigest()


def write(folder: Path, tables: Mapping[str, pa.Table]) -> None:
    """One `NAME.parquet` a table, with page checksums."""
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet", compression="zstd", write_page_checksum=True)


def stamped(table: pa.Table, schema: pa.Schema, known_at: object) -> pa.Table | str:
    """`table` in the columns of `schema` with `known_at` on every row, or what is wrong with it."""
    if "known_at" in table.column_names:
        table = table.drop_columns(["known_at"])
    table = table.append_column("known_at", pa.array([known_at] * table.num_rows, MOMENT))
    if set(table.column_names) != set(schema.names):
        return f"its columns are {sorted(table.column_names)}, landed were {sorted(schema.names)}"
    table = table.select(schema.names)
    for got, landed in zip(table.schema, schema, strict=True):
        if got.type != landed.type:
            return f"column {got.name} is {got.type}, landed was {landed.type}"
    return table


def _wrong(what: str, fact: str, wrong: str) -> BadInput:
    return BadInput("raw.fact_invalid", f"Fact {fact} of {what}: {wrong}.", next_step="Correct the source's module.")
