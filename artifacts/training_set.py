"""A training-set version: a frozen table whose id is its content, with its contract and how it came to be."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from artifacts import publish
from artifacts.content import Content, content_id
from artifacts.contract import Contract
from artifacts.errors import BadInput, CannotJudge, Conflict, Damaged, Missing
from artifacts.publish import Published
from artifacts.published_versions import KIND, those_there, versions
from artifacts.sorted_rows import ROW_GROUP, read_rows, write_sorted
from artifacts.version_name import as_of_of, misnamed, parse_as_of, parse_id, version_name, write_as_of

__all__ = [
    "TrainingSet",
    "content_id",
    "newest",
    "open_training_set",
    "parse_as_of",
    "parse_id",
    "publish_training_set",
    "version_as_of",
    "versions",
    "write_sorted",
]

DATA = "data.parquet"


@dataclass(frozen=True)
class TrainingSet:
    """A published version; `facts` say rows, label_rate, window, as_of, content and what the builder added."""

    name: str
    version: str
    contract: Contract
    facts: Mapping[str, Any]
    published: Published

    @property
    def id(self) -> str:
        """`NAME/VERSION`."""
        return f"{self.name}/{self.version}"

    @property
    def path(self) -> Path:
        """The local Parquet file, its sha256 checked now."""
        return self.published.file(DATA)

    @property
    def rows(self) -> int:
        """How many rows it has."""
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
        """Stream `columns`, in that order, of the rows with start <= observed_at < end (naive UTC), in key order.

        Rows are sorted by (`observed_at`, entity). Page checksums are verified; row groups outside the window are not
        read. Raises `BadInput` (`contract.unknown_column`) before the first row.
        """
        for name in columns:
            self.contract.column(name)
        return read_rows(self.path, self.contract.observed_at, columns, start=start, end=end, batch_rows=batch_rows)


def publish_training_set(
    root: str, contract: Contract, as_of: datetime, staged: Path, facts: Mapping[str, Any]
) -> TrainingSet:
    """Publish the folder `staged` (data.parquet and extras) under the id that its content gives it.

    The content is hashed here again, from the file. `facts` gain rows, label_rate, window, as_of and content. What is
    already published under the same id stays. Raises `CannotJudge` (`training_set.empty`) when there is no row.
    """
    content, label = Content(contract), 0
    first: datetime | None = None
    with pq.ParquetFile(staged / DATA, page_checksum_verification=True) as file:
        for batch in file.iter_batches(ROW_GROUP):
            rows = content.add(batch)
            label += pc.sum(rows.column(contract.label)).as_py() or 0
            moments = rows.column(contract.observed_at)
            first = first or moments[0].as_py()
            last = moments[-1].as_py()
    if first is None:
        raise CannotJudge(
            "training_set.empty",
            f"Training set {contract.name} has no rows.",
            next_step="Land data known before as_of.",
        )
    found = {
        "name": contract.name,
        "contract": contract.to_dict(),
        "as_of": as_of.isoformat(sep=" "),
        "content": content.id(),
        "rows": content.rows,
        "label_rate": label / content.rows,
        "window": {"first": first.isoformat(sep=" "), "last": last.isoformat(sep=" ")},
    }

    def fill(folder: Path) -> Mapping[str, Any]:
        shutil.copytree(staged, folder, dirs_exist_ok=True)
        return {**facts, **found}

    version = version_name(as_of, content.id())
    published = publish.publish(f"{root}/{publish.check_name(contract.name, 'training set')}/{version}", KIND, fill)
    if published.facts["content"] != content.id():
        raise Conflict(
            "training_set.conflict",
            f"{published.uri} holds content {published.facts['content']}, not {content.id()}.",
            next_step="Keep the folder and report this: two contents share the first 12 digits.",
        )
    return _opened(contract.name, version, published)


def open_training_set(root: str, name: str, version: str) -> TrainingSet:
    """The published version, with the contract that it was published under.

    Raises `Missing` (`publish.missing`) naming up to ten versions that are there, or `Damaged`: `publish.damaged`, or
    `training_set.misnamed` when the folder holds another version.
    """
    for text, what in ((name, "training set"), (version, "version")):
        publish.check_name(text, what)
    try:
        published = publish.read(f"{root}/{name}/{version}", KIND)
    except Missing as error:
        raise Missing(
            error.code, f"{error.message} {those_there(root, name)}", next_step="Name one, or build it."
        ) from error
    return _opened(name, version, published)


def version_as_of(root: str, name: str, as_of: datetime) -> TrainingSet:
    """The one version built as of `as_of` (naive UTC).

    Raises `BadInput`: `training_set.none_as_of` when there is none, `training_set.several_as_of` when one must be
    named.
    """
    day = write_as_of(as_of)
    found = [version for version in versions(root, name) if version.split(".", 1)[0] == day]
    if len(found) == 1:
        return open_training_set(root, name, found[0])
    if not found:
        raise BadInput(
            "training_set.none_as_of",
            f"No version of training set {name} is as of {day}.",
            next_step=f"Build it: python -m features build --name {name} --as-of {day}",
        )
    raise BadInput(
        "training_set.several_as_of",
        f"Training set {name} has {len(found)} versions as of {day}: {', '.join(found)}.",
        next_step="Name one of them.",
    )


def newest(root: str, name: str) -> TrainingSet:
    """The published version with the newest `as_of`, and of those the one made last, by its manifest.

    Raises `Missing` (`training_set.none`) when there is none.
    """
    found = [open_training_set(root, name, version) for version in versions(root, name)]
    if not found:
        raise Missing(
            "training_set.none",
            f"Training set {name} has no version in {root}.",
            next_step=f"Build it: python -m features build --name {name} --as-of TIME",
        )
    return max(found, key=lambda one: (one.as_of, str(one.facts.get("created_at", "")), one.version))


def _opened(name: str, version: str, published: Published) -> TrainingSet:
    facts = published.facts
    try:
        told, contract = facts["name"], Contract.from_dict(facts["contract"])
        written = version_name(datetime.fromisoformat(facts["as_of"]), facts["content"])
    except (KeyError, TypeError, ValueError) as error:
        raise Damaged(
            "publish.damaged",
            f"{published.uri} is damaged: its manifest does not say name, contract, as_of and content ({error!r}).",
            next_step="Restore it from a copy, or delete the folder and build it again.",
        ) from error
    if (told, contract.name, written) != (name, name, version):
        raise misnamed(published.uri, f"{told}/{written}")
    return TrainingSet(name, version, contract, facts, published)
