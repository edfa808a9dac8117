"""Rows that break a row rule: set aside beside the partition, with the line they stood on and the reason."""

import json

import pyarrow as pa
import pyarrow.compute as pc

SCHEMA = pa.schema([("file", pa.string()), ("line", pa.int64()), ("reason", pa.string()), ("row", pa.string())])


def set_aside(file: str, rows: pa.Table) -> pa.Table:
    """The rows of `rows` that have a `reason`, as quarantine: file, line, reason, and the other columns as JSON."""
    broken = rows.filter(pc.is_valid(rows["reason"]))
    content = broken.drop_columns(["line", "reason"]).to_pylist()
    return pa.table(
        {
            "file": pa.array([file] * len(content), pa.string()),
            "line": broken["line"].cast(pa.int64()),
            "reason": broken["reason"].cast(pa.string()),
            "row": pa.array([json.dumps(row, default=str, sort_keys=True) for row in content], pa.string()),
        },
        schema=SCHEMA,
    )
