"""Holds the rows of a request against the contract: every feature is there, with its type, and nothing else is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from serving.loaded import LoadedVersion, Matrix
from serving.refused import RequestRefused, nearest
from serving.values import LARGEST, check_type, decimals, naive, wrong_type


@dataclass(frozen=True)
class Rows:
    """Checked rows: `features` by name, in the model's order, as they were given; `keys` says what each is about,
    with naive UTC times.

    `numbers` are the model's numbers before they are cut to float32, rows x features.
    """

    features: Mapping[str, Sequence[Any]]
    keys: Sequence[Mapping[str, Any]]
    numbers: Matrix

    @property
    def count(self) -> int:
        """How many rows."""
        return len(self.numbers)


def check_rows(version: LoadedVersion, columns: Mapping[str, Sequence[Any]], first_row: int = 0) -> Rows:
    """The rows, from the values of each column by name, None for null; all columns are equally long.

    A row has every feature, and of the keys those that the caller knows, without nulls. Of rows that come in batches
    refusals name the place among all of them: `first_row` were before. Raises `RequestRefused` (422):
    `request.field_missing`, `request.field_unknown`, `request.field_type`.
    """
    names = version.encoder.names
    for name in names:
        if name not in columns:
            raise missing_field(name)
    keys = {column.name: column for column in version.keys if column.name in columns}
    for name in columns:
        if name not in keys and name not in version.encoder.types:
            raise _unknown_field(version, columns, name)
    for column in (*keys.values(), *version.columns):
        check_type(column, columns[column.name], nulls=column.role == "feature", first_row=first_row)
    features = {name: columns[name] for name in names}
    numbers = numbers_of(version, features, first_row)
    _check_finite(version, features, numbers, first_row)
    of_keys = zip(*(naive(column, columns[name]) for name, column in keys.items()), strict=True)
    return Rows(features, [dict(zip(keys, values, strict=True)) for values in of_keys] or [{}] * len(numbers), numbers)


def check_names(version: LoadedVersion, records: Sequence[Mapping[str, Any]]) -> None:
    """Raise `RequestRefused` (422) unless all rows have the same fields: every feature, and of the keys some or none.

    `request.field_missing`, `request.field_unknown`.
    """
    wanted, keys = records[0].keys(), {column.name for column in version.keys}
    for name in version.encoder.names:
        if name not in wanted:
            raise missing_field(name, 0)
    for name in wanted:
        if name not in version.encoder.types and name not in keys:
            raise _unknown_field(version, records[0], name, 0)
    for row, record in enumerate(records):
        if record.keys() != wanted:
            name = next(name for name in (*wanted, *record) if name not in record or name not in wanted)
            if name in keys:
                raise _in_some_rows(version, name, row)
            raise missing_field(name, row) if name in wanted else _unknown_field(version, record, name, row)


def numbers_of(version: LoadedVersion, features: Mapping[str, Sequence[Any]], first_row: int = 0) -> Matrix:
    """The model's numbers of features that have the contract's types, rows x features.

    Raises `RequestRefused` (`request.field_type`) for a decimal that its type cannot hold.
    """
    if not version.decimals:
        return version.encoder.numbers(features)
    exact = {column.name: decimals(column, features[column.name], first_row) for column in version.decimals}
    return version.encoder.numbers({**features, **exact})


def missing_field(name: str, row: int | None = None) -> RequestRefused:
    """The refusal of a row without a feature."""
    where = "" if row is None else f" in row {row}"
    return RequestRefused(
        "request.field_missing",
        f"{name} is missing{where}.",
        next_step="Give every feature; null says that it is not known.",
        field=name,
        row=row,
    )


def _unknown_field(version: LoadedVersion, given: Iterable[str], name: str, row: int | None = None) -> RequestRefused:
    """The refusal of a field that is neither a feature of the model nor a key, by its place among those `given`."""
    names = list(given)
    at, free = names.index(name), [column.name for column in version.keys if column.name not in names]
    where = f"Column {at}, counted from 0," if row is None else f"Field {at} of row {row}, both counted from 0,"
    told = f"{where} is no feature of the model.{nearest(name, free)}"
    return RequestRefused("request.field_unknown", told, row=row)


def _in_some_rows(version: LoadedVersion, name: str, row: int) -> RequestRefused:
    keys = ", ".join(column.name for column in version.keys)
    return RequestRefused(
        "request.field_missing",
        f"{name} is given in some rows only: row 0 and row {row} differ.",
        next_step=f"Give each of the keys ({keys}) in every row or in none.",
        field=name,
        row=row,
    )


def _check_finite(
    version: LoadedVersion, features: Mapping[str, Sequence[Any]], numbers: Matrix, first_row: int
) -> None:
    """NaN, an infinity, and what becomes one in float32; a null is none, nor is a category."""
    odd = ~(np.abs(numbers) <= LARGEST)
    for place in np.flatnonzero(odd.any(axis=0)).tolist():
        column = version.columns[place]
        values = features[column.name]
        # Every null is odd: when there are as many of them, there is nothing else.
        if column.type == "varchar" or values.count(None) == np.count_nonzero(odd[:, place]):
            continue
        rows = np.flatnonzero(odd[:, place]).tolist()
        row = next(row for row in rows if values[row] is not None)
        raise wrong_type(column, first_row + row, values[row])
