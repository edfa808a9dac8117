"""The contract's columns as types of a parser that refuses whatever is not plainly theirs."""

import math
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from artifacts.column import Column
from serving.values import LARGEST, LONGEST_TEXT, WHOLE, is_decimal

Decoder = msgspec.json.Decoder[Any]


def decoder_of(**fields: Any) -> Decoder:
    """A decoder of one object with these fields and no other; what may be left out has `UnsetType` in its type."""
    return msgspec.json.Decoder(_closed("Body", list(fields.items())))


def objects_of(features: Sequence[Column], keys: Sequence[Column]) -> Any:
    """Objects that have every feature, and may have keys; their values are in that order."""
    columns = [(column, _type(column)) for column in features]
    row = _struct(columns + [(column, _type(column) | UnsetType) for column in keys])
    return list[row]  # type: ignore[valid-type]


def lists_of(columns: Sequence[Column]) -> Any:
    """Lists with a value for each of `columns`, in that order."""
    row = _struct([(column, _type(column)) for column in columns], array_like=True)
    return list[row]  # type: ignore[valid-type]


def split_type() -> Any:
    """What MLflow's `dataframe_split` holds; its rows are left as they are written."""
    return _closed("Split", [("columns", list[str]), ("data", msgspec.Raw), ("index", list[int] | UnsetType)])


def _struct(columns: Sequence[tuple[Column, Any]], *, array_like: bool = False) -> Any:
    # A column's name need not be one that Python would take.
    fields = [(f"f{place}", kind) for place, (_, kind) in enumerate(columns)]
    names = {f"f{place}": column.name for place, (column, _) in enumerate(columns)}
    return _closed("Row", fields, rename=names, array_like=array_like, gc=False)


def _closed(name: str, fields: Sequence[tuple[str, Any]], **more: Any) -> Any:
    given = [(field, kind, UNSET) if _may_lack(kind) else (field, kind) for field, kind in fields]
    return msgspec.defstruct(name, given, forbid_unknown_fields=True, kw_only=True, **more)


def _may_lack(kind: Any) -> bool:
    return UnsetType in getattr(kind, "__args__", ())


def _type(column: Column) -> Any:
    kind = _value_type(column)
    return kind | None if column.role == "feature" and column.null_share > 0 else kind


def _value_type(column: Column) -> Any:
    if column.type == "boolean":
        return bool
    if column.type in ("varchar", "timestamp"):
        return Annotated[str, Meta(max_length=LONGEST_TEXT)]
    low, high = column.bounds or (None, None)
    if column.type in WHOLE:
        limit = WHOLE[column.type]
        least = -limit if low is None else max(-limit, math.ceil(low))
        most = limit - 1 if high is None else min(limit - 1, math.floor(high))
        return Annotated[int, Meta(ge=least, le=most)]
    low = -LARGEST if low is None else max(float(low), -LARGEST)
    high = LARGEST if high is None else min(float(high), LARGEST)
    number = Annotated[float, Meta(ge=low, le=high)]
    if is_decimal(column):
        # A whole number stays one: as a float it may not be exact.
        limit = WHOLE["bigint"]
        whole = Meta(ge=max(-limit, math.ceil(low)), le=min(limit - 1, math.floor(high)))
        return Annotated[int, whole] | number
    return number
