"""Predictions as rows of a Parquet table and back, bit for bit."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
from pydantic_core import to_json

from artifacts.prediction_log.kinds import Columns
from artifacts.prediction_log.record import Prediction
from artifacts.prediction_log.tags import tagged, untagged

_FIXED = (
    ("prediction_id", pa.string()),
    ("request_id", pa.string()),
    ("model", pa.string()),
    ("version", pa.int64()),
    ("model_sha256", pa.string()),
    ("training_set", pa.string()),
    ("asked_at", pa.timestamp("us")),
    ("via", pa.string()),
    ("score", pa.float64()),
    ("flags", pa.list_(pa.string())),
)
_NAMES = tuple(name for name, _ in _FIXED)


def schema_of(entity: Columns, features: Columns) -> pa.Schema:
    """The columns of a part, one row a prediction.

    `entity` and `features` are structs with a typed field a name (`features.distance`), absent when no row has any.
    `exact` is null, or the JSON of both where a row has a value that its field cannot hold as it was.
    """
    structs = [(name, columns.struct()) for name, columns in (("entity", entity), ("features", features))]
    kept = [(name, kind) for name, kind in structs if kind is not None]
    return pa.schema([("segment", pa.string()), *_FIXED, *kept, ("exact", pa.string())])


def to_rows(found: Sequence[tuple[str, Prediction]], entity: Columns, features: Columns) -> pa.Table:
    """A table of `schema_of`, one row for each segment's name with its prediction, in their order."""
    schema = schema_of(entity, features)
    predictions = [one for _, one in found]
    columns: dict[str, Any] = {"segment": [segment for segment, _ in found]}
    columns.update({name: [getattr(one, name) for one in predictions] for name in _NAMES})
    if "entity" in schema.names:
        columns["entity"] = entity.array([one.entity for one in predictions])
    if "features" in schema.names:
        columns["features"] = features.array([one.features for one in predictions])
    columns["exact"] = [None if _fits(one, entity, features) else _exact(one) for one in predictions]
    return pa.table(columns, schema)


def from_rows(batch: pa.RecordBatch) -> Iterator[Prediction]:
    """The predictions of rows that `to_rows` made."""
    for row in batch.to_pylist():
        fixed = {name: row[name] for name in _NAMES}
        fixed["flags"] = tuple(fixed["flags"])
        entity, features = row.get("entity"), row.get("features") or {}
        if row["exact"] is not None:
            entity, features = (_mapping(part) for part in json.loads(row["exact"]))
        yield Prediction(**fixed, entity=entity, features=features)


def _fits(one: Prediction, entity: Columns, features: Columns) -> bool:
    return entity.exact(one.entity) and (features.exact(one.features) or not (one.features or features.struct()))


def _exact(one: Prediction) -> str:
    both = [None if part is None else [[n, tagged(v)] for n, v in part.items()] for part in (one.entity, one.features)]
    return to_json(both).decode()


def _mapping(pairs: list[tuple[str, Any]] | None) -> Any:
    return None if pairs is None else {name: untagged(value) for name, value in pairs}
