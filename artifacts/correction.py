"""A correction of a landed partition: rows of some of its facts as they became known later, beside the first."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from artifacts import facts as tables_of_facts
from artifacts import storage
from artifacts.errors import BadInput, Missing
from artifacts.partition import BASE, CORRECTION, KIND, QUARANTINE, Draft, Key, Partition, checked_facts, publish_draft
from artifacts.publish import Published, names, read


def correct(
    root: str,
    key: Key,
    facts: Mapping[str, pa.Table],
    known_at: datetime,
    provenance: Mapping[str, Any],
    *,
    check: Callable[[], None] | None = None,
) -> Partition:
    """Publish rows of some facts of a landed `key` as they became known at `known_at` (naive UTC), beside the first.

    `facts` come with the columns of the landed ones; their `known_at` may be left out and is set on every row. `check`
    is called while no other correction of `key` can be published, and not for one that is there: what it raises keeps
    this one from being published. Raises `Missing` (`raw.not_landed`) or `BadInput` (`raw.correction_invalid`).
    """
    if known_at.tzinfo is not None:
        raise _wrong_correction(key, f"known_at {known_at.isoformat()} has a time zone, wanted naive UTC")
    landed = _base(root, key)
    tables = checked_facts(key, {name: _stamped(landed, key, name, table, known_at) for name, table in facts.items()})
    if not any(table.num_rows for table in tables.values()):
        raise _wrong_correction(key, "it has no rows")
    revision = f"{CORRECTION}-{known_at:%Y-%m}-{tables_of_facts.content_id(tables)[:12]}"
    with storage.locked(f"{root}/{key}"):
        if revision not in names(f"{root}/{key}"):
            if check is not None:
                check()
            _refuse_early(landed, key, tables, known_at)
        return publish_draft(root, Draft(key, revision, tables, provenance))


def landed_rows(root: str, key: Key, fact: str) -> pa.Table:
    """The rows of a fact as it landed; raises `Missing` (`raw.not_landed`) or `BadInput` (`raw.correction_invalid`)."""
    return pq.read_table(_file(_base(root, key), key, fact))


def rows_there(root: str, key: Key, fact: str) -> pa.Table:
    """`landed_rows` and those of every correction of the fact, each with its `revision`."""
    tables = [_of_revision(landed_rows(root, key, fact), _base(root, key))]
    for name in names(f"{root}/{key}"):
        published = read(f"{root}/{key}/{name}", KIND)
        if name.startswith(CORRECTION) and f"{fact}.parquet" in published.files:
            tables.append(_of_revision(pq.read_table(published.file(f"{fact}.parquet")), published))
    return pa.concat_tables(tables)


def _of_revision(rows: pa.Table, published: Published) -> pa.Table:
    return rows.append_column("revision", pa.array([published.uri.rsplit("/", 1)[-1]] * rows.num_rows, pa.string()))


def _base(root: str, key: Key) -> Published:
    for name in names(f"{root}/{key}"):
        if name.startswith(BASE):
            return read(f"{root}/{key}/{name}", KIND)
    tables = storage.children(f"{root}/{key.source}")
    if tables and key.table not in tables:
        raise Missing(
            "raw.not_landed",
            f"{key} has not landed: {key.source} has no table {key.table}.",
            next_step=f"Name one of its tables: {', '.join(tables)}",
        )
    raise Missing("raw.not_landed", f"{key} has not landed.", next_step="Land it before correcting it.")


def _file(landed: Published, key: Key, fact: str) -> Path:
    if f"{fact}.parquet" not in landed.files or fact == QUARANTINE:
        raise _wrong_correction(key, f"no fact landed as {fact}; there are {', '.join(sorted(landed.facts['rows']))}")
    return landed.file(f"{fact}.parquet")


def _stamped(landed: Published, key: Key, name: str, table: pa.Table, known_at: datetime) -> pa.Table:
    stamped = tables_of_facts.stamped(table, pq.read_schema(_file(landed, key, name)), known_at)
    if isinstance(stamped, str):
        raise _wrong_correction(key, f"fact {name}: {stamped}")
    return stamped


def _refuse_early(landed: Published, key: Key, facts: Mapping[str, pa.Table], known_at: datetime) -> None:
    for name in facts:
        first = pc.min(pq.read_table(_file(landed, key, name))["known_at"]).as_py()
        if first is not None and known_at <= first:
            raise _wrong_correction(key, f"known_at {known_at} is not later than {first}, when {name} was first known")


def _wrong_correction(key: Key, what: str) -> BadInput:
    return BadInput(
        "raw.correction_invalid",
        f"Correction of {key}: {what}.",
        next_step="Correct what is wrong there; nothing was published.",
    )
