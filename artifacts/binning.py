"""A column's values counted into bins by day, in the same SQL for training rows and for the prediction log."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from artifacts.column import Column

Integers = npt.NDArray[np.int64]

# At most so many distinct values get a bin each; beyond, quantiles, finer towards both ends, where a bin would be wide.
MOST_VALUES = 64
_ENDS = (0.0, 0.0005, 0.001, 0.002, 0.005, 0.01)
PROBABILITIES = tuple(sorted({*_ENDS, *(1 - p for p in _ENDS), *(step / 48 for step in range(1, 48))}))
# Sums are of whole numbers, since sums of doubles depend on the number of threads.
_SCALE = 2**20
_FARTHEST = 1e6


@dataclass(frozen=True)
class Bins:
    """How a column is counted. A number falls into bin i when edges[i-1] < x <= edges[i]; a category into its own.

    The last bin holds what is beyond the last edge, or any other category. `is_exact`: the edges are all values that
    there were. `spread` is the standard deviation, `low` and `high` the contract's bounds.
    """

    name: str
    kind: Literal["number", "category"]
    edges: tuple[float, ...] = ()
    categories: tuple[str, ...] = ()
    is_exact: bool = False
    spread: float = 0.0
    low: float | None = None
    high: float | None = None

    @property
    def width(self) -> int:
        """How many bins there are."""
        return len(self.edges if self.kind == "number" else self.categories) + 1


@dataclass(frozen=True)
class Counted:
    """A column's rows by day: `counts` (days by bins), `nulls` and `out_of_range` (days).

    NaN counts as null, as it does for the model. `sums` (bins) add up where the values lie, in spreads from the first
    edge, over all days.
    """

    days: tuple[date, ...]
    counts: Integers
    nulls: Integers
    out_of_range: Integers
    sums: npt.NDArray[np.float64]

    @property
    def rows(self) -> int:
        """All rows, nulls too."""
        return int(self.counts.sum() + self.nulls.sum())

    def places(self, bins: Bins) -> npt.NDArray[np.float64]:
        """Where the values of each bin lie on average, in spreads from the first edge; for an empty bin, its edge."""
        places = np.zeros(bins.width)
        if bins.edges:
            places[:] = (np.array([*bins.edges, bins.edges[-1]]) - bins.edges[0]) / _unit(bins)
        counts = self.counts.sum(axis=0)
        np.divide(self.sums, counts, out=places, where=counts > 0)
        return places


def number(expression: str, kind: str) -> str:
    """SQL for a number of SQL type `kind` as a double, a decimal as the nearest one, which is what the log has."""
    return f"cast(cast({expression} as varchar) as double)" if kind.startswith("decimal") else f"{expression}::double"


def as_counted(expression: str, column: Column) -> str:
    """SQL for a feature in the type in which it is counted and compared: a double, or a text."""
    return number(expression, column.type) if column.is_numeric else f"cast({expression} as varchar)"


def quoted(name: str) -> str:
    """A column's name in SQL."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text in SQL."""
    return "'" + value.replace("'", "''") + "'"


def learn_number(
    connection: Any, rows: str, name: str, bounds: tuple[float | None, float | None] | None = None
) -> Bins:
    """The bins of the double column `name` of `rows` (SQL); without any value there is one bin.

    Edges are the values where there are few, else quantiles; the last is the greatest value, the first just below the
    least.
    """
    x = quoted(name)
    source = f"(select {x} as x from {rows} where isfinite({x}))"  # noqa: S608
    few = connection.execute(f"select distinct x from {source} limit {MOST_VALUES + 1}").fetchall()  # noqa: S608
    if len(few) <= MOST_VALUES:
        edges = sorted(float(row[0]) for row in few)
    else:
        quantiles = f"select quantile_disc(x, {list(PROBABILITIES)}) from {source}"  # noqa: S608
        edges = sorted(set(connection.execute(quantiles).fetchone()[0]))
    spread = _spread(connection, source, edges)
    if edges:
        # So that the first bin holds only what is below all that there was, as the last what is above.
        edges.insert(0, math.nextafter(edges[0], -math.inf))
    low, high = bounds or (None, None)
    return Bins(
        name,
        "number",
        edges=tuple(edges),
        is_exact=len(few) <= MOST_VALUES,
        spread=spread,
        low=low,
        high=high,
    )


def learn_category(connection: Any, rows: str, name: str) -> Bins:
    """The bins of the text column `name` of `rows` (SQL): every category that is there, by code point."""
    sql = f"select distinct {quoted(name)} from {rows} where {quoted(name)} is not null"  # noqa: S608
    found = connection.execute(sql).fetchall()
    return Bins(name, "category", categories=tuple(sorted(row[0] for row in found)))


def count_by_day(connection: Any, rows: str, bins: Bins, day: str = "day") -> Counted:
    """Count the column of `bins` in `rows` (SQL) by its column `day`, in one scan of that column, in flat memory."""
    found = connection.execute(_count_sql(rows, bins, quoted(day))).fetchall()
    days = tuple(sorted({row[0] for row in found}))
    place = {one: at for at, one in enumerate(days)}
    counts = np.zeros((len(days), bins.width), np.int64)
    nulls, out = np.zeros(len(days), np.int64), np.zeros(len(days), np.int64)
    sums = [0] * bins.width
    codes: Mapping[Any, int] = {name: code for code, name in enumerate(bins.categories)}
    for one, value, is_null, rows_there, wrong, far in found:
        at = place[one]
        if is_null:
            nulls[at] += rows_there
            continue
        code = value if bins.kind == "number" else codes.get(value, len(codes))
        counts[at, code] += rows_there
        out[at] += wrong
        sums[code] += int(far)
    return Counted(days, counts, nulls, out, np.array([total / _SCALE for total in sums]))


def _count_sql(rows: str, bins: Bins, day: str) -> str:
    x = quoted(bins.name)
    if bins.kind == "category":
        known = ", ".join(map(text, bins.categories)) or "null"
        value, null, wrong, far = f"case when x in ({known}) then x end", "x is null", "0", "0"
    else:
        value, null = _tree(bins.edges, 0, len(bins.edges)), "x is null or isnan(x)"
        ends = [f"x {sign} {end!r}" for sign, end in (("<", bins.low), (">", bins.high)) if end is not None]
        wrong = f"case when {' or '.join(ends)} then 1 else 0 end" if ends else "0"
        far = _far(bins)
    column = f"(select {day}, {x} as x from {rows})"  # noqa: S608  names and texts are quoted
    told = f"select {day} as d, {null} as n, {value} as v, {wrong} as w, {far} as f from {column}"  # noqa: S608
    return f"select d, v, n, count(*), sum(w), sum(f) from ({told}) group by d, v, n order by d, n, v"  # noqa: S608


def _tree(edges: Sequence[float], low: int, high: int) -> str:
    """The number of edges below x, by halving: as few comparisons as may be, on whole vectors."""
    if low == high:
        return str(low)
    middle = (low + high) // 2
    return (
        f"case when x <= {edges[middle]!r} then {_tree(edges, low, middle)} else {_tree(edges, middle + 1, high)} end"
    )


def _far(bins: Bins) -> str:
    """How far x lies from the first edge, in spreads, as a whole number."""
    if not bins.edges:
        return "0"
    far = f"least(greatest((x - {bins.edges[0]!r}) / {_unit(bins)!r}, -{_FARTHEST!r}), {_FARTHEST!r})"
    return f"case when x is null or isnan(x) then 0 else cast({far} * {_SCALE} as bigint) end"


def _unit(bins: Bins) -> float:
    return bins.spread or 1.0


def _spread(connection: Any, source: str, edges: Sequence[float]) -> float:
    """The standard deviation, from exact sums of whole numbers, so that no number of threads changes a digit."""
    size = max((abs(edge) for edge in edges), default=0.0)
    if size == 0:
        return 0.0
    scale = 2.0 ** (30 - math.frexp(size)[1])
    whole = f"cast(round(x * {scale!r}) as hugeint)"
    sums = f"select count(*), sum({whole}), sum({whole} * {whole}) from {source}"  # noqa: S608
    rows, first, second = connection.execute(sums).fetchone()
    variance = Fraction(int(second), rows) - Fraction(int(first), rows) ** 2
    return math.sqrt(variance) / scale
