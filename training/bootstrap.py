"""How far a metric moves had other days happened: paired bootstrap over blocks of rows (Efron and Tibshirani 1993)."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.metrics import calibration_bins

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Resampling:
    """Which block each row lies in (`block`, rows) and how often each replicate drew each block (replicates by blocks).

    Rows of one block (one day) share their conditions and outcomes, so whole blocks are drawn, not rows. The same
    draws weigh every model, which makes the differences paired.
    """

    block: Integers
    counts: Floats

    @property
    def blocks(self) -> int:
        """The number of distinct blocks."""
        return int(self.counts.shape[1])

    def of(self, rows: npt.NDArray[np.bool_]) -> "Resampling":
        """The same draws for some of the rows."""
        return Resampling(self.block[rows], self.counts)


@dataclass(frozen=True)
class Sampled:
    """A metric on the rows as they are (`value`) and on each replicate (`draws`); NaN where it is undefined."""

    value: float
    draws: Floats

    def minus(self, other: "Sampled") -> "Sampled":
        """The paired difference: replicate by replicate."""
        return Sampled(self.value - other.value, self.draws - other.draws)

    def interval(self, level: float) -> tuple[float, float]:
        """The percentile interval that holds `level` of the draws; NaN when any draw is undefined."""
        tail = (1 - level) / 2
        low, high = np.quantile(self.draws, [tail, 1 - tail])
        return float(low), float(high)


def resample(labels: npt.ArrayLike, replicates: int, seed: int) -> Resampling:
    """Draw as many blocks as there are, with replacement, `replicates` times; `labels` names each row's block.

    The draws depend on the seed and the number of blocks only.
    """
    distinct, block = np.unique(np.asarray(labels), return_inverse=True)
    drawn = np.random.Generator(np.random.PCG64(seed)).integers(0, distinct.size, size=(replicates, distinct.size))
    rows = np.arange(replicates)[:, None] * distinct.size
    counts = np.bincount((rows + drawn).ravel(), minlength=replicates * distinct.size)
    return Resampling(block.astype(np.int64), counts.reshape(replicates, -1).astype(np.float64))


def sampled_metrics(label: Floats, score: Floats, resampling: Resampling, names: Collection[str]) -> dict[str, Sampled]:
    """The metrics of training.metrics called `names`, for one model's scores, whole and per replicate."""
    found: dict[str, Sampled] = {}
    if "log_loss" in names:
        found["log_loss"] = _mean(_losses(label, score), resampling)
    if "brier" in names:
        found["brier"] = _mean((score - label) ** 2, resampling)
    if "calibration_error" in names:
        found["calibration_error"] = _calibration(label, score, resampling)
    if "roc_auc" in names or "average_precision" in names:
        found["roc_auc"], found["average_precision"] = _ranked(label, score, resampling)
    return {name: found[name] for name in names}


def _losses(label: Floats, score: Floats) -> Floats:
    smallest = np.finfo(np.float64).eps
    likely = np.clip(score, smallest, 1 - smallest)
    return -(label * np.log(likely) + (1 - label) * np.log1p(-likely))


def _mean(values: Floats, resampling: Resampling) -> Sampled:
    return _size(_block_sums(values, resampling), resampling)


def _calibration(label: Floats, score: Floats, resampling: Resampling) -> Sampled:
    return _size(_block_sums(score - label, resampling, calibration_bins(score)), resampling)


def _size(sums: Floats, resampling: Resampling) -> Sampled:
    """The sizes of the groups' sums (blocks by groups), added up, per row; NaN in a replicate without rows."""
    rows = _block_sums(np.ones(resampling.block.shape), resampling)
    drawn = np.abs(_weigh(resampling, sums)).sum(axis=1)
    with np.errstate(invalid="ignore"):
        return Sampled(float(np.abs(sums.sum(axis=0)).sum() / rows.sum()), drawn / _weigh(resampling, rows)[:, 0])


def _ranked(label: Floats, score: Floats, resampling: Resampling) -> tuple[Sampled, Sampled]:
    """ROC AUC and average precision: sorted once, falling; each replicate weighs and accumulates."""
    order = np.argsort(-score, kind="stable")
    ranked = score[order]
    ends = np.flatnonzero(np.r_[ranked[1:] != ranked[:-1], True])
    block, positive = resampling.block[order], label[order]
    draws = np.empty((resampling.counts.shape[0], 2))
    for replicate, counts in enumerate(resampling.counts):
        draws[replicate] = _rank_metrics(counts[block], positive, ends)
    auc, precision = _rank_metrics(np.ones(score.shape), positive, ends)
    return Sampled(auc, draws[:, 0]), Sampled(precision, draws[:, 1])


def _rank_metrics(weight: Floats, positive: Floats, ends: npt.NDArray[np.intp]) -> tuple[float, float]:
    flagged = np.cumsum(weight)[ends]
    found = np.cumsum(weight * positive)[ends]
    if not 0 < found[-1] < flagged[-1]:
        return float("nan"), float("nan")
    missed = flagged - found
    gained = np.diff(found, prepend=0.0)
    above_half = np.diff(missed, prepend=0.0) * (found - gained / 2)
    precision = np.divide(found, flagged, out=np.zeros_like(found), where=flagged > 0)
    return float(above_half.sum() / (found[-1] * missed[-1])), float((precision * gained).sum() / found[-1])


def _block_sums(values: Floats, resampling: Resampling, group: npt.NDArray[np.intp] | None = None) -> Floats:
    """Sums of `values` by block and group (blocks by groups)."""
    width = 1 if group is None else int(group.max()) + 1
    cell = resampling.block * width + (0 if group is None else group)
    sums: Floats = np.bincount(cell, weights=values, minlength=resampling.blocks * width).astype(np.float64)
    return sums.reshape(-1, width)


def _weigh(resampling: Resampling, sums: Floats) -> Floats:
    # einsum and not matmul: a BLAS may add in another order with another number of threads.
    weighed: Floats = np.einsum("rb,bg->rg", resampling.counts, sums)
    return weighed
