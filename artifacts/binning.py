"""The bins that a column's values are counted into, learnt from the rows that a model was trained on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from artifacts.column import Column

# At most so many distinct values get a bin each; beyond, quantiles, finer towards both ends, where a bin would be wide.
MOST_VALUES = 64
_ENDS = (0.0, 0.0005, 0.001, 0.002, 0.005, 0.01)
_STEPS = 48
PROBABILITIES = tuple(sorted({*_ENDS, *(1 - p for p in _ENDS), *(step / _STEPS for step in range(1, _STEPS))}))
# A tenth of the rows reaches over three steps or more.
HEAVY = 2.5 / _STEPS


@dataclass(frozen=True)
class Bins:
    """How a column is counted. A number falls into bin i when edges[i-1] < x <= edges[i]; a category into its own.

    The last bin holds what is beyond the last edge, or any other category. `is_exact`: all values that there were are
    edges. `spread` is the standard deviation, `low` and `high` the contract's bounds.
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

    @property
    def unit(self) -> float:
        """What places are told in: the spread, or 1 where there is none."""
        return self.spread or 1.0


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

    Edges are the values where there are few, else quantiles; the last is the greatest value. The number just below the
    least one is an edge too, and that below each value that a tenth of the rows have: its bin holds nothing else.
    """
    x = quoted(name)
    source = f"(select {x} as x from {rows} where isfinite({x}))"  # noqa: S608
    few = connection.execute(f"select distinct x from {source} limit {MOST_VALUES + 1}").fetchall()  # noqa: S608
    shares = f"select quantile_disc(x, {list(PROBABILITIES)}) from {source}"  # noqa: S608
    quantiles: Sequence[float] = connection.execute(shares).fetchone()[0] or []
    values = [float(row[0]) for row in few] if len(few) <= MOST_VALUES else quantiles
    # So that the first bin holds only what is below all that there was, as the last what is above.
    least = [math.nextafter(min(values), -math.inf)] if values else []
    edges = sorted({*least, *values, *_below_heavy(quantiles)})
    spread = _spread(connection, source, values)
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


def _below_heavy(quantiles: Sequence[float]) -> list[float]:
    """The number just below each value that a tenth of the rows have: at least four neighbouring quantiles are it."""
    of_shares = list(zip(quantiles, PROBABILITIES, strict=False))
    first, last = dict(reversed(of_shares)), dict(of_shares)
    return [math.nextafter(value, -math.inf) for value in first if last[value] - first[value] > HEAVY]


def _spread(connection: Any, source: str, values: Sequence[float]) -> float:
    """The standard deviation, from exact sums of whole numbers, so that no number of threads changes a digit."""
    size = max(map(abs, values), default=0.0)
    if size == 0:
        return 0.0
    scale = 2.0 ** (30 - math.frexp(size)[1])
    whole = f"cast(round(x * {scale!r}) as hugeint)"
    sums = f"select count(*), sum({whole}), sum({whole} * {whole}) from {source}"  # noqa: S608
    rows, first, second = connection.execute(sums).fetchone()
    variance = Fraction(int(second), rows) - Fraction(int(first), rows) ** 2
    return math.sqrt(variance) / scale
