"""Which type each value of a mapping gets as a Parquet column, and which rows such columns cannot hold exactly."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from types import NoneType
from typing import Any

import pyarrow as pa

_MOMENT = pa.timestamp("us")
_TYPES: dict[type, Any] = {
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    str: pa.string(),
    datetime: _MOMENT,
    date: pa.date32(),
}
_LEAST, _BEYOND = -(2**63), 2**63


class _Wide:
    """Stands for whole numbers beyond 64 bits."""


class Kinds:
    """The types of values seen under each name, over the rows of a part."""

    def __init__(self) -> None:
        self._seen: dict[str, set[type]] = {}

    def see(self, values: Mapping[str, object]) -> None:
        """Take in one row."""
        for name, value in values.items():
            kind = type(value)
            if kind is int and not _LEAST <= value < _BEYOND:  # type: ignore[operator]
                kind = _Wide
            if kind not in self._seen.setdefault(name, set()):
                self._seen[name].add(kind)

    def merge(self, other: "Kinds") -> None:
        """Take in all rows that `other` has seen."""
        for name, kinds in other._seen.items():
            self._seen.setdefault(name, set()).update(kinds)

    def columns(self) -> "Columns":
        """The columns for these rows.

        One type: its own. Whole numbers among others: double. Only nulls: double. Any other mixture: text. A name that
        DuckDB cannot tell from another, or that is no name, gets none.
        """
        names: dict[str, list[str]] = {}
        for name in self._seen:
            names.setdefault(name.casefold(), []).append(name)
        alone = [group[0] for key, group in names.items() if len(group) == 1 and key and "\0" not in key]
        return Columns({name: _natural(self._seen[name]) for name in alone}, self._seen)


class Columns:
    """The columns of a mapping: a struct of typed fields."""

    def __init__(self, kinds: Mapping[str, type], seen: Mapping[str, set[type]]) -> None:
        self._kinds = kinds
        self._pure = {name for name, kind in kinds.items() if seen[name] <= {kind, NoneType}}
        self._all_pure = self._pure == seen.keys()

    def struct(self) -> Any:
        """The struct's type, or None when there is no column."""
        fields = [pa.field(name, _TYPES[kind]) for name, kind in self._kinds.items()]
        return pa.struct(fields) if fields else None

    def array(self, rows: Sequence[Mapping[str, object] | None]) -> Any:
        """The rows as a struct array; a value that its column cannot hold is as near as may be, or null."""
        arrays = []
        for name, kind in self._kinds.items():
            values = [None if row is None else row.get(name) for row in rows]
            near = values if name in self._pure else [self._near(kind, value) for value in values]
            arrays.append(pa.array(near, _TYPES[kind]))
        absent = pa.array([row is None for row in rows], pa.bool_())
        return pa.StructArray.from_arrays(arrays, fields=list(self.struct()), mask=absent)

    def exact(self, row: Mapping[str, object] | None) -> bool:
        """Whether `array` holds a row so that it reads back as it was, None too."""
        if row is None:
            return True
        if row.keys() != self._kinds.keys() or not self._kinds:
            return False
        return self._all_pure or all(self._holds(kind, row[name]) for name, kind in self._kinds.items())

    def _near(self, kind: type, value: object) -> Any:
        if self._holds(kind, value):
            return value
        if kind is float and isinstance(value, int):
            return float(value) if abs(value) < 2**1000 else None
        return str(value) if kind is str else None

    @staticmethod
    def _holds(kind: type, value: object) -> bool:
        if value is None:
            return True
        return type(value) is kind and (kind is not int or _LEAST <= value < _BEYOND)  # type: ignore[operator]


def _natural(seen: Iterable[type]) -> type:
    kinds = set(seen) - {NoneType}
    if kinds <= {int, _Wide} and int in kinds:
        return int
    if kinds <= {int, float, _Wide}:
        return float
    return kinds.pop() if len(kinds) == 1 else str
