"""Tells what a check found: observed against wanted, and up to five keys of rows that break it."""

from collections.abc import Mapping
from typing import Any

from artifacts.binning import quoted
from artifacts.layout import Layout
from features.checks import BETWEEN, IN_SET, Check
from features.expectations import SHOWN, Result

LONGEST = 60


def sentence(told: Mapping[str, Any]) -> str:
    """A check that did not hold, in one sentence."""
    keys = f", e.g. {', '.join(told['keys'])}" if told["keys"] else ""
    return f"{told['expectation']} on {told['column'] or 'the set'}: {told['observed']}, wanted {told['bound']}{keys}"


def finding_of(result: Result, connection: Any, layout: Layout) -> dict[str, Any]:
    """What was found of a check; `connection` has the view `rows`, from which ranges and keys come."""
    check = result.check
    return {
        "expectation": check.expectation,
        "column": check.column,
        "passed": result.passed,
        "observed": None if result.passed else _observed(result, connection),
        "bound": check.bound,
        "unexpected": result.unexpected,
        "seen": result.seen,
        "raised": result.raised,
        "keys": [] if result.passed or result.raised else _keys(check, connection, layout),
    }


def _observed(result: Result, connection: Any) -> str:
    """What was found, in words: the range of a column with bounds, unknown categories, else as the result says."""
    check = result.check
    if check.expectation not in (BETWEEN, IN_SET) or not is_of_rows(check) or result.raised or not result.seen:
        return result.observed
    name = quoted(check.column)
    share = f"{result.unexpected} of {result.seen} rows ({result.unexpected / result.seen:.2%})"
    if check.expectation == IN_SET:
        return f"{_categories(check, connection)} in {share}"
    low, high = connection.execute(f"select min({name})::double, max({name})::double from rows").fetchone()  # noqa: S608
    return f"{low:.10g} to {high:.10g}, {share} beyond"


def _categories(check: Check, connection: Any) -> str:
    """Up to five categories that are none of the contract's, the most frequent first, and how many more there are."""
    name = quoted(check.column)
    broken = f"select {name} as found from rows where {check.broken}"  # noqa: S608  quoted, and the contract's own
    counted = f"select found from ({broken}) group by found order by count(*) desc, found limit {SHOWN}"  # noqa: S608
    found = [str(value)[:LONGEST] for (value,) in connection.execute(counted).fetchall()]
    [several] = connection.execute(f"select count(distinct found) from ({broken})").fetchone()  # noqa: S608
    more = f" and {several - SHOWN} more" if several > SHOWN else ""
    return f"{', '.join(found)}{more}"


def is_of_rows(check: Check) -> bool:
    """Whether a check holds or not for each row by itself."""
    return check.broken is not None and not check.broken.startswith("select")


def _keys(check: Check, connection: Any, contract: Layout) -> list[str]:
    """Up to five keys of rows that break the check, the earliest first."""
    if check.broken is None:
        return []
    entity = ", ".join(quoted(name) for name in contract.entity)
    order = f"{quoted(contract.observed_at)}, {entity}"
    query = check.broken
    if is_of_rows(check):
        query = f"select {entity} from rows where {check.broken} order by {order}"  # noqa: S608
    return ["/".join(map(str, row)) for row in connection.execute(f"{query} limit {SHOWN}").fetchall()]
