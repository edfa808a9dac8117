"""Scores published rows with a model version: the service's own function and log, without the service."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from artifacts.errors import CannotJudge
from artifacts.prediction_log.writer import LogWriter
from artifacts.training_set import TrainingSet
from artifacts.upcoming import Upcoming
from serving.loaded import LoadedVersion
from serving.policy import Policy
from serving.predict import Scored, predict, to_log
from serving.rows import check_rows

# The log takes the rows of an append together, up to 16 MiB; this many wide ones are far below that.
BATCH_ROWS = 2000


@dataclass(frozen=True)
class BatchScores:
    """What a batch came to; every row is in the log under `request_id`."""

    request_id: str
    rows: int
    flagged: int
    mean_score: float


def score_set(version: LoadedVersion, rows_of: TrainingSet | Upcoming, policy: Policy, log: LogWriter) -> BatchScores:
    """Score every row in key order.

    Raises `BadInput` (`encode.column_changed`) before the first row, and `RequestRefused` (`odd.*`) at a row that the
    policy refuses; what was scored before it stays in the log. `CannotJudge` (`serving.no_rows`) when there is none.
    """
    if not rows_of.rows:
        raise CannotJudge(
            "serving.no_rows",
            f"{rows_of.id} has no rows: every row that was observed lately has its label, and nothing was scored.",
            next_step="Publish rows as of another moment.",
        )
    request_id, rows, flagged, total = uuid.uuid4().hex, 0, 0, 0.0
    for scored in score_batches(version, rows_of, policy, log, request_id):
        rows += len(scored.scores)
        flagged += sum(map(bool, scored.flags))
        total += sum(scored.scores)
    return BatchScores(request_id, rows, flagged, total / rows)


def score_batches(
    version: LoadedVersion, rows_of: TrainingSet | Upcoming, policy: Policy, log: LogWriter, request_id: str
) -> Iterator[Scored]:
    """As `score_set`, batch by batch, each logged before it is handed over."""
    version.encoder.check(rows_of.contract)
    there = {column.name for column in rows_of.contract.columns}
    names = [*version.encoder.names, *(column.name for column in version.keys if column.name in there)]
    first_row = 0
    for batch in rows_of.batches(names, batch_rows=BATCH_ROWS):
        rows = check_rows(version, {name: batch.column(name).to_pylist() for name in names})
        scored = predict(version, rows, policy, request_id, first_row=first_row)
        log.append(to_log(version, rows, scored, datetime.now(UTC).replace(tzinfo=None), "batch"))
        first_row += rows.count
        yield scored
