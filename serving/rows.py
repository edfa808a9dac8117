"""Holds the rows of a request against the contract: every feature is there, with its type, and nothing else is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np

from artifacts.column import Column
from serving.loaded import LoadedVersion, Matrix
from serving.refused import RequestRefused, shown

LONGEST_TEXT = 1000
LARGEST = float(np.finfo(np.float32).max)
WHOLE = {"integer": 2**31, "bigint": 2**63}
_KINDS: dict[str, set[type]] = {
    "varchar": {str},
    "timestamp": {str, datetime},
    "boolean": {bool},
    "integer": {int, float},
    "bigint": {int, float},
    "double": {int, float},
    "decimal": {int, float, Decimal},
}
# Whether a float is finite comes later.
_ALWAYS_RIGHT: dict[str, set[type]] = {"double": {float}, "decimal": {float}, "boolean": {bool}}
WANTED = {
    "varchar": f"text of at most {LONGEST_TEXT} characters",
    "timestamp": "a time such as 2013-10-01T06:00:00, in UTC",
    "boolean": "true or false",
    "integer": "a whole number of 32 bits",
    "bigint": "a whole number of 64 bits",
    "double": "a number that fits single precision",
    "decimal": "a number with no more digits than the type has",
}


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


def check_rows(version: LoadedVersion, columns: Mapping[str, Sequence[Any]]) -> Rows:
    """The rows, from the values of each column by name, None for null; all columns are equally long.

    A row has every feature, and of the keys those that the caller knows, without nulls. Raises `RequestRefused` (422):
    `request.field_missing`, `request.field_unknown`, `request.field_type`.
    """
    names = version.encoder.names
    for name in names:
        if name not in columns:
            raise missing_field(name)
    keys = {column.name: column for column in version.keys if column.name in columns}
    for name in columns:
        if name not in keys and name not in version.encoder.types:
            raise unknown_field(name)
    for column in (*keys.values(), *version.columns):
        check_type(column, columns[column.name], nulls=column.role == "feature")
    features = {name: columns[name] for name in names}
    exact = {column.name: _decimals(column, features[column.name]) for column in version.columns if _is_decimal(column)}
    numbers = version.encoder.numbers({**features, **exact})
    _check_finite(version, features, numbers)
    of_keys = zip(*(naive(column, columns[name]) for name, column in keys.items()), strict=True)
    return Rows(features, [dict(zip(keys, values, strict=True)) for values in of_keys] or [{}] * len(numbers), numbers)


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


def unknown_field(name: str, row: int | None = None) -> RequestRefused:
    """The refusal of a field that is neither a feature of the model nor a key."""
    where = "" if row is None else f" in row {row}"
    return RequestRefused(
        "request.field_unknown", f"{shown(name)}{where} is no feature of the model.", field=shown(name), row=row
    )


def _is_decimal(column: Column) -> bool:
    return column.type.startswith("decimal")


@dataclass(frozen=True)
class _Rule:
    """A column's kind in `WANTED`, the Python types that it takes, and those of them of which any value is right."""

    kind: str
    allowed: frozenset[type]
    right: frozenset[type]


@cache
def _rule(sql_type: str, nulls: bool) -> _Rule:
    kind = "decimal" if sql_type.startswith("decimal") else sql_type
    null = {type(None)} if nulls else set()
    return _Rule(kind, frozenset(_KINDS[kind] | null), frozenset(_ALWAYS_RIGHT.get(kind, set()) | null))


def check_type(column: Column, values: Sequence[Any], *, nulls: bool, first_row: int = 0) -> None:
    """Raise `RequestRefused` (`request.field_type`) for the first value that is none of the column's type."""
    rule, kinds = _rule(column.type, nulls), set(map(type, values))
    if kinds <= rule.right or (kinds <= rule.allowed and _all_fit(rule.kind, values)):
        return
    good = (type(value) in rule.allowed and _all_fit(rule.kind, [value]) for value in values)
    raise _wrong_type(column, first_row + list(good).index(False))


def _all_fit(kind: str, values: Sequence[Any]) -> bool:
    """Whether values of the right Python types are in the range of the type; what is not finite comes later."""
    kinds = set(map(type, values))
    if kinds == {int}:
        limit = WHOLE.get(kind, WHOLE["bigint"])
        return bool(-limit <= min(values) and max(values) < limit)
    if str in kinds:
        return _is_text(values) and (kind == "varchar" or _are_times(values))
    limit = WHOLE.get(kind, WHOLE["bigint"])
    if kind in WHOLE and float in kinds:
        return all(value is None or (value == value // 1 and -limit <= value < limit) for value in values)
    whole = [value for value in values if type(value) is int] if int in kinds else [0]
    return -limit <= min(whole) and max(whole) < limit


def naive(column: Column, values: Sequence[Any]) -> Sequence[Any]:
    """The values of a key as they are logged and compared: times as naive UTC."""
    if column.type != "timestamp":
        return values
    moments = [datetime.fromisoformat(value) if isinstance(value, str) else value for value in values]
    return [moment.replace(tzinfo=None) for moment in moments]


def _is_text(values: Sequence[str | None]) -> bool:
    """Whether all can be written as UTF-8, which a lone surrogate cannot, and none is very long."""
    texts = [value for value in values if value is not None]
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:
        return False
    return max(map(len, texts), default=0) <= LONGEST_TEXT


def _are_times(values: Sequence[str | None]) -> bool:
    try:
        moments = [datetime.fromisoformat(value) for value in values if value is not None]
    except ValueError:
        return False
    return not any(moment.utcoffset() for moment in moments)


def _decimals(column: Column, values: Sequence[Any]) -> list[Decimal | None]:
    """Exact decimals: a float is taken as its shortest text, which is what stood in the request."""
    precision, scale = column.arrow.precision, column.arrow.scale
    exact: list[Decimal | None] = []
    for row, value in enumerate(values):
        number = None if value is None else Decimal(repr(value)) if type(value) is float else Decimal(value)
        if number is not None:
            if not number.is_finite() or number.normalize().as_tuple().exponent < -scale:
                raise _wrong_type(column, row)
            if number and number.adjusted() >= precision - scale:
                raise _wrong_type(column, row)
        exact.append(number)
    return exact


def _check_finite(version: LoadedVersion, features: Mapping[str, Sequence[Any]], numbers: Matrix) -> None:
    """NaN, an infinity, and what becomes one in float32; a null is none, nor is a category."""
    odd = ~(np.abs(numbers) <= LARGEST)
    for place in np.flatnonzero(odd.any(axis=0)).tolist():
        column = version.columns[place]
        values = features[column.name]
        # Every null is odd: when there are as many of them, there is nothing else.
        if column.type == "varchar" or values.count(None) == np.count_nonzero(odd[:, place]):
            continue
        rows = np.flatnonzero(odd[:, place]).tolist()
        raise _wrong_type(column, next(row for row in rows if values[row] is not None))


def _wrong_type(column: Column, row: int) -> RequestRefused:
    kind = "decimal" if _is_decimal(column) else column.type
    also = " or null" if column.role == "feature" else ""
    return RequestRefused(
        "request.field_type",
        f"{column.name} of row {row} is not {WANTED[kind]}{also} ({column.type}).",
        field=column.name,
        row=row,
    )
