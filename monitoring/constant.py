"""A feature with one value in every row, that never stood so still before: its source may be stuck."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from artifacts.binning import quoted
from artifacts.counting import Counted
from artifacts.findings import Finding, Reason
from monitoring.case import Case, unknown
from monitoring.drift import OF_VALUES, Described

CODE = "values.constant"
# Not of a value that most rows of the baseline have, nor of what on most of its days stands still by its nature.
MOST_ROWS = MOST_DAYS = 0.5
STEP = (
    "See what its source sends. Once a window has another value this ends, as it does with a version that was trained "
    "on such rows."
)


def find_constant(
    case: Case, baseline: Described, current: Mapping[str, Counted], known: Sequence[Finding]
) -> list[Finding]:
    """One that is UNKNOWN for each such feature of which no rule on its values says DRIFT, by what is `known` so far.

    A single value may lie within the noise of weeks that are unlike.
    """
    moved = {one.feature for one in known if one.state == "DRIFT" and one.rule in OF_VALUES}
    return list(_found(case, baseline, {name: some for name, some in current.items() if name not in moved}))


def stands_out(counted: Counted, before: Counted) -> bool:
    """Whether all values are in one bin, and those of the baseline neither mostly there nor of one bin a day."""
    values, had = counted.counts.sum(axis=0), before.counts.sum(axis=0)
    days = before.counts[before.counts.sum(axis=1) > 0]
    if np.count_nonzero(values) != 1 or not len(days):
        return False
    still = (np.count_nonzero(days, axis=1) == 1).mean()
    return bool(_share(had, values) <= MOST_ROWS and still <= MOST_DAYS)


def _found(case: Case, baseline: Described, current: Mapping[str, Counted]) -> Iterator[Finding]:
    for name, counted in current.items():
        bins, before = baseline[name]
        if counted.counts.sum() < case.settings.min_rows or not stands_out(counted, before):
            continue
        column = quoted(bins.name)
        where = f"not isnan({column})" if bins.kind == "number" else "true"
        sql = f"select min({column}), max({column}) from {case.sql} where {column} is not null and {where}"  # noqa: S608
        [found] = case.answers.connection.execute(sql).fetchall()
        if found[0] == found[1]:
            yield unknown("schema", _reason(name, found[0], counted, before), counted.rows, name)


def _share(had: np.ndarray, values: np.ndarray) -> float:
    return float(had[int(values.argmax())] / had.sum())


def _reason(name: str, value: object, counted: Counted, before: Counted) -> Reason:
    shown = f"{value:.6g}" if isinstance(value, float) else repr(value)
    share = _share(before.counts.sum(axis=0), counted.counts.sum(axis=0))
    text = (
        f"{name} is {shown} in all {int(counted.counts.sum()):,} rows that have a value; in the training baseline "
        f"{share:.1%} of the rows were about there, and within a day it varied. Whether its source stands still is not "
        "known."
    )
    return Reason.with_step(CODE, text, STEP)
