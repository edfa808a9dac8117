"""How a candidate and its naive rival do on the holdout rows, as a whole and slice by slice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from artifacts.errors import CannotJudge
from artifacts.training_set import TrainingSet
from training import metrics
from training.fit import Candidate, score_rows
from training.metrics import Floats
from training.naive import Naive, score_naive
from training.windows import Windows

MOST_SLICES = 40


@dataclass(frozen=True)
class Holdout:
    """The holdout rows in row order; `slices`: column to the values (as text, `missing` for null) and each row's."""

    label: Floats
    candidate: Floats
    naive: Floats
    slices: Mapping[str, tuple[list[str], npt.NDArray[np.intp]]]


def score_holdout(
    candidate: Candidate, naive: Naive, training_set: TrainingSet, windows: Windows, slices: Sequence[str]
) -> Holdout:
    """Score the holdout rows with both models."""
    start, end = windows.holdout_start, windows.holdout_end
    columns = [training_set.contract.label, *slices]
    rows = pa.Table.from_batches(list(training_set.batches(columns, start, end)))
    return Holdout(
        label=rows.column(0).to_numpy().astype(np.float64),
        candidate=score_rows(candidate.booster, candidate.encoder, training_set, start, end),
        naive=score_naive(naive, training_set, start, end),
        slices={name: _values(rows.column(name)) for name in slices},
    )


def slice_metrics(holdout: Holdout) -> dict[str, list[dict[str, Any]]]:
    """Per column, the 40 largest slices: value, rows, label rate, both models' metrics (None for a single class)."""
    return {name: _of_column(holdout, *values) for name, values in holdout.slices.items()}


def _of_column(holdout: Holdout, values: list[str], codes: npt.NDArray[np.intp]) -> list[dict[str, Any]]:
    rows = np.bincount(codes, minlength=len(values))
    largest = sorted(np.argsort(-rows, kind="stable")[:MOST_SLICES])
    return [
        {
            "value": values[code],
            "rows": int(rows[code]),
            "label_rate": float(holdout.label[codes == code].mean()),
            "candidate": _measure(holdout.label, holdout.candidate, codes == code),
            "naive": _measure(holdout.label, holdout.naive, codes == code),
        }
        for code in largest
    ]


def _measure(label: Floats, score: Floats, used: npt.NDArray[np.bool_]) -> dict[str, float] | None:
    try:
        return metrics.measure(label[used], score[used])
    except CannotJudge as refusal:
        if refusal.code != "metrics.one_class":
            raise
        return None


def _values(column: pa.ChunkedArray) -> tuple[list[str], npt.NDArray[np.intp]]:
    """The distinct values, in their own order and missing last, as text, and the place of each row's value in it."""
    distinct = pc.unique(column).drop_null()
    distinct = distinct.take(pc.sort_indices(distinct))
    codes = pc.fill_null(pc.index_in(column, value_set=distinct), len(distinct)).to_numpy().astype(np.intp)
    return [*(str(value) for value in distinct.to_pylist()), *(["missing"] if column.null_count else [])], codes
