"""Scores published rows with a model version: the service's own function and log, without the service."""

import uuid
from collections.abc import Collection, Iterator
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
# Start and end, naive UTC.
Observed = tuple[datetime, datetime]


@dataclass(frozen=True)
class BatchScores:
    """What a batch came to; every row is in the log under `request_id`."""

    request_id: str
    rows: int
    flagged: int
    mean_score: float


def score_set(
    version: LoadedVersion,
    rows_of: TrainingSet | Upcoming,
    policy: Policy,
    log: LogWriter,
    window: Observed | None = None,
    *,
    request_id: str | None = None,
    logged: Collection[str] = (),
) -> BatchScores:
    """Score every row in key order; when a `window` is given, those alone with start <= observed_at < end.

    A `request_id` is given by who may score the same rows again; `logged` are ids of it that the log has already.
    Raises `BadInput` (`encode.column_changed`) before the first row, and `RequestRefused` (`odd.*`) at a row that the
    policy refuses, by its place in the order that they are scored in, counted from 0; what was scored before its batch
    stays in the log. `CannotJudge` (`serving.no_rows`) when there is none.
    """
    request_id = request_id or uuid.uuid4().hex
    rows, flagged, total = 0, 0, 0.0
    for scored in score_batches(version, rows_of, policy, log, request_id, window=window, logged=logged):
        rows += len(scored.scores)
        flagged += sum(map(bool, scored.flags))
        total += sum(scored.scores)
    if not rows:
        raise _no_rows(rows_of.id, window)
    return BatchScores(request_id, rows, flagged, total / rows)


def score_batches(
    version: LoadedVersion,
    rows_of: TrainingSet | Upcoming,
    policy: Policy,
    log: LogWriter,
    request_id: str,
    *,
    window: Observed | None = None,
    logged: Collection[str] = (),
) -> Iterator[Scored]:
    """As `score_set`, batch by batch, each logged before it is handed over."""
    version.encoder.check(rows_of.contract)
    there = {column.name for column in rows_of.contract.columns}
    names = [*version.encoder.names, *(column.name for column in version.keys if column.name in there)]
    first_row = 0
    start, end = window or (None, None)
    for batch in rows_of.batches(names, start, end, batch_rows=BATCH_ROWS):
        rows = check_rows(version, {name: batch.column(name).to_pylist() for name in names}, first_row)
        scored = predict(version, rows, policy, request_id, first_row=first_row)
        records = to_log(version, rows, scored, datetime.now(UTC).replace(tzinfo=None), "batch")
        log.append([one for one in records if one.prediction_id not in logged])
        first_row += rows.count
        yield scored


def _no_rows(identity: str, window: Observed | None) -> CannotJudge:
    told = (
        "has no rows: every row that was observed lately has its label, and nothing was scored."
        if window is None
        else f"has no row that was observed from {window[0]} to {window[1]}, and nothing was scored."
    )
    step = "Publish rows as of a later moment." if window is None else "Name another window."
    return CannotJudge("serving.no_rows", f"{identity} {told}", next_step=step)
