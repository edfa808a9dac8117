"""Thresholds from measured noise: what a window would show if nothing had moved, drawn from the baseline itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from artifacts.binning import Bins
from artifacts.counting import Counted
from artifacts.findings import Rule
from artifacts.grouping import grouped, grouping
from monitoring.distances import Floats, jensen_shannon, psi, wasserstein
from monitoring.estimates import student

Generator = np.random.Generator
# Neighbouring days are alike for some days; of shorter blocks there are more, and they tell better how weeks differ.
LONGEST_BLOCK, LEAST_BLOCKS = 5, 7
# Bounds lie about so far out in the tail, three spreads of a normal distribution.
TAIL = 0.998


@dataclass(frozen=True)
class Sample:
    """A feature's counts by bin and its shares of nulls and out-of-range rows, a row a replicate; `places` of bins."""

    counts: Floats
    null_share: Floats
    out_of_range_share: Floats
    places: Floats


def statistics(bins: Bins, groups: npt.NDArray[np.intp], baseline: Sample, current: Sample) -> dict[Rule, Floats]:
    """Every rule's statistic, current against baseline. Shares are changes: of nulls either way, else upwards."""
    p, q = grouped(baseline.counts, groups), grouped(current.counts, groups)
    found: dict[Rule, Floats] = {
        "psi": psi(p, q),
        "jensen_shannon": jensen_shannon(p, q),
        "null_share": np.abs(current.null_share - baseline.null_share),
    }
    if bins.kind == "number":
        found["wasserstein"] = wasserstein(baseline.counts, current.counts, baseline.places, current.places)
        if bins.low is not None or bins.high is not None:
            found["out_of_range_share"] = current.out_of_range_share - baseline.out_of_range_share
    elif has_unseen(bins):
        unseen = [side.counts[..., -1] / np.maximum(side.counts.sum(axis=-1), 1) for side in (current, baseline)]
        found["unseen_share"] = unseen[0] - unseen[1]
    return found


def has_unseen(bins: Bins) -> bool:
    """Whether a value may be of no known category: not where both of a boolean are known."""
    return set(bins.categories) != {"false", "true"}


def observed(bins: Bins, counted: Counted) -> Sample:
    """What was counted, as one sample."""
    rows = max(counted.rows, 1)
    counts = counted.counts.sum(axis=0).astype(np.float64)
    return Sample(
        counts,
        np.asarray(counted.nulls.sum() / rows),
        np.asarray(counted.out_of_range.sum() / rows),
        counted.places(bins),
    )


def thresholds(
    features: Mapping[str, tuple[Bins, Counted]],
    rows: int,
    days: int,
    *,
    floors: Mapping[str, float],
    level: float,
    replicates: int,
    seed: int,
) -> dict[tuple[str, str], float]:
    """By feature and rule, the value that a window of `rows` rows on `days` days exceeds anywhere in `level` of cases.

    A replicate draws a baseline and a window from the baseline's days, as blocks of up to five neighbouring days
    (Künsch 1989), since real days are not alike, set off from their mean by as much more as the spread of so few blocks
    is uncertain (Student 1908), and then `rows` rows from the window's bins; so both errors are counted. Over all
    features and rules together: the largest standardised excess of each replicate is held against its quantile (max-T,
    Westfall and Young 1993); an excess below the `floors`, the least change that matters, is none.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    longest = max(days, *(len(counted.days) for _, counted in features.values()))
    starts = random.random((replicates, longest)), random.random((replicates, longest))
    drawn: dict[tuple[str, str], Floats] = {}
    for name, (bins, counted) in features.items():
        places = counted.places(bins)
        block = max(1, min(days, LONGEST_BLOCK, len(counted.days) // LEAST_BLOCKS))
        baseline = _draw_days(counted, places, starts[0], (block, len(counted.days)))
        window = _draw_days(counted, places, starts[1], (block, days))
        groups = grouping(bins, counted.counts.sum(axis=0))
        current = _draw_rows(bins, counted, window, rows, random)
        for rule, values in statistics(bins, groups, baseline, current).items():
            drawn[name, rule] = values
    return _max_t(drawn, floors, level)


def _draw_days(counted: Counted, places: Floats, starts: Floats, length: tuple[int, int]) -> Sample:
    """Blocks of `length[0]` neighbouring days, drawn anew until there are `length[1]` days, set off from the mean."""
    there, (block, days) = len(counted.days), length
    first = (starts[:, : -(-days // block)] * (there - block + 1)).astype(np.int64)
    chosen = (first[:, :, None] + np.arange(block)).reshape(len(starts), -1)[:, :days]
    times = np.zeros((len(starts), there))
    np.add.at(times, (np.arange(len(starts))[:, None], chosen), 1.0)
    farther = _farther(there // block)
    times = days / there + farther * (times - days / there)
    added = (np.einsum("rd,db->rb", times, np.atleast_2d(one.T).T) for one in _columns(counted))
    counts, nulls, out = (np.maximum(one, 0.0) for one in added)
    rows = np.maximum(counts.sum(axis=1) + nulls[:, 0], 1)
    return Sample(counts, nulls[:, 0] / rows, out[:, 0] / rows, places)


@cache
def _farther(blocks: int) -> float:
    """How much farther out a bound lies when the spread is known from so many blocks only, not known."""
    return student(TAIL, max(blocks - 1, 2)) / student(TAIL, 10_000)


def _columns(counted: Counted) -> Sequence[Floats]:
    return [one.astype(np.float64) for one in (counted.counts, counted.nulls, counted.out_of_range)]


def _draw_rows(bins: Bins, counted: Counted, window: Sample, rows: int, random: Generator) -> Sample:
    """`rows` rows from the days drawn. Half a row stands for nulls and out-of-range values that did not happen to come,
    and the share of categories seen once for those never seen (Good 1953).
    """
    total = np.maximum(window.counts.sum(axis=1), 1.0) / np.maximum(1 - window.null_share, 1e-9)
    counts = window.counts.copy()
    if bins.kind == "category":
        once = float((counted.counts.sum(axis=0)[:-1] == 1).sum())
        counts[:, -1] += (once + 0.5) / max(counted.rows, 1) * total
    weights = np.column_stack([counts, window.null_share * total + 0.5])
    drawn = random.multinomial(rows, weights / weights.sum(axis=1, keepdims=True)).astype(np.float64)
    wrong = random.binomial(rows, np.minimum(window.out_of_range_share + 0.5 / total, 1.0))
    return Sample(drawn[:, :-1], drawn[:, -1] / rows, wrong / rows, window.places)


def _max_t(
    drawn: Mapping[tuple[str, str], Floats], floors: Mapping[str, float], level: float
) -> dict[tuple[str, str], float]:
    largest = np.full(len(next(iter(drawn.values()))), -np.inf)
    # Square roots: a divergence's, or a count's, is about normal, so that no rule's long tail sets the bound of all.
    roots = {place: np.sqrt(np.maximum(values, 0.0)) for place, values in drawn.items()}
    for (name, rule), values in roots.items():
        excess = (values - values.mean()) / (values.std() or 1.0)
        largest = np.maximum(largest, np.where(drawn[name, rule] > floors[rule], excess, -np.inf))
    bound = max(float(np.quantile(largest, 1 - level, method="higher")), 0.0)
    return {
        (name, rule): max(floors[rule], float(values.mean() + bound * values.std()) ** 2)
        for (name, rule), values in roots.items()
    }
