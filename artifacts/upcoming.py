"""Upcoming rows: what a service can be asked about by its key, as of a moment, with the features that training saw."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from artifacts import publish, shelf
from artifacts.content import Content
from artifacts.contract import Contract
from artifacts.errors import BadInput, Damaged, GateClosed, Missing
from artifacts.lookup import UpcomingColumns, upcoming_columns
from artifacts.publish import Published
from artifacts.sorted_rows import ROW_GROUP, read_rows
from artifacts.version_name import as_of_of, is_version_name, misnamed, version_name

KIND = "upcoming"
DATA = "data.parquet"


@dataclass(frozen=True)
class Upcoming:
    """A published version; `facts` say rows, window (None without rows), as_of, created_at, content and sources."""

    name: str
    version: str
    contract: Contract
    columns: UpcomingColumns
    created_at: datetime
    facts: Mapping[str, Any]
    published: Published

    @property
    def id(self) -> str:
        """`NAME/VERSION`, of the training set's name."""
        return f"{self.name}/{self.version}"

    @property
    def path(self) -> Path:
        """The local Parquet file, its sha256 checked now."""
        return self.published.file(DATA)

    @property
    def rows(self) -> int:
        """How many rows it has; none is right when every row that was observed lately has its label."""
        return int(self.facts["rows"])

    @property
    def as_of(self) -> datetime:
        """The moment as of which it was built, naive UTC."""
        return as_of_of(self.version)

    def batches(
        self,
        columns: Sequence[str],
        start: datetime | None = None,
        end: datetime | None = None,
        batch_rows: int = ROW_GROUP,
    ) -> Iterator[pa.RecordBatch]:
        """Stream `columns`, in that order, of the rows with start <= observed_at < end, as a training set does."""
        return read_rows(self.path, self.contract.observed_at, columns, start=start, end=end, batch_rows=batch_rows)


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
    found = {
        "name": contract.name,
        "contract": contract.to_dict(),
        "as_of": as_of.isoformat(sep=" "),
        "content": content.id(),
        "rows": content.rows,
        "window": {"first": str(moments[0]), "last": str(moments[-1])} if moments else None,
    }

    def fill(folder: Path) -> Mapping[str, Any]:
        shutil.copytree(staged, folder, dirs_exist_ok=True)
        return {**facts, **found}

    version = version_name(as_of, content.id())
    uri = f"{root}/{publish.check_name(contract.name, 'training set')}/{version}"
    return _opened(contract.name, version, publish.publish(uri, KIND, fill))


def open_upcoming(root: str, name: str, version: str) -> Upcoming:
    """The published version; raises `Missing` (`publish.missing`) or `Damaged` (`publish.damaged`)."""
    for text, what in ((name, "training set"), (version, "version")):
        publish.check_name(text, what)
    return _opened(name, version, publish.read(f"{root}/{name}/{version}", KIND))


def newest_upcoming(root: str, name: str) -> str:
    """The version with the latest `as_of`, and of several the one made last; of one alone nothing but its name is read.

    Raises `Missing` (`upcoming.none`) with the command that publishes one, and `Damaged` when two cannot be compared.
    """
    folder = f"{root}/{publish.check_name(name, 'training set')}"
    # A name begins with its `as_of`, written so that texts sort as moments do; a service looks every second.
    there = sorted(shelf.children(folder), reverse=True)
    for _, same in groupby(there, key=lambda version: version.partition(".")[0]):
        newest = [one for one in same if is_version_name(one) and shelf.exists(f"{folder}/{one}", publish.MANIFEST)]
        if len(newest) == 1:
            return newest[0]
        if newest:
            return max(newest, key=lambda version: (open_upcoming(root, name, version).created_at, version))
    raise Missing(
        "upcoming.none",
        f"No upcoming rows of {name} have been published.",
        next_step=f"Publish some: python -m features upcoming --name {name} --as-of TIME",
    )


def _opened(name: str, version: str, published: Published) -> Upcoming:
    facts = published.facts
    try:
        told, contract = facts["name"], Contract.from_dict(facts["contract"])
        columns = upcoming_columns(contract)
        written = version_name(datetime.fromisoformat(facts["as_of"]), facts["content"])
        created_at, _ = datetime.fromisoformat(facts["created_at"]), int(facts["rows"])
    except (KeyError, TypeError, ValueError, BadInput) as error:
        raise Damaged(
            "publish.damaged",
            f"{published.uri} is damaged: its manifest does not say name, contract, as_of, created_at, content "
            f"and rows ({error!r}).",
            next_step="Delete the folder and publish it again.",
        ) from error
    if (told, contract.name, written) != (name, name, version):
        raise misnamed(published.uri, f"{told}/{written}")
    return Upcoming(name, version, contract, columns, created_at, facts, published)


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
