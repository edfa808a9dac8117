"""How well probabilities fit outcomes: weighted metrics that refuse what they cannot measure."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from artifacts.errors import CannotJudge
from artifacts.metric_names import BETTER, Direction

Floats = npt.NDArray[np.float64]
CALIBRATION_BINS = 20


@dataclass(frozen=True)
class _Scored:
    label: Floats
    score: Floats
    weight: Floats


def log_loss(label: npt.ArrayLike, score: npt.ArrayLike, weight: npt.ArrayLike | None = None) -> float:
    """Mean negative log likelihood in nats; scores are clipped to [2.2e-16, 1 - 2.2e-16], as scikit-learn does."""
    rows = _check(label, score, weight)
    smallest = np.finfo(np.float64).eps
    likely = np.clip(rows.score, smallest, 1 - smallest)
    loss = -(rows.label * np.log(likely) + (1 - rows.label) * np.log1p(-likely))
    return _finite("log_loss", float(np.average(loss, weights=rows.weight)))


def brier(label: npt.ArrayLike, score: npt.ArrayLike, weight: npt.ArrayLike | None = None) -> float:
    """Mean squared difference of score and outcome (Brier 1950), between 0 and 1."""
    rows = _check(label, score, weight)
    return _finite("brier", float(np.average((rows.score - rows.label) ** 2, weights=rows.weight)))


def roc_auc(label: npt.ArrayLike, score: npt.ArrayLike, weight: npt.ArrayLike | None = None) -> float:
    """Chance that a positive row scores above a negative one, ties counting half (weighted Mann-Whitney U)."""
    rows = _check(label, score, weight)
    positive, negative = _by_distinct_score(rows)
    below = np.cumsum(negative) - negative
    wins = float(np.sum(positive * (below + negative / 2)))
    return _finite("roc_auc", wins / (float(positive.sum()) * float(negative.sum())))


def average_precision(label: npt.ArrayLike, score: npt.ArrayLike, weight: npt.ArrayLike | None = None) -> float:
    """Sum of precision times gain in recall over falling thresholds, as scikit-learn's `average_precision_score`."""
    rows = _check(label, score, weight)
    positive, negative = (side[::-1] for side in _by_distinct_score(rows))
    found, flagged = np.cumsum(positive), np.cumsum(positive + negative)
    precision = np.divide(found, flagged, out=np.zeros_like(found), where=flagged > 0)
    return _finite("average_precision", float(np.sum(precision * positive) / found[-1]))


def calibration_error(label: npt.ArrayLike, score: npt.ArrayLike, weight: npt.ArrayLike | None = None) -> float:
    """Mean gap between score and outcome over up to 20 bins of equally many rows (expected calibration error).

    The bins depend on the scores alone, so that reweighted rows stay where they are. Naeini, Cooper and
    Hauskrecht 2015, with equal-mass bins.
    """
    rows = _check(label, score, weight)
    bins = calibration_bins(rows.score)
    gap = np.bincount(bins, weights=rows.weight * (rows.score - rows.label))
    return _finite("calibration_error", float(np.abs(gap).sum() / rows.weight.sum()))


def calibration_bins(score: npt.ArrayLike) -> npt.NDArray[np.intp]:
    """The bin (0 to 19) of each row, by quantiles of the scores; equal scores share a bin."""
    values = np.asarray(score, dtype=np.float64)
    edges = np.quantile(values, np.linspace(0, 1, CALIBRATION_BINS + 1)[1:-1], method="higher")
    return np.searchsorted(np.unique(edges), values, side="left")


@dataclass(frozen=True)
class Metric:
    """A metric's function and which direction is better."""

    measure: Callable[[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike | None], float]
    better: Direction

    def worse_by(self, candidate: float, other: float) -> float:
        """By how much `candidate` is worse than `other` (negative when it is better)."""
        return candidate - other if self.better == "lower" else other - candidate


METRICS: dict[str, Metric] = {
    one.__name__: Metric(one, BETTER[one.__name__])
    for one in (log_loss, roc_auc, average_precision, brier, calibration_error)
}


def measure(label: npt.ArrayLike, score: npt.ArrayLike, weight: npt.ArrayLike | None = None) -> dict[str, float]:
    """Every metric of the same rows. Raises `CannotJudge`: no rows, one class only, NaN or infinite anywhere."""
    return {name: metric.measure(label, score, weight) for name, metric in METRICS.items()}


def _check(label: npt.ArrayLike, score: npt.ArrayLike, weight: npt.ArrayLike | None) -> _Scored:
    labels, scores = np.asarray(label, dtype=np.float64), np.asarray(score, dtype=np.float64)
    weights = np.ones_like(scores) if weight is None else np.asarray(weight, dtype=np.float64)
    if not labels.shape == scores.shape == weights.shape or labels.ndim != 1:
        shapes = f"{labels.shape} labels, {scores.shape} scores, {weights.shape} weights"
        raise _refuse("metrics.shape", f"{shapes} were given; one of each per row is wanted.")
    if labels.size == 0:
        raise _refuse("metrics.no_rows", "No rows were given to measure; at least one of each class is wanted.")
    # A NaN fails every comparison, so each test is written to pass only what is known to be good.
    if not np.all((scores >= 0) & (scores <= 1)):
        raise _refuse("metrics.score_invalid", "A score is NaN or outside [0, 1]; probabilities are wanted.")
    if not np.all((labels == 0) | (labels == 1)):
        raise _refuse("metrics.label_invalid", "A label is missing or neither 0 nor 1; known outcomes are wanted.")
    if not np.all((weights >= 0) & (weights < np.inf)):
        raise _refuse("metrics.weight_invalid", "A weight is NaN, infinite or negative; finite weights are wanted.")
    positive, total = float(weights @ labels), float(weights.sum())
    if not 0 < positive < total:
        message = f"{labels.size} rows have {positive:g} of {total:g} weight on the positive class; both are wanted."
        raise _refuse("metrics.one_class", message)
    return _Scored(labels, scores, weights)


def _by_distinct_score(rows: _Scored) -> tuple[Floats, Floats]:
    order = np.argsort(rows.score, kind="stable")
    score, weight = rows.score[order], rows.weight[order]
    positive = weight * rows.label[order]
    starts = np.flatnonzero(np.r_[True, score[1:] != score[:-1]])
    return np.add.reduceat(positive, starts), np.add.reduceat(weight - positive, starts)


def _finite(name: str, value: float) -> float:
    if not np.isfinite(value):
        raise _refuse("metrics.not_finite", f"{name} came out as {value}; a finite number is wanted.")
    return value


def _refuse(code: str, message: str) -> CannotJudge:
    return CannotJudge(code, message, next_step="Look at the rows and the scores; nothing was judged on them.")
