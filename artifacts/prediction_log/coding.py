"""Predictions as JSON and back, bit for bit: what a batch has in common is written once a segment, as a shape."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby
from typing import Any

from pydantic_core import PydanticSerializationError, to_json

from artifacts.prediction_log.record import Prediction, invalid
from artifacts.prediction_log.tags import PLAIN, tagged, untagged

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 (the log's times are naive UTC)
_MICROSECOND = timedelta(microseconds=1)

Shape = tuple[str, int, str, str, tuple[str, ...] | None, tuple[str, ...]]


@dataclass(frozen=True)
class Batch:
    """The predictions of one append: rows of one shape after another, as JSON arrays, and how many rows there are.

    `bytes` is the most that a frame of it takes.
    """

    blocks: tuple[tuple[Shape, bytes], ...]
    count: int

    @property
    def bytes(self) -> int:
        shapes = sum(_shape_bytes(shape) for shape in {shape for shape, _ in self.blocks})
        return shapes + sum(len(rows) + 16 for _, rows in self.blocks) + 64


def encode(records: Sequence[Prediction]) -> Batch:
    """The records in their order; raises `BadInput` (`log.invalid`) for a value or text that cannot be kept."""
    blocks = [(shape, _rows_json(list(rows))) for shape, rows in groupby(records, _shape)]
    return Batch(tuple(blocks), len(records))


def payload(batch: Batch, known: dict[Shape, int]) -> bytes:
    """The JSON of a frame; shapes that are not in `known` are written with it and added to `known`."""
    new = [shape for shape, _ in batch.blocks if shape not in known]
    new = list(dict.fromkeys(new))
    known.update({shape: len(known) + place for place, shape in enumerate(new)})
    blocks = b",".join(b"[%d,%s]" % (known[shape], rows) for shape, rows in batch.blocks)
    return b'{"shapes":%s,"blocks":[%s]}' % (to_json(new), blocks)


def decode(frame: Mapping[str, Any], known: list[Shape]) -> list[Prediction]:
    """The predictions of a frame; its shapes are added to `known`.

    Raises KeyError, IndexError, TypeError or ValueError when it is not what `payload` wrote.
    """
    for model, version, sha256, training_set, entity, features in frame["shapes"]:
        columns = None if entity is None else tuple(entity)
        known.append((model, version, sha256, training_set, columns, tuple(features)))
    return [_prediction(known[place], row) for place, rows in frame["blocks"] for row in rows]


def microseconds(moment: datetime) -> int:
    """A naive UTC moment as the log has it."""
    return (moment - EPOCH) // _MICROSECOND


@lru_cache(maxsize=64)
def _shape_bytes(shape: Shape) -> int:
    return len(to_json(shape)) + 1


def _shape(one: Prediction) -> Shape:
    entity = None if one.entity is None else tuple(one.entity)
    return one.model, one.version, one.model_sha256, one.training_set, entity, tuple(one.features)


def _rows_json(rows: list[Prediction]) -> bytes:
    try:
        found = [_row(one) for one in rows]
        text = to_json(found, inf_nan_mode="constants")
        if b"NaN" in text or b"Infinity" in text:
            for row in found:
                row[4], row[5], row[7] = _all_tagged(row[4]), tagged(row[5]), _all_tagged(row[7])
            text = to_json(found)
        return text
    except PydanticSerializationError as error:
        raise invalid("a text has half a character (a lone surrogate), or is none") from error


def _row(one: Prediction) -> list[Any]:
    entity = None if one.entity is None else _values(one.entity.values())
    moment = microseconds(one.asked_at)
    features = _values(one.features.values())
    if dict in map(type, features) and any(type(value) is dict and "bits" not in value for value in features):
        raise invalid("a feature is a time, wanted a number, a boolean, a text or None")
    return [one.prediction_id, one.request_id, moment, one.via, entity, float(one.score), list(one.flags), features]


def _values(found: Iterable[object]) -> list[Any]:
    values = list(found)
    return values if PLAIN.issuperset(map(type, values)) else [tagged(value) for value in values]


def _all_tagged(values: list[Any] | None) -> list[Any] | None:
    return None if values is None else [value if isinstance(value, dict) else tagged(value) for value in values]


def _prediction(shape: Shape, row: list[Any]) -> Prediction:
    model, version, sha256, training_set, columns, names = shape
    prediction_id, request_id, moment, via, entity, score, flags, features = row
    return Prediction(
        prediction_id,
        request_id,
        model,
        version,
        sha256,
        training_set,
        EPOCH + timedelta(microseconds=moment),
        via,
        None if columns is None else dict(zip(columns, _untagged(entity), strict=True)),
        dict(zip(names, _untagged(features), strict=True)),
        untagged(score),
        tuple(flags),
    )


def _untagged(values: list[Any]) -> list[Any]:
    return [untagged(value) for value in values] if dict in map(type, values) else values


def parsed(text: bytes) -> dict[str, Any]:
    """A frame's JSON object; raises ValueError."""
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("a frame is no JSON object")
    return found
