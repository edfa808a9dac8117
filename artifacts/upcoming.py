"""Upcoming rows: what a service can be asked about by its key, as of a moment, with the features that training saw."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from artifacts import publish, storage
from artifacts.content import Content
from artifacts.contract import Contract
from artifacts.errors import GateClosed, Missing
from artifacts.frozen_rows import DATA, FrozenRows, check_names, open_rows, publish_rows
from artifacts.lookup import UpcomingColumns, upcoming_columns
from artifacts.manifest import MANIFEST
from artifacts.publish import Published
from artifacts.sorted_rows import ROW_GROUP
from artifacts.version_name import is_version_name

KIND = "upcoming"


@dataclass(frozen=True)
class Upcoming(FrozenRows):
    """A published version; `facts` say rows, window (None without rows), as_of, created_at, content and sources.

    No rows are right when every row that was observed lately has its label.
    """

    columns: UpcomingColumns
    created_at: datetime


def publish_upcoming(
    root: str, contract: Contract, as_of: datetime, staged: Path, facts: Mapping[str, Any]
) -> Upcoming:
    """Publish the folder `staged` (data.parquet and extras) under the id that its content gives it.

    The content is hashed here again, from the file. `facts` have created_at, and gain rows, window, as_of and content.
    Raises `GateClosed` (`upcoming.key_twice`) when a key that callers look rows up by names two of them.
    """
    columns = upcoming_columns(contract)
    content = Content(columns)
    with pq.ParquetFile(staged / DATA, page_checksum_verification=True) as file:
        batches = [content.add(batch) for batch in file.iter_batches(ROW_GROUP)]
    rows = pa.Table.from_batches(batches, columns.arrow_schema())
    for key in columns.keys:
        _refuse_twice(columns.name, rows.select([column.name for column in key]))
    moments = rows.column(contract.observed_at).to_pylist()
    window = {"first": str(moments[0]), "last": str(moments[-1])} if moments else None
    version, published = publish_rows(
        root, contract, as_of, staged, kind=KIND, content=content, facts={**facts, "window": window}
    )
    return open_rows(contract.name, version, published, _made)


def open_upcoming(root: str, name: str, version: str) -> Upcoming:
    """The published version; raises `Missing` (`publish.missing`) or `Damaged` (`publish.damaged`)."""
    check_names(name, version)
    return open_rows(name, version, publish.read(f"{root}/{name}/{version}", KIND), _made)


def newest_upcoming(root: str, name: str) -> str:
    """The version with the latest `as_of`, and of several the one made last; of one alone nothing but its name is read.

    Raises `Missing` (`upcoming.none`) with the command that publishes one, and `Damaged` when two cannot be compared.
    """
    folder = f"{root}/{publish.check_name(name, 'training set')}"
    # A name begins with its `as_of`, written so that texts sort as moments do; a service looks every second.
    there = sorted(storage.children(folder), reverse=True)
    for _, same in groupby(there, key=lambda version: version.partition(".")[0]):
        newest = [one for one in same if is_version_name(one) and storage.exists(f"{folder}/{one}", MANIFEST)]
        if len(newest) == 1:
            return newest[0]
        if newest:
            return max(newest, key=lambda version: (open_upcoming(root, name, version).created_at, version))
    raise Missing(
        "upcoming.none",
        f"No upcoming rows of {name} have been published.",
        next_step=f"Publish some: python -m features upcoming --name {name} --as-of TIME",
    )


def _made(name: str, version: str, contract: Contract, facts: Mapping[str, Any], published: Published) -> Upcoming:
    created_at = datetime.fromisoformat(facts["created_at"])
    return Upcoming(name, version, contract, facts, published, upcoming_columns(contract), created_at)


def _refuse_twice(name: str, keys: pa.Table) -> None:
    counted = keys.group_by(keys.column_names).aggregate([([], "count_all")])
    twice = [row for row in counted.to_pylist() if row.pop("count_all") > 1]
    if twice:
        shown = ", ".join("/".join(map(str, row.values())) for row in twice[:5])
        raise GateClosed(
            "upcoming.key_twice",
            f"{len(twice)} values of {', '.join(keys.column_names)} name more than one row of {name}: {shown}.",
            next_step="Correct the SQL, or add a column to `lookup` in the training set's YAML.",
        )
