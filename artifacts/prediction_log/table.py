"""Predictions as rows under one shape, for a service that answers thousands a second: no object for each."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from artifacts.prediction_log.coding import Batch, Shape, microseconds
from artifacts.prediction_log.record import Via, invalid
from artifacts.prediction_log.tags import tagged

Values = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Table:
    """The predictions of one request, none of which has a flag; row by row `ids`, `scores`, `features`, `entities`.

    The caller sees to what `Prediction` checks: ids are 32 hex digits, each in the log once, and features are finite
    numbers, booleans, texts or None, in the order of `shape`. `entities` is empty when the shape has none.
    """

    shape: Shape
    request_id: str
    asked_at: datetime
    via: Via
    ids: Sequence[str]
    scores: Sequence[float]
    features: Sequence[Values]
    entities: Sequence[Values] = ()


def encode_tables(tables: Sequence[Table]) -> Batch:
    """The tables in their order, for one frame; raises `BadInput` (`log.invalid`) for a score that is NaN."""
    blocks = tuple((table.shape, _rows(table)) for table in tables)
    return Batch(blocks, sum(len(table.ids) for table in tables))


def _rows(table: Table) -> bytes:
    # The parser of the requests gives finite numbers alone; this encoder would write null for others.
    if not all(map(math.isfinite, table.scores)):
        raise invalid("a score is no finite number")
    moment = microseconds(table.asked_at)
    about: list[Any] = [[tagged(value) for value in of_row] for of_row in table.entities] or [None] * len(table.ids)
    same = (table.request_id, moment, table.via)
    found = zip(table.ids, about, table.scores, table.features, strict=True)
    return msgspec.json.encode([(one, *same, keys, score, (), values) for one, keys, score, values in found])
