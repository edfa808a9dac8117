"""Reads the entities of a request: each by its own column or by the whole lookup key, and gives their rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from artifacts.column import Column
from serving.fresh import Fresh
from serving.loaded import LoadedVersion
from serving.lookup import Held, Key
from serving.refused import RequestRefused
from serving.rows import Rows, check_rows
from serving.values import check_type, naive


@dataclass(frozen=True)
class LookedUp:
    """What an answer says about the features it found: when each row was observed, as of when, and how old they are."""

    observed_at: Sequence[datetime]
    as_of: datetime
    age_seconds: float


def look_up(
    version: LoadedVersion, entities: Sequence[Mapping[str, Any]], fresh: Fresh, limit_seconds: float
) -> tuple[Rows, LookedUp]:
    """The rows of `entities`, checked as those that a caller sends.

    Raises `RequestRefused` for what is wrong with an entity, or unknown (404); `Missing` (`upcoming.none`) and
    `Unavailable` (`upcoming.*`) when there are no rows to trust.
    """
    held = fresh.now()
    held.refuse_unfit(version)
    held.refuse_old(limit_seconds)
    found = held.find([_key(held, entity, row) for row, entity in enumerate(entities)])
    names = [*version.encoder.names, *(column.name for column in version.keys)]
    rows = check_rows(version, {name: found[name] for name in names})
    age = max(0.0, round(held.age.total_seconds(), 3))
    return rows, LookedUp(found[version.contract.observed_at], held.upcoming.as_of, age)


def _key(held: Held, entity: Mapping[str, Any], row: int) -> tuple[int, Key]:
    """The number of the key that an entity gives, and its values."""
    which = next((at for at, key in enumerate(held.keys) if entity.keys() == {column.name for column in key}), None)
    if which is None:
        raise _no_key(held, entity, row)
    key = held.keys[which]
    return which, tuple(_value(column, entity[column.name], row) for column in key)


def _value(column: Column, value: Any, row: int) -> Any:
    check_type(column, [value], nulls=False, first_row=row, of="entity")
    return naive(column, [value])[0]


def _no_key(held: Held, entity: Mapping[str, Any], row: int) -> RequestRefused:
    forms = " or ".join("{" + ", ".join(column.name for column in key) + "}" for key in held.keys)
    known = {column.name for key in held.keys for column in key}
    unknown = next((at for at, name in enumerate(entity) if name not in known), None)
    absent = next((column.name for column in held.keys[-1] if column.name not in entity), None)
    if unknown is None:
        told = f"Entity {row} has not the fields of one key, all of them"
    else:
        told = f"Field {unknown} of entity {row}, both counted from 0, is part of no key"
    field = absent if unknown is None else None
    return RequestRefused("request.entity_key", f"{told}; wanted {forms}.", field=field, row=row)
