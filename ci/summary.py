"""How each feature of a training set is distributed, in a few numbers that a known-good file can keep."""

from collections.abc import Sequence
from typing import Any

import duckdb

from artifacts.binning import quoted
from artifacts.column import Column
from artifacts.training_set import TrainingSet

STEPS = 20
QUANTILES = [step / STEPS for step in range(STEPS + 1)]
MOST_CATEGORIES = 40
DIGITS = 6


def summarise(training_set: TrainingSet) -> dict[str, dict[str, Any]]:
    """By feature: share of nulls, and of the other values mean, standard deviation and the 21 quantiles 0, 5 … 100 %.

    Of booleans the share that is true, of texts the shares of the 40 most common values. Exact, in SQL over the file.
    """
    with duckdb.connect() as connection:
        connection.from_parquet(str(training_set.path)).create_view("rows")
        return {column.name: _of(connection, column) for column in training_set.contract.features}


def rows_by_month(training_set: TrainingSet) -> dict[str, list[int]]:
    """By month of `observed_at`: rows, and rows whose label is true."""
    moment, label = quoted(training_set.contract.observed_at), quoted(training_set.contract.label)
    with duckdb.connect() as connection:
        connection.from_parquet(str(training_set.path)).create_view("rows")
        query = (
            f"select strftime({moment}, '%Y-%m'), count(*), count(*) filter ({label}) from rows group by 1 order by 1"  # noqa: S608
        )
        return {month: [rows, true] for month, rows, true in connection.execute(query).fetchall()}


def movement(before: dict[str, Any], after: dict[str, Any]) -> float:
    """How far a distribution moved, nulls aside: 0 for not at all.

    Numbers: the mean distance of the quantiles (an approximation of the Wasserstein distance) in standard deviations of
    `before`. Booleans and texts: the total variation distance, the share of rows that would have to change. Infinite
    when the kind of values changed, or values came where all was null or one value.
    """
    if before.keys() != after.keys():
        return 0.0 if _is_empty(before) and _is_empty(after) else float("inf")
    if "quantiles" in before:
        pairs = zip(before["quantiles"], after["quantiles"], strict=True)
        distance = sum(abs(one - two) for one, two in pairs) / len(QUANTILES)
        if distance == 0:
            return 0.0
        return float(distance / before["sd"]) if before["sd"] else float("inf")
    if "shares" in before:
        one, two = before["shares"], after["shares"]
        return float(sum(abs(one.get(key, 0.0) - two.get(key, 0.0)) for key in {*one, *two}) / 2)
    return float(abs(before.get("true", 0.0) - after.get("true", 0.0)))


def is_constant(summary: dict[str, Any]) -> bool:
    """Whether all values that there are, are one; also when there is none."""
    if "quantiles" in summary:
        return bool(summary["quantiles"][0] == summary["quantiles"][-1])
    return len(summary.get("shares", ())) < 2 and summary.get("true", 0.0) in (0.0, 1.0)  # noqa: PLR2004  of two


def _of(connection: Any, column: Column) -> dict[str, Any]:
    name = quoted(column.name)
    there, nulls = _row(connection, f"count({name}), count(*) filter ({name} is null) / count(*)")
    held: dict[str, Any] = {"null_share": _short(nulls)}
    if not there:
        return held
    if column.is_numeric:
        mean, sd, quantiles = _row(
            connection,
            f"avg({name}::decimal(38, 6)), stddev_pop({name}::double), quantile_disc({name}::double, {QUANTILES})",
        )
        return held | {"mean": _short(mean), "sd": _short(sd), "quantiles": [_short(one) for one in quantiles]}
    if column.type == "boolean":
        return held | {"true": _short(_row(connection, f"count(*) filter ({name}) / count({name})")[0])}
    query = f"select {name}, count(*) from rows where {name} is not null group by 1 order by 2 desc, 1 limit "  # noqa: S608
    shares = connection.execute(f"{query}{MOST_CATEGORIES}").fetchall()
    return held | {"shares": {value: _short(count / there) for value, count in shares}}


def _row(connection: Any, selected: str) -> Sequence[Any]:
    row: Sequence[Any] = connection.execute(f"select {selected} from rows").fetchone()  # noqa: S608
    return row


def _is_empty(summary: dict[str, Any]) -> bool:
    return summary.keys() == {"null_share"}


def _short(number: float) -> float:
    return float(f"{float(number):.{DIGITS}g}")
