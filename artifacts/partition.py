"""What a landed partition is, how a draft becomes one, and how it is read again."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from artifacts import facts, storage
from artifacts.errors import BadInput
from artifacts.periods import check_period
from artifacts.publish import Published, check_name, names, publish, read

KIND = "raw partition"
QUARANTINE = "quarantine"
BASE, CORRECTION = "base", "correction"


@dataclass(frozen=True)
class Key:
    """What a partition is about; `period` is a month such as `2013-01`."""

    source: str
    table: str
    period: str

    def __str__(self) -> str:
        return f"{self.source}/{self.table}/{self.period}"


@dataclass(frozen=True)
class Partition:
    """One revision of a key: rows per fact, rows set aside by reason; `created` is False when it was there before."""

    key: Key
    revision: str
    rows: Mapping[str, int]
    quarantined: int
    quarantined_by_reason: Mapping[str, int]
    provenance: Mapping[str, Any]
    created: bool
    uri: str


@dataclass(frozen=True)
class Draft:
    """What is to become a partition: its tables in their final order, and the revision that follows from them."""

    key: Key
    revision: str
    tables: Mapping[str, pa.Table]
    provenance: Mapping[str, Any]


def checked_facts(key: Key, tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """The facts in the order in which they are kept.

    Raises `BadInput` for a bad name (`name.invalid`), period (`period.invalid`) or fact (`raw.fact_invalid`).
    """
    check_name(key.source, "source")
    check_name(key.table, "table")
    check_period(key.period)
    if not tables or QUARANTINE in tables:
        raise BadInput(
            "raw.fact_invalid",
            f"{key} has the facts {sorted(tables)}; wanted one or more, none of them called {QUARANTINE}.",
            next_step="Correct the source's module.",
        )
    return {name: facts.checked(str(key), name, table) for name, table in tables.items()}


def publish_draft(root: str, one: Draft) -> Partition:
    """Publish the draft under its revision, or verify what stands there."""
    quarantine = one.tables.get(QUARANTINE)
    reasons = pc.value_counts(quarantine["reason"]).to_pylist() if quarantine is not None else []

    def write(folder: Path) -> Mapping[str, Any]:
        facts.write(folder, one.tables)
        return {
            "rows": {name: table.num_rows for name, table in one.tables.items() if name != QUARANTINE},
            "quarantined_by_reason": {entry["values"]: entry["counts"] for entry in reasons},
            "provenance": dict(one.provenance),
        }

    return as_partition(one.key, publish(f"{root}/{one.key}/{one.revision}", KIND, write))


def published_of(root: str, source: str, only: str | None = None) -> list[tuple[Key, Published]]:
    """The published revisions of `source`, of all periods or of one, by table, period and revision; not verified."""
    check_name(source, "source")
    return [
        (Key(source, table, period), read(f"{root}/{source}/{table}/{period}/{revision}", KIND))
        for table in storage.children(f"{root}/{source}")
        for period in storage.children(f"{root}/{source}/{table}")
        if only in {None, period}
        for revision in names(f"{root}/{source}/{table}/{period}")
    ]


def as_partition(key: Key, published: Published) -> Partition:
    """What the manifest of a published revision says."""
    return Partition(
        key=key,
        revision=published.uri.rsplit("/", 1)[-1],
        rows=published.facts["rows"],
        quarantined=sum(published.facts["quarantined_by_reason"].values()),
        quarantined_by_reason=published.facts["quarantined_by_reason"],
        provenance=published.facts["provenance"],
        created=published.created,
        uri=published.uri,
    )
