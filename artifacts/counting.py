"""A column's values counted into bins by day, in the same SQL for training rows and for the prediction log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from artifacts.binning import Bins, quoted, text
from artifacts.side_by_side import side_by_side

Integers = npt.NDArray[np.int64]

# Sums are of whole numbers, since sums of doubles depend on the number of threads.
_SCALE = 2**20
_FARTHEST = 1e6


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
            places[:] = (np.array([*bins.edges, bins.edges[-1]]) - bins.edges[0]) / bins.unit
        counts = self.counts.sum(axis=0)
        np.divide(self.sums, counts, out=places, where=counts > 0)
        return places


def count_columns(connection: Any, rows: str, columns: Mapping[str, Bins]) -> dict[str, Counted]:
    """As `count_by_day`, of several columns, under the names that `columns` gives them."""
    counted = side_by_side(connection, columns.values(), lambda cursor, bins: count_by_day(cursor, rows, bins))
    return dict(zip(columns, counted, strict=True))


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
    far = f"least(greatest((x - {bins.edges[0]!r}) / {bins.unit!r}, -{_FARTHEST!r}), {_FARTHEST!r})"
    return f"case when x is null or isnan(x) then 0 else cast({far} * {_SCALE} as bigint) end"
