"""Reads the bodies of prediction requests: the service's own form, and those of MLflow's scoring server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from serving.entities import LookedUp, look_up
from serving.fresh import Fresh
from serving.loaded import LoadedVersion
from serving.parse import parse
from serving.refused import RequestRefused
from serving.rows import Rows, check_names, check_rows

Columns = Mapping[str, Sequence[Any]]
ALL_ROWS = (
    "Send them in several requests, or score a training set: python -m serving score --model MODEL --set NAME/VERSION"
)
ALL_ENTITIES = (
    "Send them in several requests, or score all upcoming rows: python -m serving score --model MODEL --upcoming"
)


@dataclass(frozen=True)
class Asked:
    """The checked rows of a request, and whether each feature's contribution is wanted."""

    rows: Rows
    contributions: bool
    looked_up: LookedUp | None = None


def read_request(
    version: LoadedVersion, body: bytes, max_rows: int, fresh: Fresh, max_feature_age_seconds: float
) -> Asked:
    """`{"rows": [{FEATURE: value, …}, …], "contributions": false}`, or instead of rows `"entities": [{COLUMN: value}]`.

    Raises `RequestRefused`, and as `look_up` does.
    """
    given = _object(parse(body), {"rows", "entities", "contributions"})
    _check_one_of(given, "rows", "entities")
    contributions = given.get("contributions", False)
    if not isinstance(contributions, bool):
        raise _shape("contributions", "true or false")
    if "entities" in given:
        entities = _objects(given["entities"], "entities", max_rows)
        rows, looked_up = look_up(version, entities, fresh, max_feature_age_seconds)
        return Asked(rows, contributions, looked_up)
    return Asked(check_rows(version, _columns(version, given["rows"], "rows", max_rows)), contributions)


def read_invocation(version: LoadedVersion, body: bytes, max_rows: int) -> Asked:
    """`{"dataframe_split": {"columns": […], "data": [[…]]}}` or `{"dataframe_records": [{…}]}`, as MLflow takes them.

    As there, `index`, one a row, is read over; `params` must be empty, since the model has none.

    Raises `RequestRefused`.
    """
    given = _object(parse(body), {"dataframe_split", "dataframe_records", "params"})
    if given.get("params") not in (None, {}):
        raise _shape("params", "null or {}: the model has no parameters")
    _check_one_of(given, "dataframe_split", "dataframe_records")
    if "dataframe_records" in given:
        columns = _columns(version, given["dataframe_records"], "dataframe_records", max_rows)
    else:
        columns = _split(given["dataframe_split"], max_rows)
    return Asked(check_rows(version, columns), contributions=False)


def _columns(version: LoadedVersion, records: Any, name: str, max_rows: int) -> Columns:
    """The columns of a list of objects, which all have the same fields."""
    _objects(records, name, max_rows)
    check_names(version, records)
    return {field: [record[field] for record in records] for field in records[0]}


def _objects(records: Any, name: str, max_rows: int) -> Sequence[Mapping[str, Any]]:
    _check_count(records, name, max_rows)
    if any(type(record) is not dict for record in records):
        row = next(row for row, record in enumerate(records) if type(record) is not dict)
        what = "Entity" if name == "entities" else "Row"
        raise RequestRefused("request.shape", f"{what} {row} is not an object.", field=name, row=row)
    found: Sequence[Mapping[str, Any]] = records
    return found


def _split(given: Any, max_rows: int) -> Columns:
    if type(given) is not dict or not {"columns", "data"} <= given.keys() <= {"columns", "data", "index"}:
        raise _shape("dataframe_split", "an object with columns and data")
    names, data = given["columns"], given["data"]
    if type(names) is not list or not all(type(name) is str for name in names):
        raise _shape("dataframe_split.columns", "a list of names")
    twice = _first_twice(names)
    if twice is not None:
        told = f"Column {twice} of dataframe_split, counted from 0, has the name of an earlier one."
        raise RequestRefused("request.key_twice", told, field="dataframe_split.columns")
    _check_count(data, "dataframe_split.data", max_rows)
    for row, values in enumerate(data):
        if type(values) is not list or len(values) != len(names):
            raise RequestRefused(
                "request.shape", f"Row {row} is not a list with a value for each column.", field="data", row=row
            )
    if "index" in given and (type(given["index"]) is not list or len(given["index"]) != len(data)):
        raise _shape("dataframe_split.index", "a list with one value for each row")
    return dict(zip(names, map(list, zip(*data, strict=True)), strict=True))


def _first_twice(names: Sequence[str]) -> int | None:
    seen: set[str] = set()
    for at, name in enumerate(names):
        if name in seen:
            return at
        seen.add(name)
    return None


def _check_count(rows: Any, name: str, max_rows: int) -> None:
    is_of_entities = name == "entities"
    if type(rows) is not list or not rows:
        raise _shape(name, f"a list of at least one {'entity' if is_of_entities else 'row'}")
    if len(rows) > max_rows:
        raise RequestRefused(
            "request.too_many_rows",
            f"{name} has {len(rows)} {'entities' if is_of_entities else 'rows'}; at most {max_rows} are taken.",
            next_step=ALL_ENTITIES if is_of_entities else ALL_ROWS,
            field=name,
        )


def _check_one_of(given: Mapping[str, Any], one: str, other: str) -> None:
    if (one in given) == (other in given):
        there = f"both {one} and" if one in given else f"neither {one} nor"
        raise RequestRefused("request.shape", f"The body has {there} {other}; wanted one of the two.", field=one)


def _object(given: Any, allowed: set[str]) -> dict[str, Any]:
    if type(given) is not dict:
        raise RequestRefused("request.shape", "The body is not a JSON object.")
    for at, name in enumerate(given):
        if name not in allowed:
            told = f"Field {at} of the body, counted from 0, is none of {', '.join(sorted(allowed))}."
            raise RequestRefused("request.field_unknown", told)
    return given


def _shape(field: str, wanted: str) -> RequestRefused:
    return RequestRefused("request.shape", f"{field} is not {wanted}.", field=field)
