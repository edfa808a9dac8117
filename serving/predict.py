"""The one prediction function, of HTTP and of batches, and the log's record of what it answered."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import numpy as np
import xgboost

from artifacts.column import Column
from artifacts.prediction_log.record import Prediction, Via
from serving.loaded import LoadedVersion
from serving.policy import Flags, Policy, judge_rows
from serving.rows import Rows
from serving.scoring import score_matrix
from serving.values import WHOLE

BIAS = "bias"


@dataclass(frozen=True)
class Scored:
    """Scores, flags and, where asked for, contributions by feature in log-odds, row by row; ids are the log's."""

    request_id: str
    prediction_ids: Sequence[str]
    scores: Sequence[float]
    flags: Sequence[Flags]
    contributions: Sequence[Mapping[str, float]] | None


def predict(
    version: LoadedVersion,
    rows: Rows,
    policy: Policy,
    request_id: str,
    *,
    first_row: int = 0,
    contributions: bool = False,
) -> Scored:
    """Score checked rows; `request_id` is 32 hex digits, and a row's id follows from it and its place.

    Raises `RequestRefused` (`odd.*`) as the policy says. Contributions are SHAP values of the margin: with their bias
    they sum to the log-odds of the score.
    """
    flags = judge_rows(version, rows, policy, first_row)
    matrix = rows.numbers.astype(np.float32)
    scores = score_matrix(version.booster, matrix).tolist()
    ids = ids_of(request_id, rows.count, first_row)
    return Scored(request_id, ids, scores, flags, _contributions(version, matrix) if contributions else None)


def ids_of(request_id: str, rows: int, first_row: int = 0) -> list[str]:
    """The ids of a request's rows: its own, and the place of the row."""
    return [f"{request_id[:24]}{row:08x}" for row in range(first_row, first_row + rows)]


def to_log(version: LoadedVersion, rows: Rows, scored: Scored, asked_at: datetime, via: Via) -> list[Prediction]:
    """What the log keeps of each answer; `asked_at` is naive UTC."""
    names = version.encoder.names
    return [
        Prediction(
            prediction_id=prediction_id,
            request_id=scored.request_id,
            model=version.model,
            version=version.version,
            model_sha256=version.sha256,
            training_set=version.training_set,
            asked_at=asked_at,
            via=via,
            entity=keys or None,
            features=dict(zip(names, values, strict=True)),
            score=score,
            flags=flags,
        )
        for prediction_id, keys, values, score, flags in zip(
            scored.prediction_ids, rows.keys, logged_rows(version, rows), scored.scores, scored.flags, strict=True
        )
    ]


def logged_rows(version: LoadedVersion, rows: Rows) -> Iterator[tuple[Any, ...]]:
    """The features of each row as the log has them, in the model's order."""
    return zip(*(_logged(column, rows.features[column.name]) for column in version.columns), strict=True)


def _logged(column: Column, values: Sequence[Any]) -> Sequence[Any]:
    """The values as the column's type has them: 7.0 is 7 in an integer, 12 is 12.0 in a double."""
    kind = _logged_as(column.type)
    if kind is None or {kind, type(None)}.issuperset(map(type, values)):
        return values
    return [None if value is None else kind(value) for value in values]


@cache
def _logged_as(sql_type: str) -> type | None:
    if sql_type in WHOLE:
        return int
    return float if sql_type == "double" or sql_type.startswith("decimal") else None


def _contributions(version: LoadedVersion, matrix: Any) -> list[dict[str, float]]:
    encoder = version.encoder
    data = xgboost.DMatrix(
        matrix, feature_names=encoder.names, feature_types=encoder.feature_types, enable_categorical=True, nthread=1
    )
    names = [*encoder.names, BIAS]
    found = version.booster.predict(data, pred_contribs=True).astype(np.float64).tolist()
    return [dict(zip(names, of_row, strict=True)) for of_row in found]
