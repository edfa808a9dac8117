"""How far two binned distributions lie apart; every function takes counts with bins on the last axis."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt

from artifacts.binning import Bins

Floats = npt.NDArray[np.float64]
# A tenth of the baseline in each group: the deciles of the credit scorers' PSI.
GROUPS = 10


def psi(baseline: npt.ArrayLike, current: npt.ArrayLike) -> Floats:
    """Population stability index, the symmetric Kullback-Leibler divergence: the sum of (q - p) ln(q / p).

    Jeffreys 1946; Siddiqi, Credit Risk Scorecards, 2006. Half a row is added to each bin: an empty one stays finite.
    """
    p, q = (_shares(np.asarray(one, np.float64) + 0.5) for one in (baseline, current))
    return np.asarray(np.sum((q - p) * np.log(q / p), axis=-1))


def jensen_shannon(baseline: npt.ArrayLike, current: npt.ArrayLike) -> Floats:
    """Jensen-Shannon distance in bits: the square root of the divergence, between 0 and 1.

    Lin 1991; Endres and Schindelin 2003. Equal to scipy.spatial.distance.jensenshannon(p, q, base=2).
    """
    p, q = (_shares(np.asarray(one, np.float64)) for one in (baseline, current))
    middle = (p + q) / 2
    divergence = (_entropy_terms(p, middle) + _entropy_terms(q, middle)).sum(axis=-1) / 2
    return np.asarray(np.sqrt(np.maximum(divergence, 0.0)))


def wasserstein(baseline: npt.ArrayLike, current: npt.ArrayLike, places: Floats, current_places: Floats) -> Floats:
    """First Wasserstein distance: the area between both distribution functions (Vallender 1974), in the places' unit.

    Each bin stands where its values lie on average on that side, so values that move within a bin count too.
    """
    p, q = (_shares(np.asarray(one, np.float64)) for one in (baseline, current))
    at = np.concatenate([places, current_places])
    order = np.argsort(at, kind="stable")
    apart = np.cumsum(np.concatenate([p, -q], axis=-1)[..., order], axis=-1)
    return np.asarray((np.abs(apart[..., :-1]) * np.diff(at[order])).sum(axis=-1))


def grouping(bins: Bins, baseline: npt.ArrayLike) -> npt.NDArray[np.intp]:
    """The group of each bin: neighbours, or categories by falling share, until a tenth of the baseline is in it.

    A bin with a tenth or more, which is one value or category, is a group of its own, so that its loss is seen wherever
    its rows went; what lies between two such bins, or beyond one, is grouped by itself, however rare it was. Categories
    that were never seen are a group too.
    """
    counts = np.asarray(baseline, np.float64)
    order = np.arange(counts.size)
    if bins.kind == "category":
        order = np.argsort(-counts[:-1], kind="stable")
    wanted = max(counts.sum(), 1.0) / GROUPS
    groups = np.full(counts.size, -1, np.intp)
    for is_alone, run in groupby(order.tolist(), lambda at: bool(counts[at] >= wanted)):
        for several in [[at] for at in run] if is_alone else _tenths(list(run), counts, wanted):
            groups[several] = groups.max() + 1
    if bins.kind == "category":
        groups[-1] = groups.max() + 1
    return groups


def _tenths(run: Sequence[int], counts: Floats, wanted: float) -> list[list[int]]:
    """The bins `run` in groups that hold `wanted`; a last one of less than half of it goes with the one before."""
    found: list[list[int]] = [[]]
    held = 0.0
    for at in run:
        if held >= wanted:
            found.append([])
            held = 0.0
        found[-1].append(at)
        held += counts[at]
    if len(found) > 1 and held < wanted / 2:
        found[-2:] = [found[-2] + found[-1]]
    return found


def grouped(counts: npt.ArrayLike, groups: npt.NDArray[np.intp]) -> Floats:
    """The counts added up by group."""
    values = np.asarray(counts, np.float64)
    out = np.zeros((*values.shape[:-1], int(groups.max()) + 1))
    for at, group in enumerate(groups):
        out[..., group] += values[..., at]
    return out


def _shares(counts: Floats) -> Floats:
    total = counts.sum(axis=-1, keepdims=True)
    return np.asarray(np.divide(counts, total, out=np.zeros_like(counts), where=total > 0))


def _entropy_terms(p: Floats, middle: Floats) -> Any:
    ratio = np.divide(p, middle, out=np.ones_like(middle), where=p > 0)
    return p * np.log2(ratio)
