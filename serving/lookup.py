"""Upcoming rows in memory: verified, and found by a key that callers know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from artifacts.column import Column
from artifacts.errors import BadInput, Unavailable
from artifacts.upcoming import Upcoming, open_upcoming
from serving.loaded import LoadedVersion
from serving.refused import RequestRefused

# How far ahead of this machine's clock another's may be, which published the rows.
CLOCKS_DIFFER = timedelta(minutes=5)
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Held:
    """A published version of upcoming rows; `places` maps, for each key of `keys`, its values to the row's number."""

    upcoming: Upcoming
    table: pa.Table
    places: tuple[Mapping[Key, int], ...]

    @property
    def keys(self) -> tuple[tuple[Column, ...], ...]:
        """The keys that a row can be found by: its entity, and the lookup key."""
        return self.upcoming.columns.keys

    @property
    def age(self) -> timedelta:
        """Since the rows were published, by the clock of the machine that did."""
        return datetime.now(UTC).replace(tzinfo=None) - self.upcoming.created_at

    def find(self, wanted: Sequence[tuple[int, Key]]) -> Mapping[str, Sequence[Any]]:
        """The columns of the rows whose keys are `wanted`, each with the number of the key in `keys`, in that order.

        Raises `RequestRefused` (404): `upcoming.entity_unknown`.
        """
        numbers = []
        for row, (which, key) in enumerate(wanted):
            number = self.places[which].get(key)
            if number is None:
                raise self._unknown(row, which)
            numbers.append(number)
        found = self.table.take(pa.array(numbers, pa.int64()))
        return {name: found.column(name).to_pylist() for name in found.column_names}

    def _unknown(self, row: int, which: int) -> RequestRefused:
        names = ", ".join(column.name for column in self.keys[which])
        return RequestRefused(
            "upcoming.entity_unknown",
            f"No upcoming row has the {names} of entity {row}. There are {self.upcoming.rows} rows, as of "
            f"{self.upcoming.as_of} UTC: observed before that moment, and without a label at it.",
            status=404,
            next_step="Correct the entity, ask again once newer rows are published, or send its features in `rows`.",
            row=row,
        )

    def refuse_unfit(self, version: LoadedVersion) -> None:
        """Raise `Unavailable` (`upcoming.other_columns`) unless the rows have what the version was fitted on."""
        mine, theirs = version.contract, self.upcoming.contract
        try:
            if (mine.name, version.keys) != (theirs.name, [theirs.column(column.name) for column in version.keys]):
                raise BadInput("", f"They are of {theirs.name}, keyed otherwise than {mine.name}.", next_step="")
            version.encoder.check(theirs)
        except BadInput as error:
            raise Unavailable(
                "upcoming.other_columns",
                f"The upcoming rows {self.upcoming.id} do not fit version {version.id}: {error.message}",
                next_step="Bring the column back and publish again, or roll back to a version that never had it.",
            ) from error

    def refuse_old(self, limit_seconds: float) -> None:
        """Raise `Unavailable` (`upcoming.too_old`) when the rows were published too long ago, or in the future."""
        name, age = self.upcoming.name, self.age
        if -CLOCKS_DIFFER <= age <= timedelta(seconds=limit_seconds):
            return
        raise Unavailable(
            "upcoming.too_old",
            f"The upcoming rows of {name}, as of {self.upcoming.as_of} UTC, were published {age.total_seconds():.0f} "
            f"seconds ago; SERVING_MAX_FEATURE_AGE_SECONDS allows {limit_seconds:.0f}.",
            next_step=f"Publish newer ones: python -m features upcoming --name {name} --as-of TIME",
        )


def hold(root: str, name: str, version: str) -> Held:
    """Read a published version whole, its bytes checked; raises as `open_upcoming` and `Published.file` do."""
    upcoming = open_upcoming(root, name, version)
    columns = upcoming.columns
    names = [column.name for column in columns.columns]
    table = pa.Table.from_batches(upcoming.batches(names), columns.arrow_schema()).combine_chunks()
    return Held(upcoming, table, tuple(_index(table, key) for key in columns.keys))


def _index(table: pa.Table, key: tuple[Column, ...]) -> dict[Key, int]:
    values = [table.column(column.name).to_pylist() for column in key]
    return {found: number for number, found in enumerate(zip(*values, strict=True))}
