"""A training-set version: a frozen table whose id is its content, with its contract and how it came to be."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from artifacts import publish, storage
from artifacts.content import Content, content_id
from artifacts.contract import Contract
from artifacts.errors import BadInput, CannotJudge, Conflict, Missing
from artifacts.frozen_rows import DATA, FrozenRows, check_names, open_rows, publish_rows
from artifacts.publish import Published
from artifacts.published_versions import KIND, those_there, versions
from artifacts.sorted_rows import ROW_GROUP, write_sorted
from artifacts.version_name import parse_as_of, parse_id, write_as_of

__all__ = [
    "TrainingSet",
    "content_id",
    "newest",
    "open_training_set",
    "parse_as_of",
    "parse_id",
    "publish_training_set",
    "refuse_other_content",
    "version_as_of",
    "versions",
    "write_sorted",
]


class TrainingSet(FrozenRows):
    """A published version; `facts` say rows, label_rate, window, as_of, content and what the builder added."""


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
        "label_rate": label / content.rows,
        "window": {"first": first.isoformat(sep=" "), "last": last.isoformat(sep=" ")},
    }
    version, published = publish_rows(
        root, contract, as_of, staged, kind=KIND, content=content, facts={**facts, **found}
    )
    refuse_other_content(published, content.id())
    return open_rows(contract.name, version, published, TrainingSet)


def refuse_other_content(published: Published, content: str) -> None:
    """Raise `Conflict` (`training_set.conflict`) unless the version that stands there has the whole of this content."""
    if published.facts["content"] != content:
        raise Conflict(
            "training_set.conflict",
            f"{published.uri} holds content {published.facts['content']}, not {content}.",
            next_step="Keep the folder, build into another, and compare them: two contents share the first 12 digits.",
        )


def open_training_set(root: str, name: str, version: str) -> TrainingSet:
    """The published version, with the contract that it was published under.

    Raises `Missing` (`publish.missing`) naming up to ten versions that are there, or `Damaged`: `publish.damaged`, or
    `training_set.misnamed` when the folder holds another version.
    """
    check_names(name, version)
    try:
        published = publish.read(f"{root}/{name}/{version}", KIND)
    except Missing as error:
        step = "Name one, or build it."
        if not storage.children(root):
            step = "If any was ever built, restore them from a backup or correct PIPELINE_TRAINING_SETS; else build it."
        raise Missing(error.code, f"{error.message} {those_there(root, name)}", next_step=step) from error
    return open_rows(name, version, published, TrainingSet)


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
            f"No version of training set {name} is as of {day}. {those_there(root, name)}",
            next_step=f"Name one that is there, or build it: python -m features build --name {name} --as-of {day}",
        )
    raise BadInput(
        "training_set.several_as_of",
        f"Training set {name} has {len(found)} versions as of {day}: {', '.join(found)}.",
        next_step="Name one of them: to train.py by --training-set VERSION.",
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
