"""What a training set and upcoming rows have in common: frozen rows, published under the id of their content."""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa

from artifacts import publish
from artifacts.content import Content
from artifacts.contract import Contract
from artifacts.errors import BadInput, Damaged
from artifacts.publish import Published
from artifacts.sorted_rows import ROW_GROUP, read_rows
from artifacts.version_name import as_of_of, misnamed, version_name

DATA = "data.parquet"
Frozen = TypeVar("Frozen", bound="FrozenRows")


@dataclass(frozen=True)
class FrozenRows:
    """A published version of rows sorted by (`observed_at`, entity), with the contract that describes them."""

    name: str
    version: str
    contract: Contract
    facts: Mapping[str, Any]
    published: Published

    @property
    def id(self) -> str:
        """`NAME/VERSION`; the name is that of the training set."""
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

        Page checksums are verified; row groups outside the window are not read. Raises `BadInput`
        (`contract.unknown_column`) before the first row, and as `Published.reading` when the file goes meanwhile.
        """
        moment = self.contract.observed_at
        with self.published.reading():
            found = read_rows(self.path, moment, columns, start=start, end=end, batch_rows=batch_rows)
        return self._read(found)

    def _read(self, found: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with self.published.reading():
            yield from found


def publish_rows(
    root: str,
    contract: Contract,
    as_of: datetime,
    staged: Path,
    *,
    kind: str,
    content: Content,
    facts: Mapping[str, Any],
) -> tuple[str, Published]:
    """Publish the folder `staged` (data.parquet and extras), whose rows are `content`; its version, and what is there.

    `facts` gain name, contract, as_of, content and rows. What is already published under the same id stays.
    """
    found = {
        "name": contract.name,
        "contract": contract.to_dict(),
        "as_of": as_of.isoformat(sep=" "),
        "content": content.id(),
        "rows": content.rows,
    }

    def fill(folder: Path) -> Mapping[str, Any]:
        shutil.copytree(staged, folder, dirs_exist_ok=True)
        return {**facts, **found}

    version = version_name(as_of, content.id())
    uri = f"{root}/{publish.check_name(contract.name, 'training set')}/{version}"
    return version, publish.publish(uri, kind, fill)


def open_rows(name: str, version: str, published: Published, make: Callable[..., Frozen]) -> Frozen:
    """`make(name, version, contract, facts, published)`, of a manifest that says what such rows must.

    Raises `Damaged`: `publish.damaged`, or `training_set.misnamed` when the folder holds another version.
    """
    facts = published.facts
    try:
        told, contract = facts["name"], Contract.from_dict(facts["contract"])
        written = version_name(datetime.fromisoformat(facts["as_of"]), facts["content"])
        int(facts["rows"])
        opened = make(name, version, contract, facts, published)
    except (KeyError, TypeError, ValueError, BadInput) as error:
        raise Damaged(
            "publish.damaged",
            f"{published.uri} is damaged: its manifest does not say all that it must ({error!r}).",
            next_step="Restore it from a copy, or delete the folder and make it again.",
        ) from error
    if (told, contract.name, written) != (name, name, version):
        raise misnamed(published.uri, f"{told}/{written}")
    return opened


def check_names(name: str, version: str) -> None:
    """Refuse a name or version that no published rows could have; raises `BadInput`."""
    publish.check_name(name, "training set")
    publish.check_name(version, "version")
