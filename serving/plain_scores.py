"""Scores plain rows, of one request or of several at once, and makes of them what the log keeps and the caller gets."""

import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import msgspec
import numpy as np
from pydantic_core import to_json

from artifacts.prediction_log.record import Via
from artifacts.prediction_log.table import Table
from serving.loaded import LoadedVersion
from serving.plain import Plain
from serving.plain_orders import Values
from serving.predict import ids_of
from serving.rows import numbers_of
from serving.scoring import Floats, score_matrix

# The rows of a large request that are scored at once.
PIECE = 250


@dataclass(frozen=True, slots=True)
class PlainAsked:
    """A plain request: its rows, the version that was chosen for it, and when and by which route it came."""

    version: LoadedVersion
    plain: Plain
    via: Via
    asked_at: datetime
    request_id: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def count(self) -> int:
        """How many rows."""
        return len(self.plain.rows)


def score_together(asked: Sequence[PlainAsked]) -> list[Table]:
    """The table of each request, all of one version, in one call; a row scores the same whatever is beside it."""
    version = asked[0].version
    rows = [row for one in asked for row in one.plain.rows]
    scores = score_matrix(version.booster, _matrix(version, rows)).tolist()
    tables, first = [], 0
    for one in asked:
        tables.append(_table(one, scores[first : first + one.count]))
        first += one.count
    return tables


def score_alone(asked: PlainAsked, scoring: Executor) -> Table:
    """The table of one large request: while `scoring` scores a piece, the next is made ready, and the log's text.

    XGBoost works without Python's lock, so on two cores a caller waits for little more than the scores.
    """
    version, rows = asked.version, asked.plain.rows
    pieces = [rows[at : at + PIECE] for at in range(0, len(rows), PIECE)]
    under_way = [scoring.submit(score_matrix, version.booster, _matrix(version, piece)) for piece in pieces]
    written = [msgspec.Raw(msgspec.json.encode(row)) for row in rows]
    scores = [score for piece in under_way for score in piece.result().tolist()]
    return replace(_table(asked, scores), features=written)


def plain_answer(asked: PlainAsked, table: Table) -> bytes:
    """The JSON of the answer: `prediction_answer`'s, or that of an invocation."""
    version = asked.version
    about = {
        "model": version.model,
        "version": version.version,
        "training_set": version.training_set,
        "request_id": asked.request_id,
    }
    if asked.via == "invocations":
        return to_json({"predictions": table.scores, **about, "flags": [()] * asked.count})
    predictions = [
        {"prediction_id": prediction_id, "score": score, "flags": ()}
        for prediction_id, score in zip(table.ids, table.scores, strict=True)
    ]
    return to_json({**about, "predictions": predictions})


def _matrix(version: LoadedVersion, rows: Sequence[Values]) -> Floats:
    columns: Mapping[str, Sequence[Any]] = dict(zip(version.encoder.names, zip(*rows, strict=True), strict=True))
    return numbers_of(version, columns).astype(np.float32)


def _table(asked: PlainAsked, scores: Sequence[float]) -> Table:
    plain, version = asked.plain, asked.version
    ids = ids_of(asked.request_id, asked.count)
    shape = version.logged_as(plain.key_names)
    return Table(shape, asked.request_id, asked.asked_at, asked.via, ids, scores, plain.rows, plain.keys)
