"""Metrics of scores against labels with intervals by days: rows of one day are not independent."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

Floats = npt.NDArray[np.float64]
BINS = 20


@dataclass(frozen=True)
class Estimate:
    """A metric, and the interval that its true value is in; NaN when it is undefined."""

    value: float
    low: float
    high: float


def log_loss(label: Floats, score: Floats, weight: Floats) -> float:
    """Mean negative log likelihood in nats, scores clipped to [2.2e-16, 1 - 2.2e-16], as training measures it."""
    smallest = np.finfo(np.float64).eps
    likely = np.clip(score, smallest, 1 - smallest)
    return float(np.average(-(label * np.log(likely) + (1 - label) * np.log1p(-likely)), weights=weight))


def brier(label: Floats, score: Floats, weight: Floats) -> float:
    """Mean squared difference of score and outcome (Brier 1950)."""
    return float(np.average((score - label) ** 2, weights=weight))


def roc_auc(label: Floats, score: Floats, weight: Floats) -> float:
    """Chance that a positive row scores above a negative one, ties counting half; NaN with one class only."""
    order = np.argsort(score, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(score[order]) > 0])
    positive = np.add.reduceat((weight * label)[order], starts)
    negative = np.add.reduceat((weight * (1 - label))[order], starts)
    pairs = positive.sum() * negative.sum()
    return float((positive * (np.cumsum(negative) - negative / 2)).sum() / pairs) if pairs else math.nan


def calibration_error(label: Floats, score: Floats, weight: Floats) -> float:
    """Mean gap between score and outcome over up to 20 bins of equally many rows, as training measures it."""
    gap = np.bincount(calibration_bins(score), weights=weight * (score - label))
    return float(np.abs(gap).sum() / weight.sum())


def calibration_bins(score: Floats) -> npt.NDArray[np.intp]:
    """The bin of each row, by quantiles of the scores; equal scores share a bin."""
    edges = np.quantile(score, np.linspace(0, 1, BINS + 1)[1:-1], method="higher")
    return np.searchsorted(np.unique(edges), score, side="left")


METRICS: Mapping[str, Callable[[Floats, Floats, Floats], float]] = {
    "log_loss": log_loss,
    "roc_auc": roc_auc,
    "brier": brier,
    "calibration_error": calibration_error,
}

# None of them can be below 0; the logarithmic loss has no end above.
MOST: Mapping[str, float] = {"roc_auc": 1.0, "brier": 1.0, "calibration_error": 1.0}


def estimate(name: str, label: Floats, score: Floats, day: npt.ArrayLike, level: float) -> Estimate:
    """The metric with a t interval from the delete-a-day jackknife (Efron and Stein 1981; Student, days - 1 degrees).

    A percentile bootstrap over the seven days of a week would be far too narrow. The interval ends where the metric
    does: what it can never be is not in it, and the truth is as often as without the cut. NaN bounds when a day's
    absence leaves the metric undefined, or with a single day.
    """
    metric, one = METRICS[name], np.ones_like(score)
    _, block = np.unique(np.asarray(day), return_inverse=True)
    value, days = metric(label, score, one), int(block.max()) + 1
    if days < 2:  # noqa: PLR2004
        return Estimate(value, math.nan, math.nan)
    without = np.array([metric(label, score, np.where(block == left_out, 0.0, 1.0)) for left_out in range(days)])
    error = math.sqrt((days - 1) / days * float(((without - without.mean()) ** 2).sum()))
    half = student(level, days - 1) * error
    return Estimate(value, max(value - half, 0.0), min(value + half, MOST.get(name, math.inf)))


def student(level: float, degrees: int) -> float:
    """The two-sided quantile of Student's t."""
    return float(stdtrit(degrees, (1 + level) / 2))
