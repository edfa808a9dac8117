"""How the distribution of each feature moved from one version to another, or what it is where one alone has it."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from artifacts.binning import as_counted, learn_number, quoted
from artifacts.column import Column
from artifacts.counting import count_by_day
from artifacts.grouping import grouped, grouping
from artifacts.training_set import TrainingSet

SHARES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
# The index to as many digits as it is exact to, so that equal moves are equal.
DIGITS = 9
# A share of zero would make the index infinite; a ten-thousandth is the usual floor.
FLOOR = 0.0001
COMMON = 5


@dataclass(frozen=True)
class Move:
    """A feature's distribution in the old and the new version; `mean` is a share for booleans, None for texts.

    `psi`: population stability index, sum of (new - old) * ln(new / old) over tenths of the old version, in the bins
    and groups of monitoring (for texts and booleans: over the values), with nulls as one more. Siddiqi (Credit Risk
    Scorecards, 2006) reads less than 0.1 as no change and more than 0.25 as a large one.
    """

    column: str
    psi: float
    mean: tuple[float | None, float | None]
    median: tuple[float | None, float | None]
    null_share: tuple[float, float]


@dataclass(frozen=True)
class Distribution:
    """A feature that one version alone has, or has with this type; `mean` is a share for booleans.

    `common` are the five most frequent values of a text or boolean, each with its share of the rows.
    """

    column: str
    version: str
    null_share: float
    mean: float | None
    deciles: tuple[float, ...]
    low: float | None
    high: float | None
    common: tuple[tuple[str, float], ...]


def compare_features(connection: Any, features: Sequence[Column]) -> list[Move]:
    """One `Move` a feature, the largest first, equal ones in the order of `features`."""
    if not features:
        return []
    before, after = (_moments(connection, side, features) for side in ("old", "new"))
    moves = [
        Move(column.name, _psi(connection, column), *zip(one, two, strict=True))
        for column, one, two in zip(features, before, after, strict=True)
    ]
    return sorted(moves, key=lambda move: -move.psi)


def describe(connection: Any, side: str, version: TrainingSet, names: Collection[str]) -> list[Distribution]:
    """The distribution of each feature of `version` that is in `names`; `side` is its relation, `old` or `new`."""
    features = [column for column in version.contract.features if column.name in names]
    found = []
    for column, (mean, _, null_share) in zip(features, _moments(connection, side, features), strict=True):
        low = high = deciles = None
        common: list[tuple[str, float]] = []
        name = quoted(column.name)
        if column.is_numeric:
            ends = f"select min({name})::double, max({name})::double, quantile_disc({name}, {SHARES}) from {side}"  # noqa: S608
            low, high, deciles = connection.execute(ends).fetchone()
        else:
            counts = f"""
                select {name}::varchar, count(*) / (select count(*) from {side}) as share
                from {side} where {name} is not null group by all order by share desc, 1 limit {COMMON}
            """  # noqa: S608
            common = connection.execute(counts).fetchall()
        tenths = tuple(float(one) for one in deciles or ())
        found.append(Distribution(column.name, version.version, null_share, mean, tenths, low, high, tuple(common)))
    return found


def _moments(connection: Any, side: str, features: Sequence[Column]) -> list[tuple[Any, ...]]:
    """Mean, median and null share of each feature, in one scan."""
    if not features:
        return []
    wanted = []
    for column in features:
        name = quoted(column.name)
        number = f"cast({name} as double)" if column.is_numeric or column.type == "boolean" else "null::double"
        wanted += [f"avg({number})", f"median({number})", f"count(*) filter ({name} is null) / count(*)"]
    found = connection.execute(f"select {', '.join(wanted)} from {side}").fetchone()  # noqa: S608
    return [tuple(found[at : at + 3]) for at in range(0, len(found), 3)]


def _psi(connection: Any, column: Column) -> float:
    shares = _of_numbers(connection, column) if column.is_numeric else _of_values(connection, column)
    # Exact: groups come in any order.
    return round(math.fsum(_term(before, after) for before, after in shares), DIGITS)


def _of_numbers(connection: Any, column: Column) -> list[tuple[float, float]]:
    """The shares of the old rows and of the new, in the bins and groups that monitoring counts by; last the nulls'."""
    name, day = quoted(column.name), f"day of {column.name}"
    old, new = (
        f"(select {as_counted(name, column)} as {name}, date '2000-01-01' as {quoted(day)} from {side})"  # noqa: S608
        for side in ("old", "new")
    )
    bins = learn_number(connection, old, column.name)
    before, after = (count_by_day(connection, rows, bins, day) for rows in (old, new))
    groups = grouping(bins, before.counts.sum(axis=0))
    shares = [
        np.append(grouped(one.counts.sum(axis=0), groups), one.nulls.sum()) / max(one.rows, 1)
        for one in (before, after)
    ]
    return list(zip(*(one.tolist() for one in shares), strict=True))


def _of_values(connection: Any, column: Column) -> list[tuple[float, float]]:
    """The shares of the old rows and of the new that have each value."""
    value = quoted(column.name)
    query = f"""
        select
            count(*) filter (not is_new) / (select count(*) from old),
            count(*) filter (is_new) / (select count(*) from new)
        from (select {value} as bin, false as is_new from old union all select {value}, true from new)
        group by bin
    """  # noqa: S608
    found: list[tuple[float, float]] = connection.execute(query).fetchall()
    return found


def _term(before: float, after: float) -> float:
    before, after = max(before, FLOOR), max(after, FLOOR)
    return (after - before) * math.log(after / before)
