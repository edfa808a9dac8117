"""Bins put together into groups of a tenth of what they were learnt from, as a stability index wants them."""

from collections.abc import Sequence
from itertools import groupby

import numpy as np
import numpy.typing as npt

from artifacts.binning import Bins

Floats = npt.NDArray[np.float64]
# A tenth of the baseline in each group: the deciles of the credit scorers' PSI.
GROUPS = 10


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
