"""How far two binned distributions lie apart; every function takes counts with bins on the last axis."""

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


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


def _shares(counts: Floats) -> Floats:
    total = counts.sum(axis=-1, keepdims=True)
    return np.asarray(np.divide(counts, total, out=np.zeros_like(counts), where=total > 0))


def _entropy_terms(p: Floats, middle: Floats) -> Any:
    ratio = np.divide(p, middle, out=np.ones_like(middle), where=p > 0)
    return p * np.log2(ratio)
