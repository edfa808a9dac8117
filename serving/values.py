"""Holds the values of a column against its type in the contract: a value of another type is refused by its place."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np

from artifacts.column import Column
from serving.refused import RequestRefused

LONGEST_TEXT = 1000
LARGEST = float(np.finfo(np.float32).max)
WHOLE = {"integer": 2**31, "bigint": 2**63}
# Beyond every float32; between LARGEST and here it is measured as the float that it is read as, with the others.
_BEYOND = {**WHOLE, "double": 2**128}
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

NO_NAN_NOR_NULL = "Give a value; pandas makes NaN of one that is missing."
NO_NAN = "Send null for what is not known; of a pandas frame, frame.astype(object).where(frame.notna(), None)"


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


def check_type(column: Column, values: Sequence[Any], *, nulls: bool, first_row: int = 0, of: str = "row") -> None:
    """Raise `RequestRefused` (`request.field_type`) for the first value that is none of the column's type."""
    rule, kinds = _rule(column.type, nulls), set(map(type, values))
    if kinds <= rule.right or (kinds <= rule.allowed and _all_fit(rule.kind, values)):
        return
    good = (type(value) in rule.allowed and _all_fit(rule.kind, [value]) for value in values)
    row = list(good).index(False)
    raise wrong_type(column, first_row + row, values[row], of)


def naive(column: Column, values: Sequence[Any]) -> Sequence[Any]:
    """The values of a key as they are logged and compared: times as naive UTC."""
    if column.type != "timestamp":
        return values
    moments = [datetime.fromisoformat(value) if isinstance(value, str) else value for value in values]
    return [moment.replace(tzinfo=None) for moment in moments]


def is_decimal(column: Column) -> bool:
    """Whether the column has exact decimals."""
    return column.type.startswith("decimal")


def decimals(column: Column, values: Sequence[Any], first_row: int = 0) -> list[Decimal | None]:
    """Exact decimals: a float is taken as its shortest text, which is what stood in the request.

    Raises `RequestRefused` (`request.field_type`) for one that the type cannot hold.
    """
    precision, scale = column.arrow.precision, column.arrow.scale
    exact: list[Decimal | None] = []
    for row, value in enumerate(values, start=first_row):
        number = None if value is None else Decimal(repr(value)) if type(value) is float else Decimal(value)
        if number is not None:
            if not number.is_finite() or number.normalize().as_tuple().exponent < -scale:
                raise wrong_type(column, row, value)
            if number and number.adjusted() >= precision - scale:
                raise wrong_type(column, row, value)
        exact.append(number)
    return exact


def wrong_type(column: Column, row: int, value: object, of: str = "row") -> RequestRefused:
    """The refusal of a value that is none of the column's type; of the value it says whether it is null or NaN."""
    kind = "decimal" if is_decimal(column) else column.type
    also = " or null" if column.role == "feature" and column.null_share > 0 else ""
    wanted, name = f"{WANTED[kind]}{also} ({column.type})", f"{column.name} of {of} {row}"
    told, step = f"{name} is not {wanted}.", "Correct the request; /openapi.json describes it."
    if value is None:
        told = f"{name} is null, which is not allowed here; wanted {wanted}."
    elif isinstance(value, float) and math.isnan(value):
        told, step = f"{name} is NaN, which is no JSON; wanted {wanted}.", NO_NAN if also else NO_NAN_NOR_NULL
    return RequestRefused("request.field_type", told, next_step=step, field=column.name, row=row)


def _all_fit(kind: str, values: Sequence[Any]) -> bool:
    """Whether values of the right Python types are in the range of the type; what is not finite comes later."""
    kinds = set(map(type, values))
    limit = _BEYOND.get(kind, WHOLE["bigint"])
    if kinds == {int}:
        return bool(-limit <= min(values) and max(values) < limit)
    if str in kinds:
        return _is_text(values) and (kind == "varchar" or _are_times(values))
    if kind in WHOLE and float in kinds:
        return all(value is None or (value == value // 1 and -limit <= value < limit) for value in values)
    whole = [value for value in values if type(value) is int] if int in kinds else [0]
    return -limit <= min(whole) and max(whole) < limit


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
