"""False alarms of weekly windows that are checked daily: `.venv/bin/python -m tests.monitoring.daily 200 40`.

Forty times a model serves for 41 days without drift, at 200 rows a week, and on each of seven days the week that ends
then is held against both baselines by the real thresholds. Its days are alike, or differ by nature, each by itself or
as weather does.
"""

import sys
from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from artifacts.binning import PROBABILITIES, Bins
from artifacts.counting import Counted
from monitoring.drift import Bounds, Described, hold_against, measured_bounds
from tests.monitoring.study import FINE

FIRST = date(2013, 9, 1)
TRAINED, SERVED, WEEK = 61, 28, 7
# How far days lie apart, in spreads of the rows of one day, by feature.
APART = np.array([0.0, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0])
# How much of a day's difference the next day keeps; None: days are alike.
WORLDS: Mapping[str, float | None] = {
    "alike": None, "each by itself": 0.0, "a little like the day before": 0.3, "like the day before": 0.6
}  # fmt: skip
Rows = npt.NDArray[np.float64]


def looked_at(seed: int, rows: int, kept: float | None) -> list[bool]:
    """Whether anything is DRIFT in the week that ends on each of seven days."""
    random = np.random.default_rng(seed)
    a_day = max(rows // WEEK, 1)
    days = likeness(random, TRAINED + SERVED + 2 * WEEK - 1, kept)
    values = days[:, :, None] + random.normal(size=(*days.shape, a_day))
    bins = {f"feature {at}": learn(f"feature {at}", one[:TRAINED]) for at, one in enumerate(values)}
    trained = {name: (bins[name], one) for name, one in _count(values[:, :TRAINED], bins).items()}
    log, alarms = values[:, TRAINED:], []
    kept_bounds: Bounds | None = None
    for day in range(WEEK):
        week = _count(log[:, SERVED + day : SERVED + day + WEEK], bins)
        served: Described = {name: (bins[name], one) for name, one in _count(log[:, day : SERVED + day], bins).items()}
        kept_bounds = kept_bounds or measured_bounds(trained, week, FINE, a_day * WEEK)
        found = hold_against("training", trained, week, kept_bounds).findings
        found += hold_against("served", served, week, measured_bounds(served, week, FINE, a_day * WEEK)).findings
        alarms.append(any(one.state == "DRIFT" for one in found))
    return alarms


def rates(rows: int, weeks: int, kept: float | None) -> tuple[float, float]:
    """The share of first days' windows with an alarm, and of weeks with one on any of their days."""
    looked = np.array([looked_at(seed, rows, kept) for seed in range(weeks)])
    return float(looked[:, 0].mean()), float(looked.any(axis=1).mean())


def likeness(random: np.random.Generator, days: int, kept: float | None) -> Rows:
    """By feature, how far each day lies from the others."""
    if kept is None:
        return np.zeros((len(APART), days))
    found = random.normal(size=(len(APART), days))
    for at in range(1, days):
        found[:, at] = kept * found[:, at - 1] + np.sqrt(1 - kept**2) * found[:, at]
    return APART[:, None] * found


def learn(name: str, values: Rows) -> Bins:
    """Bins of a number, about as training learns them."""
    edges = sorted({float(np.nextafter(values.min(), -np.inf)), *np.quantile(values, PROBABILITIES).tolist()})
    return Bins(name, "number", edges=tuple(edges), spread=float(values.std()))


def _count(values: Rows, bins: Mapping[str, Bins]) -> dict[str, Counted]:
    return {name: _of_days(one, bins[name]) for name, one in zip(bins, values, strict=True)}


def _of_days(values: Rows, bins: Bins) -> Counted:
    days = len(values)
    code = np.searchsorted(bins.edges, values, side="left")
    far = (values - bins.edges[0]) / bins.spread
    return Counted(
        tuple(FIRST + timedelta(days=at) for at in range(days)),
        np.stack([np.bincount(one, minlength=bins.width) for one in code]),
        np.zeros(days, np.int64),
        np.zeros(days, np.int64),
        np.bincount(code.ravel(), weights=far.ravel(), minlength=bins.width),
    )


if __name__ == "__main__":
    for told, how in WORLDS.items():
        one, week_ = rates(int(sys.argv[1]), int(sys.argv[2]), how)
        print(f"days {told}: {one:.1%} of windows, {week_:.1%} of weeks")
