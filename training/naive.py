"""The dumb rival that every candidate must beat: the label's rate per group of the fit rows."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from artifacts.contract import Contract
from artifacts.errors import BadInput, Damaged
from artifacts.registry import Registry
from artifacts.training_set import TrainingSet
from training import config
from training.fit_rows import fit_batches
from training.metrics import Floats
from training.windows import Windows

NAIVE = "model/naive.json"


@dataclass(frozen=True)
class Naive:
    """`rates`: the values of the `by` columns to the smoothed rate; a group never seen gets the `overall` rate."""

    by: tuple[str, ...]
    overall: float
    rates: Mapping[tuple[object, ...], float]

    def write(self, folder: Path) -> None:
        """Write `model/naive.json` under `folder`."""
        groups = [[*key, rate] for key, rate in sorted(self.rates.items(), key=repr)]
        held = {"by": self.by, "overall": self.overall, "groups": groups}
        (folder / NAIVE).write_text(json.dumps(held), encoding="utf-8")


def fit_naive(training_set: TrainingSet, rule: config.Naive, windows: Windows) -> Naive:
    """(positives + smoothing x overall rate) / (rows + smoothing) per group of the fit rows.

    Raises `BadInput` (`naive.by`) for a column whose values are not countable: only text, whole numbers and booleans.
    """
    for name in rule.by:
        _check_countable(training_set.contract, name)
    label = training_set.contract.label
    counts: dict[tuple[object, ...], tuple[int, int]] = {}
    for batch in fit_batches(training_set, [*rule.by], windows.fit_start, windows.fit_end, windows.holdout_start):
        grouped = pa.Table.from_batches([batch]).group_by(list(rule.by)).aggregate([(label, "count"), (label, "sum")])
        keys = zip(*(grouped[name].to_pylist() for name in rule.by), strict=True)
        rows_and_positive = zip(grouped[f"{label}_count"].to_pylist(), grouped[f"{label}_sum"].to_pylist(), strict=True)
        for key, (rows, positive) in zip(keys, rows_and_positive, strict=True):
            before = counts.get(key, (0, 0))
            counts[key] = (before[0] + rows, before[1] + positive)
    overall = sum(positive for _, positive in counts.values()) / sum(rows for rows, _ in counts.values())
    draw = rule.smoothing
    rates = {key: (positive + draw * overall) / (rows + draw) for key, (rows, positive) in counts.items()}
    return Naive(rule.by, overall, rates)


def load_naive(registry: Registry, run_id: str) -> Naive:
    """The naive model that was fitted beside the candidate of an MLflow run.

    Raises `Missing` (`registry.missing`) and `Damaged` (`registry.damaged`, `naive.damaged`).
    """
    path = registry.artefact(run_id, NAIVE)
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        rates = {tuple(group[:-1]): float(group[-1]) for group in held["groups"]}
        return Naive(tuple(held["by"]), float(held["overall"]), rates)
    except (ValueError, LookupError, TypeError) as error:
        raise Damaged(
            "naive.damaged",
            f"{NAIVE} of MLflow run {run_id} holds no naive model, though it is what was logged: {error!r}.",
            next_step="Train again.",
        ) from error


def score_naive(naive: Naive, training_set: TrainingSet, start: datetime, end: datetime) -> Floats:
    """Its probabilities for the rows with start <= observed_at < end, in row order."""
    scores = [np.empty(0)]
    for batch in training_set.batches(naive.by, start, end):
        keys = zip(*(column.to_pylist() for column in batch.columns), strict=True)
        scores.append(np.fromiter((naive.rates.get(key, naive.overall) for key in keys), float, batch.num_rows))
    return np.concatenate(scores)


def _check_countable(contract: Contract, name: str) -> None:
    kind = contract.column(name).type
    if kind not in ("varchar", "integer", "bigint", "boolean"):
        raise BadInput(
            "naive.by",
            f"naive.by has {name!r}, which is {kind}; varchar, integer, bigint or boolean is wanted.",
            next_step="Name another column in naive.by.",
        )
