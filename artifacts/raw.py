"""A landed partition of a source table: immutable, one Parquet file per kind of fact, each row with its `known_at`."""

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from artifacts import facts as tables_of_facts
from artifacts import shelf
from artifacts.errors import BadInput, Conflict, Missing
from artifacts.partition import (
    BASE,
    CORRECTION,
    KIND,
    QUARANTINE,
    Draft,
    Key,
    Partition,
    as_partition,
    publish_draft,
    published_of,
)
from artifacts.periods import check_period, following
from artifacts.publish import Published, check_name, names, read

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
    "verify",
]


def draft(key: Key, facts: Mapping[str, pa.Table], quarantine: pa.Table | None, provenance: Mapping[str, Any]) -> Draft:
    """The first revision of `key`: facts by name, and the rows set aside, with their `reason`; row order is nothing.

    Raises `BadInput` for a bad name (`name.invalid`), period (`period.invalid`) or fact (`raw.fact_invalid`).
    """
    tables = _checked(key, facts)
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
            locks.enter_context(shelf.locked(f"{root}/{one.key}"))
        for one in drafts:
            _refuse_conflict(root, one)
        return [publish_draft(root, one) for one in drafts]


def land(
    root: str, key: Key, facts: Mapping[str, pa.Table], quarantine: pa.Table | None, provenance: Mapping[str, Any]
) -> Partition:
    """`land_all` of one `draft`."""
    return land_all(root, [draft(key, facts, quarantine, provenance)])[0]


def correct(
    root: str, key: Key, facts: Mapping[str, pa.Table], known_at: datetime, provenance: Mapping[str, Any]
) -> Partition:
    """Publish rows of some facts of a landed `key` as they became known at `known_at` (naive UTC), beside the first.

    `facts` come with the columns of the landed ones; their `known_at` may be left out and is set on every row.
    Raises `Missing` (`raw.not_landed`) or `BadInput` (`raw.correction_invalid`).
    """
    if known_at.tzinfo is not None:
        raise _wrong_correction(key, f"known_at {known_at.isoformat()} has a time zone, wanted naive UTC")
    landed = _base(root, key)
    tables = _checked(key, {name: _stamped(landed, key, name, table, known_at) for name, table in facts.items()})
    if not any(table.num_rows for table in tables.values()):
        raise _wrong_correction(key, "it has no rows")
    revision = f"{CORRECTION}-{known_at:%Y-%m}-{tables_of_facts.content_id(tables)[:12]}"
    with shelf.locked(f"{root}/{key}"):
        return publish_draft(root, Draft(key, revision, tables, provenance))


def landed_rows(root: str, key: Key, fact: str) -> pa.Table:
    """The rows of a fact as it landed; raises `Missing` (`raw.not_landed`) or `BadInput` (`raw.correction_invalid`)."""
    return pq.read_table(_file(_base(root, key), key, fact))


def partitions(root: str, source: str) -> list[Partition]:
    """Every landed revision of `source`, by table, period and revision; empty when nothing has landed."""
    return [as_partition(key, published) for key, published in published_of(root, source)]


def verify(root: str, source: str, period: str | None = None) -> list[Partition]:
    """`partitions` (of one `period` only, if named), the bytes of every file checked; `Damaged` names the file."""
    return [as_partition(key, published.verify()) for key, published in published_of(root, source, period)]


def landed_through(root: str, source: str) -> str | None:
    """The last period of the run without a gap from the first period that landed whole; None when none has.

    A period is whole when every table that its partitions' provenance lists under `tables` is there.
    """
    return _through(_whole(root, source))


def first_gap(root: str, source: str) -> str | None:
    """The first period that is not there whole although a later one is; None when there is no gap."""
    whole = _whole(root, source)
    last = _through(whole)
    return following(last) if last is not None and last < max(whole) else None


def _through(whole: set[str]) -> str | None:
    last = min(whole, default=None)
    while last is not None and following(last) in whole:
        last = following(last)
    return last


def _whole(root: str, source: str) -> set[str]:
    there: dict[str, set[str]] = {}
    wanted: dict[str, set[str]] = {}
    for partition in partitions(root, source):
        if partition.revision.startswith(BASE):
            period = partition.key.period
            there.setdefault(period, set()).add(partition.key.table)
            wanted.setdefault(period, set()).update(partition.provenance.get("tables", ()))
    return {period for period, tables in there.items() if tables >= wanted[period]}


def _checked(key: Key, facts: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    check_name(key.source, "source")
    check_name(key.table, "table")
    check_period(key.period)
    if not facts or QUARANTINE in facts:
        raise BadInput(
            "raw.fact_invalid",
            f"{key} has the facts {sorted(facts)}; wanted one or more, none of them called {QUARANTINE}.",
            next_step="Correct the source's module.",
        )
    return {name: tables_of_facts.checked(str(key), name, table) for name, table in facts.items()}


def _refuse_conflict(root: str, one: Draft) -> None:
    for other in names(f"{root}/{one.key}"):
        if other.startswith(BASE) and other != one.revision:
            raise Conflict(
                "raw.conflict",
                f"{one.key} holds {other}, and this is {one.revision}: other rows under the same key.",
                next_step="Land the same files again, or publish what changed as a correction.",
            )


def _base(root: str, key: Key) -> Published:
    for name in names(f"{root}/{key}"):
        if name.startswith(BASE):
            return read(f"{root}/{key}/{name}", KIND)
    raise Missing("raw.not_landed", f"{key} has not landed.", next_step="Land it before correcting it.")


def _file(landed: Published, key: Key, fact: str) -> Path:
    if f"{fact}.parquet" not in landed.files or fact == QUARANTINE:
        raise _wrong_correction(key, f"no fact landed as {fact}; there are {', '.join(sorted(landed.facts['rows']))}")
    return landed.file(f"{fact}.parquet")


def _stamped(landed: Published, key: Key, name: str, table: pa.Table, known_at: datetime) -> pa.Table:
    there = pq.read_table(_file(landed, key, name))
    stamped = tables_of_facts.stamped(table, there.schema, known_at)
    if isinstance(stamped, str):
        raise _wrong_correction(key, f"fact {name}: {stamped}")
    first = pc.min(there["known_at"]).as_py()
    if first is not None and known_at <= first:
        raise _wrong_correction(key, f"known_at {known_at} is not later than {first}, when {name} was first known")
    return stamped


def _wrong_correction(key: Key, what: str) -> BadInput:
    return BadInput("raw.correction_invalid", f"Correction of {key}: {what}.", next_step="Correct the correction.")
