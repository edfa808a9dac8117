"""Writes the files of an MLflow run: the model, what it was made from, and how it does, as JSON and as pictures."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from artifacts.metric_names import of_slice
from artifacts.registry import MODEL
from artifacts.training_set import TrainingSet
from training import metrics
from training.config import Config
from training.environment import Environment
from training.fit import Candidate
from training.holdout import Holdout, slice_metrics
from training.naive import Naive

CONFIG = "config.yaml"
Json = Mapping[str, Any] | Sequence[Any]


@dataclass(frozen=True)
class Report:
    """The numbers of an MLflow run: `slices` as `slice_metrics` gives them, `importance` as `importance` does."""

    candidate: Mapping[str, float]
    naive: Mapping[str, float]
    slices: Mapping[str, Sequence[Mapping[str, Any]]]
    importance: Sequence[Mapping[str, Any]]

    def flat(self, primary: str) -> dict[str, float]:
        """The metrics as MLflow shows them; of each slice the primary one."""
        flat = {f"holdout_{name}": value for name, value in self.candidate.items()}
        flat |= {f"naive_{name}": value for name, value in self.naive.items()}
        for column, rows in self.slices.items():
            for row in rows:
                if row["candidate"] is not None:
                    flat[of_slice(column, row["value"], primary)] = row["candidate"][primary]
        return flat


def measure_holdout(holdout: Holdout, importance: Sequence[Mapping[str, Any]]) -> Report:
    """Measure both models; raises `CannotJudge` when the rows do not allow it."""
    return Report(
        candidate=metrics.measure(holdout.label, holdout.candidate),
        naive=metrics.measure(holdout.label, holdout.naive),
        slices=slice_metrics(holdout),
        importance=importance,
    )


def write_model(folder: Path, candidate: Candidate, naive: Naive) -> None:
    """Write `model/`: the native model, its categories, and the naive model."""
    (folder / MODEL).parent.mkdir(parents=True)
    candidate.booster.save_model(folder / MODEL)
    candidate.encoder.write(folder)
    naive.write(folder)


def write_origin(folder: Path, config: Config, training_set: TrainingSet, environment: Environment) -> None:
    """Write what the model was made from: config after overrides, training set's manifest facts, environment."""
    (folder / CONFIG).write_text(config.to_yaml(), encoding="utf-8")
    _write_json(folder / "training_set.json", {"id": training_set.id, **training_set.facts})
    environment.write(folder)


def write_report(folder: Path, report: Report, holdout: Holdout, candidate: Candidate, primary: str) -> None:
    """Write `report/`: the numbers as JSON and the pictures as PNG."""
    # Here because Matplotlib takes half a second to load, which a judge or a reproduction need not wait for.
    from training import plots

    place = folder / "report"
    place.mkdir()
    _write_json(place / "metrics.json", {"candidate": report.candidate, "naive": report.naive})
    _write_json(place / "slices.json", report.slices)
    _write_json(place / "importance.json", report.importance)
    plots.plot_calibration(place / "calibration.png", holdout)
    plots.plot_precision_recall(place / "precision_recall.png", holdout)
    plots.plot_importance(place / "importance.png", report.importance)
    for column, rows in report.slices.items():
        plots.plot_slices(place / f"slices_{column}.png", column, rows, primary)
    if candidate.curve:
        plots.plot_trees(place / "trees.png", candidate.curve, candidate.booster.num_boosted_rounds())


def _write_json(path: Path, held: Json) -> None:
    path.write_text(json.dumps(held, indent=1, allow_nan=False), encoding="utf-8")
