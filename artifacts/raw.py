"""A landed partition of a source table: immutable, one Parquet file per kind of fact, each row with its `known_at`."""

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from typing import Any

import pyarrow as pa

from artifacts import facts as tables_of_facts
from artifacts import storage
from artifacts.correction import correct, landed_rows, rows_there
from artifacts.errors import Conflict
from artifacts.partition import (
    BASE,
    QUARANTINE,
    Draft,
    Key,
    Partition,
    as_partition,
    checked_facts,
    publish_draft,
    published_of,
)
from artifacts.periods import following
from artifacts.publish import names

__all__ = [
    "Draft",
    "Key",
    "Partition",
    "correct",
    "draft",
    "first_gap",
    "land",
    "land_all",
    "landed_rows",
    "landed_through",
    "partitions",
    "rows_there",
    "verify",
]


def draft(key: Key, facts: Mapping[str, pa.Table], quarantine: pa.Table | None, provenance: Mapping[str, Any]) -> Draft:
    """The first revision of `key`: facts by name, and the rows set aside, with their `reason`; row order is nothing.

    Raises `BadInput` for a bad name (`name.invalid`), period (`period.invalid`) or fact (`raw.fact_invalid`).
    """
    tables = checked_facts(key, facts)
    if quarantine is not None and quarantine.num_rows:
        tables[QUARANTINE] = tables_of_facts.ordered(quarantine, "reason")
    return Draft(key, f"{BASE}-{tables_of_facts.content_id(tables)[:12]}", tables, provenance)


def land_all(root: str, drafts: Iterable[Draft]) -> list[Partition]:
    """Publish several drafts; what stands there with the same content is left alone.

    Raises `Conflict` (`raw.conflict`), before any is published, when other content was landed under one of the keys.
    """
    drafts = list(drafts)
    with ExitStack() as locks:
        for one in sorted(drafts, key=lambda one: str(one.key)):
            locks.enter_context(storage.locked(f"{root}/{one.key}"))
        for one in drafts:
            _refuse_conflict(root, one)
        return [publish_draft(root, one) for one in drafts]


def land(
    root: str, key: Key, facts: Mapping[str, pa.Table], quarantine: pa.Table | None, provenance: Mapping[str, Any]
) -> Partition:
    """`land_all` of one `draft`."""
    return land_all(root, [draft(key, facts, quarantine, provenance)])[0]


def partitions(root: str, source: str) -> list[Partition]:
    """Every landed revision of `source`, by table, period and revision; empty when nothing has landed."""
    return [as_partition(key, published) for key, published in published_of(root, source)]


def verify(root: str, source: str, period: str | None = None) -> list[Partition]:
    """`partitions` (of one `period` only, if named), the bytes of every file checked; `Damaged` names the file."""
    return [as_partition(key, published.verify()) for key, published in published_of(root, source, period)]


def landed_through(root: str, source: str) -> str | None:
    """The last period of the run without a gap from the first period that landed, whole or not; None when that did not.

    A period is whole when every table that its partitions' provenance lists under `tables` is there.
    """
    return _through(*_periods(root, source))


def first_gap(root: str, source: str) -> str | None:
    """The first period that is not there whole although it, or a later one, is in part; None when there is no gap."""
    there, whole = _periods(root, source)
    last = _through(there, whole)
    gap = following(last) if last is not None else min(there, default=None)
    return gap if gap is not None and gap <= max(there) else None


def _through(there: set[str], whole: set[str]) -> str | None:
    last, period = None, min(there, default=None)
    while period is not None and period in whole:
        last, period = period, following(period)
    return last


def _periods(root: str, source: str) -> tuple[set[str], set[str]]:
    """The periods of which something landed, which is what SQL reads, and those that landed whole."""
    there: dict[str, set[str]] = {}
    wanted: dict[str, set[str]] = {}
    for partition in partitions(root, source):
        if partition.revision.startswith(BASE):
            period = partition.key.period
            there.setdefault(period, set()).add(partition.key.table)
            wanted.setdefault(period, set()).update(partition.provenance.get("tables", ()))
    return {*there}, {period for period, tables in there.items() if tables >= wanted[period]}


def _refuse_conflict(root: str, one: Draft) -> None:
    for other in names(f"{root}/{one.key}"):
        if other.startswith(BASE) and other != one.revision:
            raise Conflict(
                "raw.conflict",
                f"{one.key} holds {other}, and this is {one.revision}: other rows under the same key.",
                next_step="Land the same files again, or publish what changed as a correction.",
            )
