"""Weeks of a made-up world, with and without drift, counted by the real code."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache

import duckdb
import numpy as np
import pyarrow as pa

from artifacts.binning import Bins, learn_category, learn_number
from artifacts.counting import Counted, count_by_day
from monitoring.drift import Bounds, Described, hold_against, measured_bounds
from monitoring.settings import MonitoringSettings

FIRST = date(2013, 9, 1)
PLACES = np.array([f"place {number:02}" for number in range(30)])
Columns = dict[str, pa.Array]
Change = Callable[[Columns, np.random.Generator], Columns]
FINE = MonitoringSettings(replicates=500)


@dataclass(frozen=True)
class World:
    """What a model was trained on, counted; bounds of a week are measured once for each number of rows."""

    described: Described
    _bounds: dict[int, Bounds] = field(default_factory=dict)

    def states(self, columns: Columns, *only: str) -> Mapping[tuple[str | None, str], str]:
        """The state of each feature and rule in a week of these rows, or of the features named alone."""
        rows = len(next(iter(columns.values())))
        chosen = {name: columns[name] for name in only or columns}
        counted = count(chosen, 7, {name: self.described[name][0] for name in chosen})
        if rows not in self._bounds:
            # Of all features together, whichever are asked for; they depend on the window by its days and rows alone.
            like_all = dict.fromkeys(self.described, next(iter(counted.values())))
            self._bounds[rows] = measured_bounds(self.described, like_all, FINE, rows)
        found = hold_against("training", self.described, counted, self._bounds[rows])
        return {(one.feature, one.rule): one.state for one in found.findings}


def draw(random: np.random.Generator, rows: int) -> Columns:
    """Twelve columns of the shapes that occur: smooth, heavy-tailed, with many zeros or nulls, whole, rare, a score."""
    rate = random.beta(2, 8, rows)
    zero = random.random(rows) < 0.7
    smooth = {f"smooth {number}": pa.array(random.normal(10 * number, 1 + number, rows)) for number in range(4)}
    return smooth | {
        "heavy": pa.array(random.lognormal(2, 1.2, rows)),
        "zeros": pa.array(np.where(zero, 0.0, random.gamma(2, 10, rows))),
        "gaps": pa.array(random.normal(size=rows), mask=random.random(rows) < 0.3),
        "rarely null": pa.array(random.normal(size=rows), mask=random.random(rows) < 0.002),
        "hour": pa.array(random.integers(0, 24, rows).astype(np.float64)),
        "place": pa.array(PLACES[np.minimum(random.geometric(0.2, rows) - 1, 29)]),
        "flag": pa.array(np.where(random.random(rows) < 0.05, "true", "false")),
        "(score)": pa.array(rate),
    }


@cache
def make_world(seed: int, days: int = 42, rows_a_day: int = 400) -> World:
    """A baseline of its own for each seed."""
    return World(describe(draw(np.random.default_rng(seed), days * rows_a_day), days))


def describe(columns: Columns, days: int) -> Described:
    """The columns as a baseline, evenly over `days`."""
    with duckdb.connect() as connection:
        connection.register("rows", table(columns, days))
        bins = {name: _learn(connection, name) for name in columns}
    return {name: (bins[name], one) for name, one in count(columns, days, bins).items()}


def count(columns: Columns, days: int, bins: Mapping[str, Bins]) -> dict[str, Counted]:
    """The columns by day, evenly over `days`."""
    with duckdb.connect() as connection:
        connection.register("rows", table(columns, days))
        return {name: count_by_day(connection, "rows", one) for name, one in bins.items()}


def table(columns: Columns, days: int) -> pa.Table:
    """The columns with a column `day`, as in the log."""
    rows = len(next(iter(columns.values())))
    return pa.table({**columns, "day": pa.array([FIRST + timedelta(days=row * days // rows) for row in range(rows)])})


def _learn(connection: duckdb.DuckDBPyConnection, name: str) -> Bins:
    if name in ("place", "flag"):
        return learn_category(connection, "rows", name)
    return learn_number(connection, "rows", name, (-1000.0, 1e6))
