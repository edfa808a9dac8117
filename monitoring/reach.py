"""The most that each rule's statistic can be in a window of so many rows: beyond it, no threshold can be exceeded."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from artifacts.binning import Bins
from artifacts.findings import Rule
from artifacts.grouping import grouped
from monitoring.distances import jensen_shannon, psi
from monitoring.noise import Sample, has_unseen


def most(bins: Bins, groups: npt.NDArray[np.intp], baseline: Sample, rows: int) -> Mapping[Rule, float]:
    """By rule, against one baseline; Wasserstein has none, since values may lie anywhere.

    PSI and the Jensen-Shannon divergence are convex in the window's shares, so that they are largest with all rows in
    one group. With fewer values than rows, the rest null, both stay below that.
    """
    before = grouped(baseline.counts, groups)
    corners = rows * np.eye(before.size)
    if bins.kind == "category" and not has_unseen(bins):
        corners = corners[:-1]
    null, out = float(baseline.null_share), float(baseline.out_of_range_share)
    return {
        "psi": float(psi(before, corners).max()),
        "jensen_shannon": float(jensen_shannon(before, corners).max()),
        "null_share": max(null, 1 - null),
        "unseen_share": 1 - float(baseline.counts[-1] / max(baseline.counts.sum(), 1)),
        "out_of_range_share": 1 - out,
    }
