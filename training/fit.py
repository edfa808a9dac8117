"""Fits a candidate on a training-set version, and scores rows with a candidate that was logged."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import xgboost

from artifacts import cli
from artifacts.column import Column
from artifacts.encoder import CATEGORIES, Encoder, read_encoder
from artifacts.errors import Damaged
from artifacts.leftovers import temporary_folder
from artifacts.registry import MODEL, Registry, RunRecord
from artifacts.training_set import TrainingSet
from training.choose_features import refuse_telltales
from training.config import Config
from training.encode import learn_encoder
from training.fit_rows import FitRows, fit_batches, label_of
from training.metrics import Floats
from training.stopwatch import Stopwatch
from training.windows import Windows

FIXED = {"objective": "binary:logistic", "tree_method": "hist", "eval_metric": "logloss", "validate_parameters": True}
EVERY_ROUNDS = 25
SAMPLE_ROWS = 10_000


@dataclass(frozen=True)
class Candidate:
    """A fitted model that is not logged yet; `curve` is the log loss of the stopping rows, round by round."""

    booster: xgboost.Booster
    encoder: Encoder
    curve: tuple[float, ...]


@dataclass(frozen=True)
class Scorer:
    """A logged model, checked and ready to score; `run` is its MLflow run."""

    run: RunRecord
    booster: xgboost.Booster
    encoder: Encoder


def fit_candidate(
    training_set: TrainingSet, config: Config, columns: tuple[Column, ...], windows: Windows
) -> Candidate:
    """Fit XGBoost on the fit rows of `windows`; memory holds the quantised matrix, never the rows.

    Trees stop growing by the stopping rows, the latest of the fit rows; the holdout is not read. The same
    arguments in the same environment give the same bytes, whatever the number of threads. Raises `BadInput`
    (`features.tells_label`) and `CannotJudge` (`features.cannot_tell`).
    """
    seconds = Stopwatch()
    encoder = _survey(training_set, columns, windows)
    seconds.say(f"learned {len(encoder.categories)} lists of categories, checked {len(columns)} features")
    source = FitRows(training_set, encoder, windows.holdout_start)
    grow = source.quantised(windows.fit_start, windows.stop_start, config.xgboost)
    seconds.say(f"{grow.num_row()} rows to grow trees on, {grow.num_col()} features")
    stop = None
    if windows.stop_rows:
        stop = source.quantised(windows.stop_start, windows.fit_end, config.xgboost, ref=grow)
        seconds.say(f"{stop.num_row()} later rows to stop growing by")
    booster, curve = _boost(grow, stop, config)
    seconds.say(f"{booster.num_boosted_rounds()} trees kept of {max(len(curve), booster.num_boosted_rounds())}")
    return Candidate(booster, encoder, curve)


def load_candidate(registry: Registry, run_id: str, into: Path | None = None) -> Scorer:
    """The model that an MLflow run logged, from its native file after its sha256 was checked; fetched anew `into`.

    Raises `Missing` (`registry.missing`) or `Damaged` (`registry.damaged`, `encode.damaged`, `fit.damaged`).
    """
    path = registry.artefact(run_id, MODEL, into)
    try:
        booster = xgboost.Booster(model_file=str(path))
    except xgboost.core.XGBoostError as error:
        raise Damaged(
            "fit.damaged",
            f"{MODEL} of MLflow run {run_id} is no XGBoost model, though it is what was logged.",
            next_step="Train again.",
        ) from error
    return Scorer(registry.run(run_id), booster, read_encoder(registry.artefact(run_id, CATEGORIES, into)))


def refuse_not_whole(registry: Registry, run_id: str) -> None:
    """Raise as `load_candidate` when the store has not a whole model: a copy in a cache is no place for a champion."""
    with temporary_folder("model") as scratch:
        load_candidate(registry, run_id, scratch)


def score(scorer: Scorer, training_set: TrainingSet, start: datetime, end: datetime) -> Floats:
    """Probabilities (float64) of the rows with start <= observed_at < end, in row order, streamed.

    Raises `BadInput` (`encode.column_changed`) when the set lacks what the model was fitted on.
    """
    scorer.encoder.check(training_set.contract)
    return score_rows(scorer.booster, scorer.encoder, training_set, start, end)


def score_rows(
    booster: xgboost.Booster, encoder: Encoder, training_set: TrainingSet, start: datetime, end: datetime
) -> Floats:
    """As `score`, with a model that is not logged."""
    batches = training_set.batches(encoder.names, start, end)
    scores = [booster.inplace_predict(encoder.matrix(batch)).astype(np.float64) for batch in batches]
    return np.concatenate([np.empty(0), *scores])


def _survey(training_set: TrainingSet, columns: Sequence[Column], windows: Windows) -> Encoder:
    """Learn the encoder in one stream over the fit rows, and hold a sample of them against telling the label."""
    names = [column.name for column in columns]
    step = max(1, (windows.fit_rows + windows.stop_rows) // SAMPLE_ROWS)
    sample: list[pa.RecordBatch] = []

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in fit_batches(training_set, names, windows.fit_start, windows.fit_end, windows.holdout_start):
            sample.append(_sample(batch, step))
            yield batch

    encoder = learn_encoder(columns, batches())
    matrix = np.concatenate([encoder.matrix(batch) for batch in sample])
    refuse_telltales(columns, matrix, np.concatenate([label_of(batch) for batch in sample]))
    return encoder


def _sample(batch: pa.RecordBatch, step: int) -> pa.RecordBatch:
    """Of each class as many rows as every `step`-th of the batch would be, or all of a rarer class."""
    label, most = label_of(batch), max(1, batch.num_rows // step)
    rows = [np.flatnonzero(of_class) for of_class in (label, ~label)]
    return batch.take(np.sort(np.concatenate([of[:: max(1, len(of) // most)] for of in rows])))


def _boost(grow: Any, stop: Any, config: Config) -> tuple[Any, tuple[float, ...]]:
    parameters = {**FIXED, **config.xgboost.model_dump(), "seed": config.seed}
    callbacks: list[Any] = [_Progress(config.num_boost_round)]
    if config.early_stopping_rounds is None:
        return xgboost.train(parameters, grow, config.num_boost_round, callbacks=callbacks), ()
    callbacks.append(xgboost.callback.EarlyStopping(rounds=config.early_stopping_rounds))
    losses: dict[str, dict[str, list[float]]] = {}
    booster = xgboost.train(
        parameters,
        grow,
        config.num_boost_round,
        evals=[(stop, "stop")],
        evals_result=losses,
        verbose_eval=False,
        callbacks=callbacks,
    )
    return booster[: booster.best_iteration + 1], tuple(losses["stop"]["logloss"])


class _Progress(xgboost.callback.TrainingCallback):  # type: ignore[misc]
    def __init__(self, rounds: int) -> None:
        super().__init__()
        self._rounds, self._started = rounds, time.monotonic()

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        if (epoch + 1) % EVERY_ROUNDS == 0:
            loss = f", log loss {evals_log['stop']['logloss'][-1]:.5f}" if evals_log else ""
            seconds = time.monotonic() - self._started
            cli.say(f"  round {epoch + 1} of at most {self._rounds}{loss} ({seconds:.1f} s)")
        return False
