"""From when to when the rows of a Parquet file are, by each of its moments, from the file's own statistics."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

ASKED_AT = "asked_at"
# By column: the least and the greatest moment; None where not every row has one, or the file does not say.
Moments = Mapping[str, tuple[datetime, datetime] | None]


def moments_of(path: Path) -> Moments:
    """The moments `asked_at` and `entity.NAME` of a file of `schema_of`."""
    with pq.ParquetFile(path) as file:
        entity = file.schema_arrow.field("entity").type if "entity" in file.schema_arrow.names else ()
        wanted = [ASKED_AT, *(f"entity.{one.name}" for one in entity if pa.types.is_timestamp(one.type))]
        names = [file.schema.column(place).path for place in range(len(file.schema.names))]
        groups = [file.metadata.row_group(place) for place in range(file.num_row_groups)]
    return {name: _range([group.column(names.index(name)).statistics for group in groups]) for name in wanted}


def may_have(moments: Moments, moment: str | None, start: datetime | None, end: datetime | None) -> bool:
    """Whether a row may have start <= `moment` < end; `moment` is a column of the entity, else `asked_at` counts."""
    own = f"entity.{moment}"
    found = moments.get(own if own in moments else ASKED_AT)
    if found is None:
        return True
    return (start is None or found[1] >= start) and (end is None or found[0] < end)


def written(moments: Moments) -> dict[str, list[str] | None]:
    """As JSON."""
    return {name: None if found is None else [one.isoformat() for one in found] for name, found in moments.items()}


def parsed(told: Mapping[str, list[str] | None]) -> Moments:
    """The inverse of `written`."""
    return {
        name: None if found is None else (datetime.fromisoformat(found[0]), datetime.fromisoformat(found[1]))
        for name, found in told.items()
    }


def _range(groups: list[Any]) -> tuple[datetime, datetime] | None:
    if not groups or any(one is None or not one.has_min_max or one.null_count for one in groups):
        return None
    return min(one.min for one in groups), max(one.max for one in groups)
