"""Which rows and cells of two versions differ, in SQL over the two files."""

from dataclasses import dataclass
from typing import Any

import duckdb

from artifacts.binning import quoted
from artifacts.column import Column
from artifacts.training_set import TrainingSet


@dataclass(frozen=True)
class Rows:
    """Rows by entity: only in the new version, only in the old, in both with a cell that differs, in both and equal.

    `came_in_window`: those that came although they were observed within the old version's window.
    `changed_by_column`: how many common rows differ in a column, for columns of both versions where any does.
    """

    came: int
    came_in_window: int
    went: int
    changed: int
    same: int
    changed_by_column: dict[str, int]


def connect(old: TrainingSet, new: TrainingSet) -> Any:
    """A DuckDB connection with the two versions as the relations `old` and `new`."""
    connection = duckdb.connect()
    connection.from_parquet(str(old.path)).create_view("old")
    connection.from_parquet(str(new.path)).create_view("new")
    return connection


def common_columns(old: TrainingSet, new: TrainingSet) -> list[Column]:
    """Columns of the new version that the old one has with the same type."""
    types = {column.name: column.type for column in old.contract.columns}
    return [column for column in new.contract.columns if types.get(column.name) == column.type]


def compare_rows(connection: Any, old: TrainingSet, new: TrainingSet) -> Rows:
    """Match rows by entity and count; raises nothing: both versions have one row an entity."""
    entity = [quoted(name) for name in new.contract.entity]
    compared = [column.name for column in common_columns(old, new) if column.name not in new.contract.entity]
    differs = [f"old.{quoted(name)} is distinct from new.{quoted(name)}" for name in compared]
    both = f"old.{entity[0]} is not null and new.{entity[0]} is not null"
    moment = quoted(new.contract.observed_at)
    query = f"""
        select
            count(*) filter (old.{entity[0]} is null),
            count(*) filter (old.{entity[0]} is null and new.{moment} <= (select max({moment}) from old)),
            count(*) filter (new.{entity[0]} is null),
            count(*) filter ({both} and ({" or ".join(differs)})),
            count(*) filter ({both} and not ({" or ".join(differs)})),
            {", ".join(f"count(*) filter ({both} and {one})" for one in differs)}
        from old full join new on {" and ".join(f"old.{name} = new.{name}" for name in entity)}
    """  # noqa: S608
    came, within, went, changed, same, *by_column = connection.execute(query).fetchone()
    counts = dict(zip(compared, by_column, strict=True))
    return Rows(came, within, went, changed, same, {name: count for name, count in counts.items() if count})
